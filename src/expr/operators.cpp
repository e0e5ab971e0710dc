#include "expr/operators.hpp"

#include "expr/library.hpp"
#include "expr/map_table.hpp"
#include "expr/numbers.hpp"
#include "expr/times.hpp"

#include <array>
#include <cmath>

namespace ark::expr {

Value no_overload(std::string_view name, std::span<const Value> arguments, Evaluation& evaluation) {
    std::string types;
    for (const auto& argument : arguments)
        types.append(types.empty() ? "" : ", ").append(type_name(argument));
    return evaluation.fail(Code::no_such_overload, fmt::format("{} does not take ({})", name, types));
}

namespace {

Value overflow(Op op, Evaluation& evaluation) {
    return evaluation.fail(Code::overflow, fmt::format("the result of {} is out of range", symbol(op)));
}

template <class Integer, class Make>
Value integers(Op op, Integer a, Integer b, Make make, Evaluation& evaluation) {
    Integer result = 0;
    bool good = true;
    switch (op) {
        case Op::add:
            good = !__builtin_add_overflow(a, b, &result);
            break;
        case Op::subtract:
            good = !__builtin_sub_overflow(a, b, &result);
            break;
        case Op::multiply:
            good = !__builtin_mul_overflow(a, b, &result);
            break;
        default:
            if (b == 0)
                return evaluation.fail(Code::divide_by_zero, op == Op::divide ? "division by zero" : "modulus by zero");
            if constexpr (std::is_signed_v<Integer>) {
                if (b == -1) {  // the smallest int has no opposite
                    good = op == Op::modulo || !__builtin_sub_overflow(Integer{0}, a, &result);
                    break;
                }
            }
            result = op == Op::divide ? a / b : a % b;
    }
    return good ? make(result) : overflow(op, evaluation);
}

std::optional<Value> reals(Op op, double a, double b) {
    switch (op) {
        case Op::add:
            return Value::real(a + b);
        case Op::subtract:
            return Value::real(a - b);
        case Op::multiply:
            return Value::real(a * b);
        case Op::divide:
            return Value::real(a / b);
        default:
            return std::nullopt;
    }
}

Value join_texts(const Value& a, const Value& b, Evaluation& evaluation) {
    const auto left = a.as_text();
    const auto right = b.as_text();
    auto* room = evaluation.room(left.size() + right.size());
    if (room == nullptr) return evaluation.exhausted();
    std::copy(right.begin(), right.end(), std::copy(left.begin(), left.end(), room));
    const std::string_view joined(room, left.size() + right.size());
    return a.is(Kind::string) ? Value::string(joined) : Value::bytes(joined);
}

Value join_lists(const Value& a, const Value& b, Evaluation& evaluation) {
    const auto left = a.size();
    const auto right = b.size();
    auto* room = evaluation.values(left + right);
    if (room == nullptr) return evaluation.exhausted();
    for (std::size_t i = 0; i < left; ++i)
        room[i] = a.at(i, evaluation);
    for (std::size_t i = 0; i < right; ++i)
        room[left + i] = b.at(i, evaluation);
    return Value::list(std::span<const Value>(room, left + right));
}

Value arithmetic(Op op, const Value& a, const Value& b, Evaluation& evaluation) {
    const std::array both = {a, b};
    if (is_time(a) || is_time(b)) {
        if (const auto result = time_arithmetic(op, a, b, evaluation)) return *result;
        return no_overload(symbol(op), both, evaluation);
    }
    if (a.kind() != b.kind()) return no_overload(symbol(op), both, evaluation);
    switch (a.kind()) {
        case Kind::integer:
            return integers(op, a.as_integer(), b.as_integer(), &Value::integer, evaluation);
        case Kind::unsigned_integer:
            return integers(op, a.as_unsigned_integer(), b.as_unsigned_integer(), &Value::unsigned_integer, evaluation);
        case Kind::real:
            if (const auto result = reals(op, a.as_real(), b.as_real())) return *result;
            break;
        case Kind::string:
        case Kind::bytes:
            if (op == Op::add) return join_texts(a, b, evaluation);
            break;
        case Kind::list:
            if (op == Op::add) return join_lists(a, b, evaluation);
            break;
        default:
            break;
    }
    return no_overload(symbol(op), both, evaluation);
}

Value ordering(Op op, const Value& a, const Value& b, Evaluation& evaluation) {
    const auto order = compare(a, b);
    if (order == Order::incomparable) return no_overload(symbol(op), std::array{a, b}, evaluation);
    switch (op) {
        case Op::less:
            return Value::boolean(order == Order::less);
        case Op::less_equal:
            return Value::boolean(order == Order::less || order == Order::equal);
        case Op::greater:
            return Value::boolean(order == Order::greater);
        default:
            return Value::boolean(order == Order::greater || order == Order::equal);
    }
}

Value membership(const Value& key, const Value& range, Evaluation& evaluation) {
    if (range.is(Kind::map)) return Value::boolean(range.find(key, evaluation).has_value());
    if (!range.is(Kind::list)) return no_overload("in", std::array{key, range}, evaluation);
    const auto size = range.size();
    for (std::size_t i = 0; i < size; ++i)
        if (equals(key, range.at(i, evaluation), evaluation)) return Value::boolean(true);
    return evaluation.is_exhausted() ? evaluation.exhausted() : Value::boolean(false);
}

Value index(const Value& aggregate, const Value& key, Evaluation& evaluation) {
    if (const auto found = look_up(aggregate, key, evaluation)) return *found;
    if (aggregate.is(Kind::list))
        return evaluation.fail(Code::index_out_of_range,
                               fmt::format("the list has no index {}", to_text(key, evaluation)));
    return evaluation.fail(Code::no_such_key, fmt::format("no such key {}", to_text(key, evaluation, 100)));
}

// An optional is looked into; what is not there is none.
Value optional_index(const Value& aggregate, const Value& key, Evaluation& evaluation) {
    if (aggregate.is(Kind::optional) && aggregate.held() == nullptr) return aggregate;
    const auto found = look_up(aggregate.is(Kind::optional) ? *aggregate.held() : aggregate, key, evaluation);
    if (!found) return Value::optional(nullptr);
    return found->is_error() ? *found : evaluation.optional(*found);
}

}  // namespace

std::optional<Value> look_up(const Value& aggregate, const Value& key, Evaluation& evaluation) {
    if (aggregate.is(Kind::map)) {
        if (!is_key(key) && !key.is(Kind::real))
            return evaluation.fail(Code::unsupported_key_type,
                                   fmt::format("a map key is a bool, int, uint or string, not {}", type_name(key)));
        return aggregate.find(key, evaluation);
    }
    if (!aggregate.is(Kind::list) || !key.is_number())
        return no_overload(symbol(Op::index), std::array{aggregate, key}, evaluation);
    std::optional<std::int64_t> at;
    if (key.is(Kind::integer)) at = key.as_integer();
    if (key.is(Kind::unsigned_integer) && key.as_unsigned_integer() <= INT64_MAX) at = key.as_integer();
    if (key.is(Kind::real)) {
        if (std::trunc(key.as_real()) != key.as_real())
            return evaluation.fail(Code::invalid_argument, "a list index is a whole number");
        at = to_integer(key.as_real());
    }
    if (!at || *at < 0 || static_cast<std::uint64_t>(*at) >= aggregate.size()) return std::nullopt;
    return aggregate.at(static_cast<std::size_t>(*at), evaluation);
}

Value apply(Op op, const Value& operand, Evaluation& evaluation) {
    if (op == Op::logical_not && operand.is(Kind::boolean)) return Value::boolean(!operand.as_boolean());
    if (op == Op::negate && operand.is(Kind::real)) return Value::real(-operand.as_real());
    if (op == Op::negate && (operand.is(Kind::integer) || operand.is(Kind::duration))) {
        if (operand.as_integer() == INT64_MIN) return overflow(op, evaluation);
        return operand.is(Kind::integer) ? Value::integer(-operand.as_integer())
                                         : Value::duration(-operand.duration_nanos());
    }
    return no_overload(symbol(op), std::array{operand}, evaluation);
}

Value apply(Op op, const Value& left, const Value& right, Evaluation& evaluation) {
    switch (op) {
        case Op::equal:
        case Op::not_equal: {
            const bool equal = equals(left, right, evaluation);
            return evaluation.is_exhausted() ? evaluation.exhausted() : Value::boolean(equal == (op == Op::equal));
        }
        case Op::less:
        case Op::less_equal:
        case Op::greater:
        case Op::greater_equal:
            return ordering(op, left, right, evaluation);
        case Op::in:
            return membership(left, right, evaluation);
        case Op::not_in: {
            const auto in = membership(left, right, evaluation);
            return in.is_error() ? in : Value::boolean(!in.as_boolean());
        }
        case Op::index:
            return left.is(Kind::optional) ? optional_index(left, right, evaluation) : index(left, right, evaluation);
        case Op::optional_index:
            return optional_index(left, right, evaluation);
        default:
            return arithmetic(op, left, right, evaluation);
    }
}

void add_operators(Library& library) {
    // The names are those that the checker makes: symbol and number of operands.
    const auto add = [&](Op op, std::string_view signature) {
        const auto operands = signature.find(',') == std::string_view::npos ? 1 : 2;
        library.add(fmt::format("_{}_{}", symbol(op), operands), signature, nullptr);
    };
    add(Op::logical_not, "(bool) bool");
    for (const auto* signature : {"(int) int", "(double) double", "(duration) duration"})
        add(Op::negate, signature);
    for (const auto op : {Op::add, Op::subtract, Op::multiply, Op::divide, Op::modulo}) {
        add(op, "(int, int) int");
        add(op, "(uint, uint) uint");
        if (op != Op::modulo) add(op, "(double, double) double");
    }
    for (const auto* signature :
         {"(string, string) string", "(bytes, bytes) bytes", "(list(A), list(A)) list(A)",
          "(duration, duration) duration", "(timestamp, duration) timestamp", "(duration, timestamp) timestamp"})
        add(Op::add, signature);
    for (const auto* signature :
         {"(duration, duration) duration", "(timestamp, duration) timestamp", "(timestamp, timestamp) duration"})
        add(Op::subtract, signature);
    for (const auto op : {Op::less, Op::less_equal, Op::greater, Op::greater_equal}) {
        for (const auto* type : {"bool", "string", "bytes", "timestamp", "duration"})
            add(op, fmt::format("({0}, {0}) bool", type));
        for (const auto* left : {"int", "uint", "double"})
            for (const auto* right : {"int", "uint", "double"})
                add(op, fmt::format("({}, {}) bool", left, right));
    }
    for (const auto* key : {"int", "uint", "double"}) {
        add(Op::index, fmt::format("(list(A), {}) A", key));
        add(Op::optional_index, fmt::format("(list(A), {}) optional(A)", key));
        add(Op::optional_index, fmt::format("(optional(list(A)), {}) optional(A)", key));
        add(Op::index, fmt::format("(optional(list(A)), {}) optional(A)", key));
    }
    // Any key, because numbers are found across their types.
    add(Op::index, "(map(A, B), A) B");
    add(Op::index, "(optional(map(A, B)), A) optional(B)");
    add(Op::optional_index, "(map(A, B), A) optional(B)");
    add(Op::optional_index, "(optional(map(A, B)), A) optional(B)");
}

}  // namespace ark::expr
