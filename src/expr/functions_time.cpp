#include "base/duration.hpp"
#include "expr/library.hpp"
#include "expr/times.hpp"

#include <chrono>

namespace ark::expr {

namespace {

// A timestamp in a zone, as people write it.
struct Calendar {
    std::chrono::year_month_day date;
    std::chrono::sys_days day;
    std::int64_t second_of_day = 0;
};

using Accessor = std::int64_t (*)(const Calendar& calendar, std::uint32_t nanos);

Calendar calendar_of(std::int64_t seconds) {
    const std::chrono::sys_seconds when{std::chrono::seconds(seconds)};
    const auto day = std::chrono::floor<std::chrono::days>(when);
    return {std::chrono::year_month_day(day), day, (when - day).count()};
}

// The function of a timestamp, and of a zone where one is given.
template <Accessor accessor>
Value part(const Call& call) {
    const auto& time = call.arguments[0];
    auto seconds = time.unix_seconds();
    if (call.arguments.size() == 2) {
        const auto zone = call.arguments[1].as_text();
        const auto offset = zone_offset(zone, seconds);
        if (!offset)
            return call.evaluation.fail(Code::invalid_argument, fmt::format("no time zone {}", zone.substr(0, 64)));
        // Finding a zone's rules costs some microseconds.
        if (!call.evaluation.charge(100)) return call.evaluation.exhausted();
        seconds += *offset;
    }
    return Value::integer(accessor(calendar_of(seconds), time.nanos()));
}

template <Accessor accessor>
void add_part(Library& library, std::string_view name) {
    library.add(name, "timestamp.() int", &part<accessor>);
    library.add(name, "timestamp.(string) int", &part<accessor>);
}

std::int64_t full_year(const Calendar& c, std::uint32_t) {
    return static_cast<int>(c.date.year());
}
std::int64_t month(const Calendar& c, std::uint32_t) {
    return static_cast<unsigned>(c.date.month()) - std::int64_t{1};
}
std::int64_t date(const Calendar& c, std::uint32_t) {
    return static_cast<unsigned>(c.date.day());
}
std::int64_t day_of_month(const Calendar& c, std::uint32_t) {
    return date(c, 0) - 1;
}
std::int64_t day_of_week(const Calendar& c, std::uint32_t) {
    return std::chrono::weekday(c.day).c_encoding();
}
std::int64_t day_of_year(const Calendar& c, std::uint32_t) {
    return (c.day - std::chrono::sys_days(c.date.year() / std::chrono::January / 1)).count();
}
std::int64_t hours(const Calendar& c, std::uint32_t) {
    return c.second_of_day / 3600;
}
std::int64_t minutes(const Calendar& c, std::uint32_t) {
    return c.second_of_day / 60 % 60;
}
std::int64_t seconds(const Calendar& c, std::uint32_t) {
    return c.second_of_day % 60;
}
std::int64_t milliseconds(const Calendar&, std::uint32_t nanos) {
    return nanos / 1'000'000;
}

// A whole duration in a unit; milliseconds are those beyond the whole seconds, as the specification has it.
template <std::int64_t unit_ns>
Value whole(const Call& call) {
    return Value::integer(call.arguments[0].duration_nanos() / unit_ns);
}
Value duration_milliseconds(const Call& call) {
    return Value::integer(call.arguments[0].duration_nanos() % 1'000'000'000 / 1'000'000);
}

Value timestamp_of_text(const Call& call) {
    const auto instant = parse_instant(call.arguments[0].as_text());
    if (!instant)
        return call.evaluation.fail(Code::invalid_argument, "not an RFC 3339 timestamp from the year 1 to 9999");
    return Value::timestamp(instant->seconds, instant->nanos);
}

Value timestamp_of_seconds(const Call& call) {
    const auto seconds = call.arguments[0].as_integer();
    if (seconds < seconds_min || seconds > seconds_max)
        return call.evaluation.fail(Code::overflow, "the timestamp is out of range");
    return Value::timestamp(seconds, 0);
}

Value duration_of_text(const Call& call) {
    const auto duration = parse_duration(call.arguments[0].as_text());
    if (!duration) return call.evaluation.fail(Code::invalid_argument, "not a duration: 1h30m, 1.5s, 250ms");
    return Value::duration(duration->count());
}

Value duration_of_nanos(const Call& call) {
    return Value::duration(call.arguments[0].as_integer());
}

Value same_time(const Call& call) {
    return call.arguments[0];
}

Value seconds_of_timestamp(const Call& call) {
    return Value::integer(call.arguments[0].unix_seconds());
}

Value nanos_of_duration(const Call& call) {
    return Value::integer(call.arguments[0].duration_nanos());
}

Value timestamp_text(const Call& call) {
    return call.evaluation.text(to_text(Instant{call.arguments[0].unix_seconds(), call.arguments[0].nanos()}));
}

Value text_of_duration(const Call& call) {
    return call.evaluation.text(duration_text(call.arguments[0].duration_nanos()));
}

}  // namespace

void add_times(Library& library) {
    add_part<&full_year>(library, "getFullYear");
    add_part<&month>(library, "getMonth");
    add_part<&date>(library, "getDate");
    add_part<&day_of_month>(library, "getDayOfMonth");
    add_part<&day_of_week>(library, "getDayOfWeek");
    add_part<&day_of_year>(library, "getDayOfYear");
    add_part<&hours>(library, "getHours");
    add_part<&minutes>(library, "getMinutes");
    add_part<&seconds>(library, "getSeconds");
    add_part<&milliseconds>(library, "getMilliseconds");
    library.add("getHours", "duration.() int", &whole<3'600'000'000'000>);
    library.add("getMinutes", "duration.() int", &whole<60'000'000'000>);
    library.add("getSeconds", "duration.() int", &whole<1'000'000'000>);
    library.add("getMilliseconds", "duration.() int", &duration_milliseconds);
    library.add("timestamp", "(string) timestamp", &timestamp_of_text);
    library.add("timestamp", "(int) timestamp", &timestamp_of_seconds);
    library.add("timestamp", "(timestamp) timestamp", &same_time);
    library.add("duration", "(string) duration", &duration_of_text);
    library.add("duration", "(int) duration", &duration_of_nanos);
    library.add("duration", "(duration) duration", &same_time);
    library.add("int", "(timestamp) int", &seconds_of_timestamp);
    library.add("int", "(duration) int", &nanos_of_duration);
    library.add("string", "(timestamp) string", &timestamp_text);
    library.add("string", "(duration) string", &text_of_duration);
}

}  // namespace ark::expr
