#include "expr/times.hpp"

#include <charconv>
#include <chrono>

namespace ark::expr {

namespace {

constexpr std::int64_t billion = 1'000'000'000;
__extension__ using Wide = __int128;  // nanoseconds over the whole range of timestamps need 69 bits

Wide nanos_of(const Value& value) {
    if (value.is(Kind::duration)) return value.duration_nanos();
    return static_cast<Wide>(value.unix_seconds()) * billion + value.nanos();
}

Value out_of_range(Evaluation& evaluation, std::string_view what) {
    return evaluation.fail(Code::overflow, fmt::format("the {} is out of range", what));
}

Value timestamp_of(Wide nanos, Evaluation& evaluation) {
    auto seconds = nanos / billion;
    auto rest = nanos % billion;
    if (rest < 0) {
        rest += billion;
        seconds -= 1;
    }
    if (seconds < seconds_min || seconds > seconds_max) return out_of_range(evaluation, "timestamp");
    return Value::timestamp(static_cast<std::int64_t>(seconds), static_cast<std::uint32_t>(rest));
}

Value duration_of(Wide nanos, Evaluation& evaluation) {
    if (nanos < INT64_MIN || nanos > INT64_MAX) return out_of_range(evaluation, "duration");
    return Value::duration(static_cast<std::int64_t>(nanos));
}

// Reads decimal digits of an RFC 3339 text from its front.
class Digits {
public:
    explicit Digits(std::string_view text) : text_(text) {}

    std::optional<int> number(std::size_t count) {
        int value = 0;
        if (text_.size() < count) return std::nullopt;
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return std::nullopt;
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return value;
    }
    bool accept(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    // The fraction as nanoseconds: one to nine digits.
    std::optional<std::uint32_t> fraction() {
        std::uint32_t nanos = 0;
        int count = 0;
        for (; !text_.empty() && text_.front() >= '0' && text_.front() <= '9'; ++count, text_.remove_prefix(1)) {
            if (count == 9) return std::nullopt;
            nanos = nanos * 10 + static_cast<std::uint32_t>(text_.front() - '0');
        }
        if (count == 0) return std::nullopt;
        for (; count < 9; ++count)
            nanos *= 10;
        return nanos;
    }
    bool at_end() const { return text_.empty(); }

private:
    std::string_view text_;
};

std::optional<std::int64_t> date(Digits& digits) {
    const auto year = digits.number(4);
    if (!year || !digits.accept('-')) return std::nullopt;
    const auto month = digits.number(2);
    if (!month || !digits.accept('-')) return std::nullopt;
    const auto day = digits.number(2);
    if (!day) return std::nullopt;
    const std::chrono::year_month_day ymd(std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                          std::chrono::day(static_cast<unsigned>(*day)));
    if (!ymd.ok()) return std::nullopt;
    return std::chrono::sys_days(ymd).time_since_epoch().count();
}

std::optional<std::int64_t> time_of_day(Digits& digits) {
    const auto hour = digits.number(2);
    if (!hour || !digits.accept(':')) return std::nullopt;
    const auto minute = digits.number(2);
    if (!minute || !digits.accept(':')) return std::nullopt;
    const auto second = digits.number(2);
    if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
    return *hour * 3600 + *minute * 60 + *second;
}

std::optional<std::int64_t> offset(Digits& digits) {
    if (digits.accept('Z') || digits.accept('z')) return 0;
    const bool behind = digits.accept('-');
    if (!behind && !digits.accept('+')) return std::nullopt;
    const auto hours = digits.number(2);
    if (!hours || !digits.accept(':')) return std::nullopt;
    const auto minutes = digits.number(2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    const std::int64_t seconds = *hours * 3600 + *minutes * 60;
    return behind ? -seconds : seconds;
}

// ".25" for a quarter of a second; nothing for whole seconds.
std::string fraction_text(std::uint32_t nanos) {
    if (nanos == 0) return {};
    auto text = fmt::format(".{:09}", nanos);
    text.erase(text.find_last_not_of('0') + 1);
    return text;
}

}  // namespace

std::optional<Value> time_arithmetic(Op op, const Value& a, const Value& b, Evaluation& evaluation) {
    if (!is_time(a) || !is_time(b)) return std::nullopt;
    const int timestamps = (a.is(Kind::timestamp) ? 1 : 0) + (b.is(Kind::timestamp) ? 1 : 0);
    if (op == Op::add && timestamps == 0) return duration_of(nanos_of(a) + nanos_of(b), evaluation);
    if (op == Op::add && timestamps == 1) return timestamp_of(nanos_of(a) + nanos_of(b), evaluation);
    if (op != Op::subtract || (timestamps == 1 && b.is(Kind::timestamp))) return std::nullopt;
    const auto difference = nanos_of(a) - nanos_of(b);
    return timestamps == 1 ? timestamp_of(difference, evaluation) : duration_of(difference, evaluation);
}

std::optional<Instant> parse_instant(std::string_view rfc3339) {
    Digits digits(rfc3339);
    const auto days = date(digits);
    if (!days || !(digits.accept('T') || digits.accept('t'))) return std::nullopt;
    const auto seconds = time_of_day(digits);
    if (!seconds) return std::nullopt;
    Instant instant;
    if (digits.accept('.')) {
        const auto nanos = digits.fraction();
        if (!nanos) return std::nullopt;
        instant.nanos = *nanos;
    }
    const auto ahead = offset(digits);
    if (!ahead || !digits.at_end()) return std::nullopt;
    instant.seconds = *days * 86'400 + *seconds - *ahead;
    if (instant.seconds < seconds_min || instant.seconds > seconds_max) return std::nullopt;
    return instant;
}

std::string to_text(const Instant& instant) {
    const std::chrono::sys_seconds when{std::chrono::seconds(instant.seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day ymd(day);
    const std::chrono::hh_mm_ss time(when - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(ymd.year()),
                       static_cast<unsigned>(ymd.month()), static_cast<unsigned>(ymd.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), fraction_text(instant.nanos));
}

std::string duration_text(std::int64_t nanos) {
    const bool negative = nanos < 0;
    const auto size = negative ? 0 - static_cast<std::uint64_t>(nanos) : static_cast<std::uint64_t>(nanos);
    return fmt::format("{}{}{}s", negative ? "-" : "", size / billion,
                       fraction_text(static_cast<std::uint32_t>(size % billion)));
}

}  // namespace ark::expr
