#include "base/duration.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>

namespace ark {
namespace {

struct Unit {
    std::string_view text;
    double factor;
};

// Longer names first: "ms" must win over "m".
constexpr Unit duration_units[] = {{"ns", 1},  {"us", 1e3}, {"µs", 1e3},   {"ms", 1e6},
                                   {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}};
constexpr Unit byte_units[] = {{"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0},
                               {"KB", 1e3},     {"MB", 1e6},        {"GB", 1e9},           {"TB", 1e12},
                               {"B", 1}};

std::optional<double> read_number(std::string_view& text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    if (error != std::errc{} || number < 0 || !std::isfinite(number)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return number;
}

std::optional<double> read_unit(std::string_view& text, const Unit* begin, const Unit* end) {
    for (const auto* unit = begin; unit != end; ++unit) {
        if (!text.starts_with(unit->text)) continue;
        text.remove_prefix(unit->text.size());
        return unit->factor;
    }
    return std::nullopt;
}

}  // namespace

namespace {

__extension__ using Wide = __int128;  // a nanosecond more than 64 bits hold must be seen

// "1.5" in units of `unit` nanoseconds, exactly; digits below a nanosecond are dropped.
std::optional<Wide> scaled(std::string_view number, std::int64_t unit) {
    const auto dot = number.find('.');
    const auto whole = number.substr(0, dot);
    const auto fraction = dot == std::string_view::npos ? std::string_view() : number.substr(dot + 1);
    if (whole.empty() && fraction.empty()) return std::nullopt;
    constexpr Wide limit = Wide{1} << 64;  // twice what fits: later sums cannot wrap
    Wide nanos = 0;
    for (const char digit : whole) {
        nanos = nanos * 10 + Wide{digit - '0'} * unit;
        if (nanos > limit) return std::nullopt;
    }
    for (Wide place = unit; const char digit : fraction) {
        // Wide enough: a day has 47 bits, and digits past the first nineteen are below any nanosecond.
        if (place < 1) break;
        nanos += Wide{digit - '0'} * place / 10;
        place /= 10;
    }
    return nanos;
}

}  // namespace

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    if (text.empty()) return std::nullopt;
    if (text == "0") return std::chrono::nanoseconds{0};
    Wide total = 0;
    while (!text.empty()) {
        const auto number = text.substr(0, text.find_first_not_of("0123456789."));
        text.remove_prefix(number.size());
        const auto unit = read_unit(text, std::begin(duration_units), std::end(duration_units));
        if (!unit || std::count(number.begin(), number.end(), '.') > 1) return std::nullopt;
        const auto nanos = scaled(number, static_cast<std::int64_t>(*unit));
        if (!nanos) return std::nullopt;
        total += *nanos;
        if (total > Wide{1} << 64) return std::nullopt;
    }
    const auto signed_total = negative ? -total : total;
    if (signed_total < INT64_MIN || signed_total > INT64_MAX) return std::nullopt;
    return std::chrono::nanoseconds{static_cast<std::int64_t>(signed_total)};
}

std::string to_text(std::chrono::nanoseconds duration) {
    auto rest = duration.count();
    if (rest == 0) return "0s";
    std::string out;
    if (rest < 0) {
        out.push_back('-');
        rest = -rest;
    }
    struct Step {
        std::string_view text;
        std::int64_t nanos;
    };
    static constexpr Step steps[] = {{"d", 86'400'000'000'000},
                                     {"h", 3'600'000'000'000},
                                     {"m", 60'000'000'000},
                                     {"s", 1'000'000'000},
                                     {"ms", 1'000'000},
                                     {"us", 1'000},
                                     {"ns", 1}};
    for (const auto& step : steps) {
        if (rest < step.nanos) continue;
        out.append(std::to_string(rest / step.nanos)).append(step.text);
        rest %= step.nanos;
    }
    return out;
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    const auto number = read_number(text);
    if (!number) return std::nullopt;
    double factor = 1;
    if (!text.empty()) {
        const auto unit = read_unit(text, std::begin(byte_units), std::end(byte_units));
        if (!unit || !text.empty()) return std::nullopt;
        factor = *unit;
    }
    const double total = *number * factor;
    if (total > 9.2e18) return std::nullopt;
    return static_cast<std::uint64_t>(std::llround(total));
}

}  // namespace ark
