#pragma once
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>

namespace ark::tools {

struct JqLimits {
    std::chrono::milliseconds time{5'000};
    std::size_t memory_bytes = 256u << 20;  ///< beyond what our process has already
    std::size_t output_bytes = 10u << 20;
};

/// What a jq program makes of a JSON text: nothing → an empty text; one result → its JSON; several → an array of them.
/// Numbers are jq's (1.6): doubles.
///
/// The program is somebody else's code, and libjq can be neither stopped nor bounded: it runs in a forked process that
/// has no environment, opens no file, and is killed when it uses too much. Blocks for as long; for a work pool. Errors:
/// bad_argument (it does not compile, or fails with this input, in jq's words), deadline, too_large.
Result<std::string> run_jq(const std::string& program, const std::string& json, const JqLimits& limits = {});

/// Does it compile? bad_argument with jq's words when not. Blocks likewise.
Status check_jq(const std::string& program, const JqLimits& limits = {});

}  // namespace ark::tools
