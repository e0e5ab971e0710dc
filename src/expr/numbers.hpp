#pragma once
#include "expr/value.hpp"

#include <cmath>
#include <cstdint>
#include <optional>

namespace ark::expr {

/// Order of two numbers of any of the three types. An integer against a double is compared as doubles, as the
/// specification asks: 9223372036854775807 equals 9223372036854775808.0.
inline Order compare_numbers(const Value& a, const Value& b) {
    const auto order = [](auto x, auto y) { return x < y ? Order::less : x > y ? Order::greater : Order::equal; };
    const auto real = [](const Value& v) {
        if (v.is(Kind::real)) return v.as_real();
        return v.is(Kind::integer) ? static_cast<double>(v.as_integer()) : static_cast<double>(v.as_unsigned_integer());
    };
    if (a.is(Kind::real) || b.is(Kind::real)) {
        const double x = real(a);
        const double y = real(b);
        if (std::isnan(x) || std::isnan(y)) return Order::unordered;
        return order(x, y);
    }
    if (a.kind() == b.kind())
        return a.is(Kind::integer) ? order(a.as_integer(), b.as_integer())
                                   : order(a.as_unsigned_integer(), b.as_unsigned_integer());
    if (a.is(Kind::integer)) {
        if (a.as_integer() < 0) return Order::less;
        return order(static_cast<std::uint64_t>(a.as_integer()), b.as_unsigned_integer());
    }
    if (b.as_integer() < 0) return Order::greater;
    return order(a.as_unsigned_integer(), static_cast<std::uint64_t>(b.as_integer()));
}

constexpr double two_to_63 = 9223372036854775808.0;
constexpr double two_to_64 = 18446744073709551616.0;

/// Towards zero; nothing outside the range (and for NaN). -2^63 itself counts as outside, as the specification's
/// conversions have it.
inline std::optional<std::int64_t> to_integer(double v) {
    if (!(v > -two_to_63 && v < two_to_63)) return std::nullopt;
    return static_cast<std::int64_t>(v);
}

inline std::optional<std::uint64_t> to_unsigned_integer(double v) {
    if (!(v > -1.0 && v < two_to_64)) return std::nullopt;
    return static_cast<std::uint64_t>(v);
}

}  // namespace ark::expr
