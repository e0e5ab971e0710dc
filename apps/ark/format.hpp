#pragma once
#include "base/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Numbers and times as people read them.
namespace ark::cli {

enum class TimeStyle { local, utc, relative, unix };

/// Of one moment, for a table. local: "14:02:11" within the last day, else "2026-11-20 14:02"; utc: RFC 3339; relative:
/// "3 m ago"; unix: seconds with milliseconds. "" for an unknown time.
std::string format_time(UnixNanos time, TimeStyle style, UnixNanos now);
/// The same with milliseconds, for a line a moment: "14:02:11.004".
std::string format_precise_time(UnixNanos time, TimeStyle style, UnixNanos now);

std::string format_duration_ms(double milliseconds);  ///< "340 ms", "1.2 s", "24 s", "4 m 10 s", "3 h 5 m"
std::string format_count(std::int64_t count);         ///< "1,902"
std::string format_tokens(std::int64_t tokens);       ///< "812", "4.5k", "1.2M"
std::string format_bytes(std::uint64_t bytes);        ///< "512 B", "1.2 MiB"
std::string format_usd(double usd);                   ///< "$0.0042", "$1.20"; "" for zero

}  // namespace ark::cli
