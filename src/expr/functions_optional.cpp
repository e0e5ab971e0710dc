#include "expr/library.hpp"

namespace ark::expr {

namespace {

Value of(const Call& call) {
    return call.evaluation.optional(call.arguments[0]);
}

Value none(const Call&) {
    return Value::optional(nullptr);
}

bool is_zero(const Value& value) {
    switch (value.kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
        case Kind::integer:
        case Kind::unsigned_integer:
        case Kind::duration:
            return value.as_integer() == 0;
        case Kind::real:
            return value.as_real() == 0;
        case Kind::string:
        case Kind::bytes:
        case Kind::list:
        case Kind::map:
            return value.size() == 0;
        case Kind::timestamp:
            return value.unix_seconds() == 0 && value.nanos() == 0;
        case Kind::optional:
            return value.held() == nullptr;
        default:
            return false;
    }
}

Value of_non_zero(const Call& call) {
    return is_zero(call.arguments[0]) ? Value::optional(nullptr) : of(call);
}

Value has_value(const Call& call) {
    return Value::boolean(call.arguments[0].held() != nullptr);
}

Value value(const Call& call) {
    const auto* held = call.arguments[0].held();
    return held != nullptr ? *held : call.evaluation.fail(Code::invalid_argument, "optional.none() has no value");
}

Value or_other(const Call& call) {
    return call.arguments[0].held() != nullptr ? call.arguments[0] : call.arguments[1];
}

Value or_value(const Call& call) {
    const auto* held = call.arguments[0].held();
    return held != nullptr ? *held : call.arguments[1];
}

// The values that the optionals of a list hold.
Value unwrap(const Call& call) {
    const auto& list = call.arguments[0];
    ListBuilder values(call.evaluation);
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto item = list.at(i, call.evaluation);
        if (!item.is(Kind::optional))
            return call.evaluation.fail(Code::no_such_overload,
                                        fmt::format("optionals are needed, not {}", type_name(item)));
        if (item.held() != nullptr && !values.push(*item.held())) break;
    }
    return values.finish();
}

}  // namespace

void add_optionals(Library& library) {
    library.add("optional.of", "(A) optional(A)", &of);
    library.add("optional.none", "() optional(A)", &none);
    library.add("optional.ofNonZeroValue", "(A) optional(A)", &of_non_zero);
    library.add("optional.unwrap", "(list(optional(A))) list(A)", &unwrap);
    library.add("unwrapOpt", "list(optional(A)).() list(A)", &unwrap);
    library.add("hasValue", "optional(A).() bool", &has_value);
    library.add("value", "optional(A).() A", &value);
    library.add("or", "optional(A).(optional(A)) optional(A)", &or_other);
    library.add("orValue", "optional(A).(A) A", &or_value);
}

}  // namespace ark::expr
