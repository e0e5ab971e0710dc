#include "expr/library.hpp"
#include "expr/numbers.hpp"

#include <cmath>

namespace ark::expr {

namespace {

// math.greatest and math.least take any number of numbers, or one list of them.
template <Order better>
Value best_of(const Call& call) {
    const bool listed = call.arguments.size() == 1 && call.arguments[0].is(Kind::list);
    const auto& list = call.arguments[0];
    const auto count = listed ? list.size() : call.arguments.size();
    std::optional<Value> best;
    for (std::size_t i = 0; i < count; ++i) {
        const auto value = listed ? list.at(i, call.evaluation) : call.arguments[i];
        if (!call.evaluation.step()) return call.evaluation.exhausted();
        if (!value.is_number())
            return call.evaluation.fail(Code::no_such_overload,
                                        fmt::format("numbers are needed, not {}", type_name(value)));
        if (!best || compare_numbers(value, *best) == better) best = value;
    }
    return best ? *best : call.evaluation.fail(Code::invalid_argument, "the list is empty");
}

template <double (*function)(double)>
Value real_function(const Call& call) {
    return Value::real(function(call.arguments[0].as_real()));
}

double ceil_of(double v) {
    return std::ceil(v);
}
double floor_of(double v) {
    return std::floor(v);
}
double round_of(double v) {
    return std::round(v);  // halves away from zero
}
double trunc_of(double v) {
    return std::trunc(v);
}

template <bool (*test)(double)>
Value real_test(const Call& call) {
    return Value::boolean(test(call.arguments[0].as_real()));
}

bool is_nan(double v) {
    return std::isnan(v);
}
bool is_infinite(double v) {
    return std::isinf(v);
}
bool is_finite(double v) {
    return std::isfinite(v);
}

Value absolute(const Call& call) {
    const auto& value = call.arguments[0];
    if (value.is(Kind::real)) return Value::real(std::fabs(value.as_real()));
    if (value.is(Kind::unsigned_integer) || value.as_integer() >= 0) return value;
    if (value.as_integer() == INT64_MIN) return call.evaluation.fail(Code::overflow, "the result is out of range");
    return Value::integer(-value.as_integer());
}

Value sign(const Call& call) {
    const auto& value = call.arguments[0];
    if (value.is(Kind::unsigned_integer)) return Value::unsigned_integer(value.as_unsigned_integer() > 0 ? 1 : 0);
    if (value.is(Kind::integer)) return Value::integer(value.as_integer() > 0 ? 1 : value.as_integer() < 0 ? -1 : 0);
    const double v = value.as_real();
    return Value::real(std::isnan(v) ? v : v > 0 ? 1 : v < 0 ? -1 : 0);
}

double as_double(const Value& value) {
    if (value.is(Kind::real)) return value.as_real();
    return value.is(Kind::integer) ? static_cast<double>(value.as_integer())
                                   : static_cast<double>(value.as_unsigned_integer());
}

Value square_root(const Call& call) {
    return Value::real(std::sqrt(as_double(call.arguments[0])));
}

Value of_bits(const Value& like, std::uint64_t bits) {
    return like.is(Kind::integer) ? Value::integer(static_cast<std::int64_t>(bits)) : Value::unsigned_integer(bits);
}

Value bit_and(const Call& call) {
    return of_bits(call.arguments[0],
                   call.arguments[0].as_unsigned_integer() & call.arguments[1].as_unsigned_integer());
}
Value bit_or(const Call& call) {
    return of_bits(call.arguments[0],
                   call.arguments[0].as_unsigned_integer() | call.arguments[1].as_unsigned_integer());
}
Value bit_xor(const Call& call) {
    return of_bits(call.arguments[0],
                   call.arguments[0].as_unsigned_integer() ^ call.arguments[1].as_unsigned_integer());
}
Value bit_not(const Call& call) {
    return of_bits(call.arguments[0], ~call.arguments[0].as_unsigned_integer());
}

// Both shifts fill with zeros, also of an int; by 64 or more nothing is left.
template <bool left>
Value shift(const Call& call) {
    const auto by = call.arguments[1].as_integer();
    if (by < 0) return call.evaluation.fail(Code::invalid_argument, "a shift by a negative number");
    const auto bits = call.arguments[0].as_unsigned_integer();
    return of_bits(call.arguments[0], by >= 64 ? 0 : left ? bits << by : bits >> by);
}

// Sum of a list of numbers of one type: an int 0 for an empty one.
Value sum(const Call& call) {
    const auto& list = call.arguments[0];
    std::int64_t integers = 0;
    double reals = 0;
    bool whole = true;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto value = list.at(i, call.evaluation);
        if (!call.evaluation.step()) return call.evaluation.exhausted();
        if (!value.is(Kind::integer) && !value.is(Kind::real))
            return call.evaluation.fail(Code::no_such_overload,
                                        fmt::format("ints and doubles are needed, not {}", type_name(value)));
        whole = whole && value.is(Kind::integer);
        reals += as_double(value);
        if (whole && __builtin_add_overflow(integers, value.as_integer(), &integers))
            return call.evaluation.fail(Code::overflow, "the sum is out of range");
    }
    return whole ? Value::integer(integers) : Value::real(reals);
}

Value average(const Call& call) {
    const auto total = sum(call);
    if (total.is_error() || call.arguments[0].size() == 0) return total.is_error() ? total : Value::null();
    return Value::real(as_double(total) / static_cast<double>(call.arguments[0].size()));
}

}  // namespace

void add_numbers(Library& library) {
    for (const auto* type : {"int", "uint", "double"}) {
        for (const auto* name : {"math.abs", "math.sign"})
            library.add(name, fmt::format("({0}) {0}", type), std::string_view(name) == "math.abs" ? &absolute : &sign);
        library.add("math.sqrt", fmt::format("({}) double", type), &square_root);
        library.add("math.greatest", fmt::format("({0}, {0}...) {0}", type), &best_of<Order::greater>);
        library.add("math.least", fmt::format("({0}, {0}...) {0}", type), &best_of<Order::less>);
    }
    // Numbers of several types, and what is only known when it is evaluated.
    library.add("math.greatest", "(dyn, dyn...) dyn", &best_of<Order::greater>);
    library.add("math.least", "(dyn, dyn...) dyn", &best_of<Order::less>);
    library.add("math.ceil", "(double) double", &real_function<&ceil_of>);
    library.add("math.floor", "(double) double", &real_function<&floor_of>);
    library.add("math.round", "(double) double", &real_function<&round_of>);
    library.add("math.trunc", "(double) double", &real_function<&trunc_of>);
    library.add("math.isNaN", "(double) bool", &real_test<&is_nan>);
    library.add("math.isInf", "(double) bool", &real_test<&is_infinite>);
    library.add("math.isFinite", "(double) bool", &real_test<&is_finite>);
    for (const auto* type : {"int", "uint"}) {
        library.add("math.bitAnd", fmt::format("({0}, {0}) {0}", type), &bit_and);
        library.add("math.bitOr", fmt::format("({0}, {0}) {0}", type), &bit_or);
        library.add("math.bitXor", fmt::format("({0}, {0}) {0}", type), &bit_xor);
        library.add("math.bitNot", fmt::format("({0}) {0}", type), &bit_not);
        library.add("math.bitShiftLeft", fmt::format("({0}, int) {0}", type), &shift<true>);
        library.add("math.bitShiftRight", fmt::format("({0}, int) {0}", type), &shift<false>);
    }
    library.add("math.sum", "(list(A)) dyn", &sum);
    library.add("math.average", "(list(A)) dyn", &average);
}

}  // namespace ark::expr
