#pragma once
#include "textproto.hpp"

#include <string>

namespace ark::conformance {

struct Outcome {
    enum class Verdict { passed, failed, not_applicable };
    Verdict verdict = Verdict::failed;
    std::string expected;
    std::string got;
};

/// Runs one SimpleTest of the suite. Not applicable are cases about protobuf messages, enums and wrappers.
Outcome run_case(const TextMessage& test);

}  // namespace ark::conformance
