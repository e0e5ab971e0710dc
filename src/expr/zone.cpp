#include "expr/times.hpp"

#include <charconv>
#include <memory>
#include <string>

#include <unicode/timezone.h>
#include <unicode/unistr.h>

namespace ark::expr {

namespace {

// "+02:00", "-3:30", "02:00".
std::optional<std::int64_t> fixed_offset(std::string_view zone) {
    const bool behind = zone.starts_with('-');
    if (behind || zone.starts_with('+')) zone.remove_prefix(1);
    const auto colon = zone.find(':');
    if (colon == std::string_view::npos || colon == 0 || colon > 2 || zone.size() != colon + 3) return std::nullopt;
    int hours = 0;
    int minutes = 0;
    const auto read = [](std::string_view text, int& number) {
        return std::from_chars(text.data(), text.data() + text.size(), number).ptr == text.data() + text.size();
    };
    if (!read(zone.substr(0, colon), hours) || !read(zone.substr(colon + 1), minutes)) return std::nullopt;
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    const std::int64_t seconds = hours * 3600 + minutes * 60;
    return behind ? -seconds : seconds;
}

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t unix_seconds) {
    constexpr std::size_t name_bytes_max = 64;  // the longest of the data base has 32
    if (zone == "UTC" || zone == "Z") return 0;
    if (const auto fixed = fixed_offset(zone)) return fixed;
    if (zone.empty() || zone.size() > name_bytes_max) return std::nullopt;
    const std::unique_ptr<icu::TimeZone> found(
        icu::TimeZone::createTimeZone(icu::UnicodeString::fromUTF8(icu::StringPiece(std::string(zone)))));
    if (!found || *found == icu::TimeZone::getUnknown()) return std::nullopt;
    std::int32_t standard = 0;
    std::int32_t summer = 0;
    auto status = U_ZERO_ERROR;
    found->getOffset(static_cast<UDate>(unix_seconds) * 1000, false, standard, summer, status);
    if (U_FAILURE(status)) return std::nullopt;
    return (standard + summer) / 1000;  // given in milliseconds
}

}  // namespace ark::expr
