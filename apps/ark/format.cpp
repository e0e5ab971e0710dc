#include "format.hpp"

#include <cmath>
#include <ctime>

#include <fmt/format.h>

namespace ark::cli {
namespace {

constexpr std::uint64_t second = 1'000'000'000;

std::string local(UnixNanos time, UnixNanos now, bool precise) {
    const auto seconds = static_cast<std::time_t>(time.value() / second);
    std::tm parts{};
    ::localtime_r(&seconds, &parts);
    const auto age = now > time ? now - time : time - now;
    const bool recent = age < 24ull * 3600 * second;
    char text[64];
    const char* pattern = recent ? "%H:%M:%S" : precise ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%d %H:%M";
    std::strftime(text, sizeof text, pattern, &parts);
    return precise ? fmt::format("{}.{:03}", text, time.value() / 1'000'000 % 1000) : std::string(text);
}

std::string relative(UnixNanos time, UnixNanos now) {
    if (time > now) return "in " + format_duration_ms(static_cast<double>(time - now) / 1e6);
    const auto seconds = (now - time) / second;
    if (seconds < 60) return fmt::format("{} s ago", seconds);
    if (seconds < 3600) return fmt::format("{} m ago", seconds / 60);
    if (seconds < 86400) return fmt::format("{} h ago", seconds / 3600);
    return fmt::format("{} d ago", seconds / 86400);
}

std::string format(UnixNanos time, TimeStyle style, UnixNanos now, bool precise) {
    if (time.value() == 0) return "";
    switch (style) {
        case TimeStyle::local:
            return local(time, now, precise);
        case TimeStyle::utc:
            return to_rfc3339(precise ? time : UnixNanos{time.value() / second * second});
        case TimeStyle::relative:
            return relative(time, now);
        case TimeStyle::unix:
            return fmt::format("{}.{:03}", time.value() / second, time.value() / 1'000'000 % 1000);
    }
    return "";
}

}  // namespace

std::string format_time(UnixNanos time, TimeStyle style, UnixNanos now) {
    return format(time, style, now, false);
}

std::string format_precise_time(UnixNanos time, TimeStyle style, UnixNanos now) {
    return format(time, style, now, true);
}

std::string format_duration_ms(double milliseconds) {
    if (milliseconds < 1) return fmt::format("{:.2f} ms", milliseconds);
    if (milliseconds < 999.5) return fmt::format("{:.0f} ms", milliseconds);
    const auto seconds = milliseconds / 1000;
    if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
    if (seconds < 59.5) return fmt::format("{:.0f} s", seconds);
    const auto whole = static_cast<std::int64_t>(std::llround(seconds));
    if (whole < 3600) return fmt::format("{} m {} s", whole / 60, whole % 60);
    if (whole < 86400) return fmt::format("{} h {} m", whole / 3600, whole / 60 % 60);
    return fmt::format("{} d {} h", whole / 86400, whole / 3600 % 24);
}

std::string format_count(std::int64_t count) {
    auto digits = std::to_string(count);
    const auto begin = count < 0 ? 1 : 0;
    for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > begin; at -= 3) {
        digits.insert(static_cast<std::size_t>(at), ",");
    }
    return digits;
}

std::string format_tokens(std::int64_t tokens) {
    const auto n = static_cast<double>(tokens);
    if (tokens < 1000) return std::to_string(tokens);
    if (n < 999'950) return fmt::format("{:.1f}k", n / 1e3);
    return fmt::format("{:.1f}M", n / 1e6);
}

std::string format_bytes(std::uint64_t bytes) {
    if (bytes < 1024) return fmt::format("{} B", bytes);
    auto value = static_cast<double>(bytes);
    const char* unit = "";
    for (const char* next : {"KiB", "MiB", "GiB", "TiB"}) {
        if (value < 1024) break;
        value /= 1024;
        unit = next;
    }
    return fmt::format("{:.1f} {}", value, unit);
}

std::string format_usd(double usd) {
    if (usd == 0) return "";
    return usd < 0.1 ? fmt::format("${:.4f}", usd) : fmt::format("${:.2f}", usd);
}

}  // namespace ark::cli
