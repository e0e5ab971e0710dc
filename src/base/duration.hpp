#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ark {

/// "250ms", "1.5s", "5m", "1h30m", "7d", "-15m": Go's duration text plus days. Nothing for anything else.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);
/// The shortest text that parses back: "1h30m", "250ms".
std::string to_text(std::chrono::nanoseconds duration);

/// "512", "64KiB", "10MB", "2GiB" (KiB = 1024, KB = 1000). Nothing for anything else.
std::optional<std::uint64_t> parse_bytes(std::string_view text);

}  // namespace ark
