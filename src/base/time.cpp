#include "base/time.hpp"

#include <chrono>

namespace ark {
namespace {

class SystemClock final : public Clock {
public:
    UnixNanos now() const override {
        const auto since = std::chrono::system_clock::now().time_since_epoch();
        return UnixNanos{static_cast<std::uint64_t>(std::chrono::nanoseconds(since).count())};
    }
    std::uint64_t monotonic_nanos() const override {
        const auto since = std::chrono::steady_clock::now().time_since_epoch();
        return static_cast<std::uint64_t>(std::chrono::nanoseconds(since).count());
    }
};

void append_digits(std::string& out, std::uint64_t number, int width) {
    char digits[20];
    for (int i = width - 1; i >= 0; --i) {
        digits[i] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    out.append(digits, static_cast<std::size_t>(width));
}

/// Reads exactly `width` digits at `at` and moves past them.
std::optional<int> read_digits(std::string_view text, std::size_t& at, std::size_t width) {
    if (at + width > text.size()) return std::nullopt;
    int number = 0;
    for (std::size_t i = 0; i < width; ++i) {
        const char c = text[at + i];
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + (c - '0');
    }
    at += width;
    return number;
}

bool skip(std::string_view text, std::size_t& at, char expected) {
    if (at >= text.size() || text[at] != expected) return false;
    ++at;
    return true;
}

std::optional<std::uint64_t> read_fraction_nanos(std::string_view text, std::size_t& at) {
    std::uint64_t nanos = 0;
    std::size_t digits = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') {
        if (digits < 9) nanos = nanos * 10 + static_cast<std::uint64_t>(text[at] - '0');
        ++digits;
        ++at;
    }
    if (digits == 0) return std::nullopt;
    for (; digits < 9; ++digits)
        nanos *= 10;
    return nanos;
}

/// Seconds east of UTC.
std::optional<int> read_zone(std::string_view text, std::size_t& at) {
    if (at >= text.size()) return std::nullopt;
    const char sign = text[at++];
    if (sign == 'Z' || sign == 'z') return 0;
    if (sign != '+' && sign != '-') return std::nullopt;
    const auto hours = read_digits(text, at, 2);
    if (!hours || !skip(text, at, ':')) return std::nullopt;
    const auto minutes = read_digits(text, at, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const int seconds = (*hours * 60 + *minutes) * 60;
    return sign == '-' ? -seconds : seconds;
}

}  // namespace

Clock& system_clock() {
    static SystemClock clock;
    return clock;
}

void append_rfc3339(std::string& out, UnixNanos time) {
    using namespace std::chrono;
    const std::uint64_t nanos = time.value() % 1'000'000'000;
    const sys_seconds whole{seconds{static_cast<std::int64_t>(time.value() / 1'000'000'000)}};
    const auto day = floor<days>(whole);
    const year_month_day date{day};
    const hh_mm_ss clock{whole - day};
    append_digits(out, static_cast<std::uint64_t>(static_cast<int>(date.year())), 4);
    out.push_back('-');
    append_digits(out, static_cast<unsigned>(date.month()), 2);
    out.push_back('-');
    append_digits(out, static_cast<unsigned>(date.day()), 2);
    out.push_back('T');
    append_digits(out, static_cast<std::uint64_t>(clock.hours().count()), 2);
    out.push_back(':');
    append_digits(out, static_cast<std::uint64_t>(clock.minutes().count()), 2);
    out.push_back(':');
    append_digits(out, static_cast<std::uint64_t>(clock.seconds().count()), 2);
    out.push_back('.');
    if (nanos % 1'000'000 == 0) {
        append_digits(out, nanos / 1'000'000, 3);
    } else if (nanos % 1'000 == 0) {
        append_digits(out, nanos / 1'000, 6);
    } else {
        append_digits(out, nanos, 9);
    }
    out.push_back('Z');
}

std::string to_rfc3339(UnixNanos time) {
    std::string out;
    out.reserve(30);
    append_rfc3339(out, time);
    return out;
}

std::optional<UnixNanos> parse_rfc3339(std::string_view text) {
    using namespace std::chrono;
    std::size_t at = 0;
    const auto y = read_digits(text, at, 4);
    if (!y || !skip(text, at, '-')) return std::nullopt;
    const auto m = read_digits(text, at, 2);
    if (!m || !skip(text, at, '-')) return std::nullopt;
    const auto d = read_digits(text, at, 2);
    if (!d || at >= text.size() || (text[at] != 'T' && text[at] != 't' && text[at] != ' ')) return std::nullopt;
    ++at;
    const auto hour = read_digits(text, at, 2);
    if (!hour || !skip(text, at, ':')) return std::nullopt;
    const auto minute = read_digits(text, at, 2);
    if (!minute || !skip(text, at, ':')) return std::nullopt;
    const auto second = read_digits(text, at, 2);
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    std::uint64_t nanos = 0;
    if (at < text.size() && text[at] == '.') {
        ++at;
        const auto fraction = read_fraction_nanos(text, at);
        if (!fraction) return std::nullopt;
        nanos = *fraction;
    }
    const auto zone = read_zone(text, at);
    if (!zone || at != text.size()) return std::nullopt;
    const year_month_day date{year{*y}, month{static_cast<unsigned>(*m)}, day{static_cast<unsigned>(*d)}};
    if (!date.ok() || *y < 1970 || *y > 2261) return std::nullopt;
    const auto whole = sys_days{date}.time_since_epoch() + hours{*hour} + minutes{*minute} + seconds{*second - *zone};
    const auto count = duration_cast<seconds>(whole).count();
    if (count < 0) return std::nullopt;
    return UnixNanos{static_cast<std::uint64_t>(count) * 1'000'000'000 + nanos};
}

}  // namespace ark
