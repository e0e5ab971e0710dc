#pragma once
#include "expr/ast.hpp"
#include "expr/evaluation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ark::expr {

inline bool is_time(const Value& value) {
    return value.is(Kind::timestamp) || value.is(Kind::duration);
}

/// + and - with a timestamp or duration on a side; an error outside the ranges. Nothing: no such operation.
std::optional<Value> time_arithmetic(Op op, const Value& a, const Value& b, Evaluation& evaluation);

struct Instant {
    std::int64_t seconds = 0;  ///< since 1970, may be negative
    std::uint32_t nanos = 0;
};
constexpr std::int64_t seconds_min = -62'135'596'800;  ///< 0001-01-01T00:00:00Z
constexpr std::int64_t seconds_max = 253'402'300'799;  ///< 9999-12-31T23:59:59Z

std::optional<Instant> parse_instant(std::string_view rfc3339);
std::string to_text(const Instant& instant);    ///< RFC 3339 in UTC, no needless digits
std::string duration_text(std::int64_t nanos);  ///< "-1.5s"

/// Seconds that the zone is ahead of UTC then: "Europe/Berlin", "UTC", "+02:00", "-3:30". Nothing: no such zone.
std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t unix_seconds);

}  // namespace ark::expr
