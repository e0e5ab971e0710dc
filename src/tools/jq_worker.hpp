#pragma once
#include <cstdint>

/// What the two processes of jq.hpp say to each other, over one socket.
namespace ark::tools {

/// Before the program's text and the JSON's. Both ends are one executable.
struct JqQuestion {
    std::uint64_t program_bytes = 0;
    std::uint64_t json_bytes = 0;
    std::uint64_t has_json = 0;  ///< 0: is it a program at all?
    std::uint64_t time_ms = 0;
    std::uint64_t memory_bytes = 0;
    std::uint64_t output_bytes = 0;
};
inline constexpr std::uint64_t question_bytes_max = 1u << 30;

// The first byte of the answer.
inline constexpr char said_result = 'r';
inline constexpr char said_error = 'e';
inline constexpr char said_too_large = 'l';

}  // namespace ark::tools
