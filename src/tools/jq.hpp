#pragma once
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace ark::tools {

struct JqLimits {
    std::chrono::milliseconds time{5'000};
    std::size_t memory_bytes = 256u << 20;  ///< beyond what the process has when it begins
    std::size_t output_bytes = 10u << 20;
};

/// What a jq program makes of a JSON text: nothing → an empty text; one result → its JSON; several → an array of them.
/// Numbers are jq's (1.6): doubles.
///
/// The program is somebody else's code, and libjq can be neither stopped nor bounded: it runs in a process of its own,
/// our executable started again, that has no environment, opens no file, and is killed when it uses too much. Blocks
/// for as long; for a work pool. Errors: bad_argument (it does not compile, or fails with this input, in jq's words),
/// deadline, too_large; unsupported where main() did not ask is_jq_worker().
Result<std::string> run_jq(const std::string& program, const std::string& json, const JqLimits& limits = {});

/// Does it compile? bad_argument with jq's words when not. Blocks likewise.
Status check_jq(const std::string& program, const JqLimits& limits = {});

/// The argument by which the executable is told to be such a process.
inline constexpr std::string_view jq_worker_word = "__jq";
/// For main(), first of all: was this process started to run a jq program? Then it is to return run_jq_worker(). Else
/// run_jq() may start its executable again from now on.
bool is_jq_worker(int argc, char** argv);
int run_jq_worker();

}  // namespace ark::tools
