#include "expr/evaluator.hpp"

#include "expr/operators.hpp"
#include "expr/utf8.hpp"

#include <array>

namespace ark::expr {

namespace {

// Walks the steps. One for each evaluation, on the stack; recursion is bounded by the depth of the tree.
class Evaluator {
public:
    Evaluator(const FlatProgram& program, const Activation& activation, Evaluation& evaluation, Value* locals)
        : program_(program), activation_(activation), evaluation_(evaluation), locals_(locals) {}

    Value value_of(StepId id) {
        const auto& step = program_.steps[id];
        if (!evaluation_.step()) return placed(evaluation_.exhausted(), step);
        switch (step.kind) {
            case Step::Kind::constant:
                return step.constant;
            case Step::Kind::local:
                return locals_[step.slot];
            case Step::Kind::variable:
                return variable(step);
            case Step::Kind::select:
                return select(step);
            case Step::Kind::has:
                return has(step);
            case Step::Kind::opt_select:
                return opt_select(step);
            case Step::Kind::call:
                return call(step);
            case Step::Kind::match:
                return match(step);
            case Step::Kind::operation:
                return operation(step);
            case Step::Kind::conjunction:
                return logic(step, false);
            case Step::Kind::disjunction:
                return logic(step, true);
            case Step::Kind::conditional:
                return conditional(step);
            case Step::Kind::list:
                return list(step);
            case Step::Kind::map:
                return map(step);
            case Step::Kind::comprehension:
                return comprehension(step);
            case Step::Kind::bind:
                locals_[step.slot] = value_of(operand(step, 0));  // an error counts only where the name is used
                return value_of(operand(step, 1));
            case Step::Kind::optional_entry:
                return value_of(operand(step, 0));
            case Step::Kind::fail:
                return failed(step, static_cast<Code>(step.constant.as_integer()), program_.messages[step.slot]);
        }
        return failed(step, Code::no_such_overload, "no such step");
    }

private:
    StepId operand(const Step& step, std::size_t index) const { return program_.operands[step.first + index]; }

    Value placed(const Value& value, const Step& step) {
        return value.is_error() ? evaluation_.placed(value, step.offset) : value;
    }
    Value failed(const Step& step, Code code, std::string_view message) {
        return placed(evaluation_.fail(code, message), step);
    }
    Value not_boolean(const Step& step, const Value& value, std::string_view what) {
        return failed(step, Code::no_such_overload, fmt::format("{} is a bool, not {}", what, type_name(value)));
    }

    Value variable(const Step& step) {
        const auto value = activation_.variable(step.slot, evaluation_);
        if (!value) return failed(step, Code::undeclared_reference, "the variable has no value");
        return placed(*value, step);
    }

    // --- fields

    Value select(const Step& step) {
        const auto from = value_of(operand(step, 0));
        if (from.is(Kind::map)) {
            if (const auto found = from.find(step.constant, evaluation_)) return placed(*found, step);
        }
        if (from.is_error()) return from;
        if (from.is(Kind::optional)) return field_of_optional(step, from);
        if (program_.counts_length && step.constant.as_text() == "length") {
            if (from.is(Kind::map) || from.is(Kind::list))
                return Value::integer(static_cast<std::int64_t>(from.size()));
            if (from.is(Kind::string))
                return Value::integer(static_cast<std::int64_t>(count_code_points(from.as_text())));
        }
        if (from.is(Kind::map))
            return failed(step, Code::no_such_key, fmt::format("no such key: {}", step.constant.as_text()));
        return failed(step, Code::no_such_overload,
                      fmt::format("{} has no field {}", type_name(from), step.constant.as_text()));
    }

    // Of an optional or a map: an optional of what is there.
    Value field_of_optional(const Step& step, const Value& from) {
        const auto none = Value::optional(nullptr);
        if (from.is(Kind::optional) && from.held() == nullptr) return none;
        const auto& map = from.is(Kind::optional) ? *from.held() : from;
        if (!map.is(Kind::map))
            return failed(step, Code::no_such_overload,
                          fmt::format("{} has no field {}", type_name(map), step.constant.as_text()));
        const auto found = map.find(step.constant, evaluation_);
        if (!found) return none;
        return found->is_error() ? placed(*found, step) : evaluation_.optional(*found);
    }

    Value opt_select(const Step& step) {
        const auto from = value_of(operand(step, 0));
        return from.is_error() ? from : field_of_optional(step, from);
    }

    Value has(const Step& step) {
        const auto from = value_of(operand(step, 0));
        if (from.is_error()) return from;
        if (from.is(Kind::map)) return Value::boolean(from.find(step.constant, evaluation_).has_value());
        const auto found = field_of_optional(step, from);
        return found.is_error() ? found : Value::boolean(found.held() != nullptr);
    }

    // --- functions and operators

    Value call(const Step& step) {
        const auto& callee = program_.callees[step.slot];
        std::array<Value, 8> few;
        auto* arguments = step.count <= few.size() ? few.data() : evaluation_.values(step.count);
        if (arguments == nullptr) return placed(evaluation_.exhausted(), step);
        for (std::uint32_t i = 0; i < step.count; ++i) {
            arguments[i] = value_of(operand(step, i));
            if (arguments[i].is_error()) return arguments[i];
        }
        const std::span<const Value> given(arguments, step.count);
        for (const auto& signature : callee.signatures) {
            if (!signature.takes(given)) continue;
            if (signature.call == nullptr) break;
            const Call call{given, evaluation_, signature.context, activation_};
            return placed(signature.call(call), step);
        }
        return placed(no_overload(callee.name, given, evaluation_), step);
    }

    Value match(const Step& step) {
        const auto text = value_of(operand(step, 0));
        if (text.is_error()) return text;
        if (!text.is(Kind::string)) return placed(no_overload("matches", std::array{text}, evaluation_), step);
        if (!evaluation_.charge(text.as_text().size() / 8)) return placed(evaluation_.exhausted(), step);
        return Value::boolean(program_.patterns[step.slot].found_in(text.as_text()));
    }

    Value operation(const Step& step) {
        const auto left = value_of(operand(step, 0));
        if (left.is_error()) return left;
        if (step.count == 1) return placed(apply(step.op, left, evaluation_), step);
        const auto right = value_of(operand(step, 1));
        if (right.is_error()) return right;
        // The commonest condition of all, without a call.
        if (step.op == Op::equal && left.is(Kind::string) && right.is(Kind::string))
            return Value::boolean(left.as_text() == right.as_text());
        return placed(apply(step.op, left, right, evaluation_), step);
    }

    // `decisive` on either side decides, whatever the others are; else the first error counts.
    Value logic(const Step& step, bool decisive) {
        std::optional<Value> failure;
        for (std::uint32_t i = 0; i < step.count; ++i) {
            const auto value = value_of(operand(step, i));
            if (value.is(Kind::boolean)) {
                if (value.as_boolean() == decisive) return value;
                continue;
            }
            if (evaluation_.is_exhausted()) return evaluation_.exhausted();
            if (!failure)
                failure =
                    value.is_error() ? value : not_boolean(step, value, decisive ? "a side of ||" : "a side of &&");
        }
        return failure ? *failure : Value::boolean(!decisive);
    }

    Value conditional(const Step& step) {
        const auto condition = value_of(operand(step, 0));
        if (condition.is_error()) return condition;
        if (!condition.is(Kind::boolean)) return not_boolean(step, condition, "a condition");
        return value_of(operand(step, condition.as_boolean() ? 1 : 2));
    }

    // --- aggregates

    bool is_optional_entry(StepId id) const { return program_.steps[id].kind == Step::Kind::optional_entry; }

    // What an optional entry holds; nothing when it is left out; an error for another value.
    std::optional<Value> entry(const Step& step, StepId id, const Value& value) {
        if (!is_optional_entry(id) || value.is_error()) return value;
        if (!value.is(Kind::optional))
            return failed(step, Code::no_such_overload,
                          fmt::format("after ? stands an optional, not {}", type_name(value)));
        if (value.held() == nullptr) return std::nullopt;
        return *value.held();
    }

    Value list(const Step& step) {
        ListBuilder list(evaluation_, step.count);
        for (const auto id : program_.operands_of(step)) {
            const auto value = entry(step, id, value_of(id));
            if (!value) continue;
            if (value->is_error()) return *value;
            list.push(*value);
        }
        return placed(list.finish(), step);
    }

    Value map(const Step& step) {
        MapBuilder map(evaluation_, step.count / 2);
        const auto operands = program_.operands_of(step);
        for (std::size_t i = 0; i + 1 < operands.size(); i += 2) {
            const auto key = value_of(operands[i]);
            if (key.is_error()) return key;
            const auto value = entry(step, operands[i], value_of(operands[i + 1]));
            if (!value) continue;
            if (value->is_error()) return *value;
            const auto put = map.put(key, *value);
            if (put.is_error()) return placed(put, step);
        }
        return placed(map.finish(), step);
    }

    // --- macros

    Value comprehension(const Step& step) {
        const auto range = value_of(operand(step, 0));
        if (range.is_error()) return range;
        if (step.macro == Macro::opt_map || step.macro == Macro::opt_flat_map) return optional_macro(step, range);
        if (!range.is(Kind::list) && !range.is(Kind::map))
            return failed(step, Code::no_such_overload,
                          fmt::format("a macro is for a list or map, not for {}", type_name(range)));
        const auto items = range.is(Kind::map) ? range.keys(evaluation_) : range;
        if (items.is_error()) return placed(items, step);
        switch (step.macro) {
            case Macro::all:
                return quantifier(step, range, items, false);
            case Macro::exists:
                return quantifier(step, range, items, true);
            case Macro::exists_one:
                return exists_one(step, range, items);
            case Macro::map:
            case Macro::filter:
            case Macro::transform_list:
                return to_list(step, range, items);
            default:
                return to_map(step, range, items);
        }
    }

    // Gives the macro's variables their values for one element.
    Value set_variables(const Step& step, const Value& range, const Value& items, std::size_t i) {
        const auto item = items.at(i, evaluation_);
        if (item.is_error()) return placed(item, step);
        auto* variables = locals_ + step.slot;
        variables[0] = item;
        if (!step.two_variables) return Value::null();
        if (range.is(Kind::map)) {
            variables[1] = range.find(item, evaluation_).value_or(Value::null());
        } else {
            variables[0] = Value::integer(static_cast<std::int64_t>(i));
            variables[1] = item;
        }
        return Value::null();
    }

    Value quantifier(const Step& step, const Value& range, const Value& items, bool decisive) {
        std::optional<Value> failure;
        const auto count = items.size();
        for (std::size_t i = 0; i < count; ++i) {
            auto value = set_variables(step, range, items, i);
            if (!value.is_error()) value = value_of(operand(step, 1));
            if (value.is(Kind::boolean)) {
                if (value.as_boolean() == decisive) return value;
                continue;
            }
            if (evaluation_.is_exhausted()) return evaluation_.exhausted();
            if (!failure) failure = value.is_error() ? value : not_boolean(step, value, "the condition of a macro");
        }
        return failure ? *failure : Value::boolean(!decisive);
    }

    // Whether the element is wanted: true, false or an error. `part` is the operand that says so.
    Value wanted(const Step& step, const Value& range, const Value& items, std::size_t i, std::size_t part) {
        const auto set = set_variables(step, range, items, i);
        if (set.is_error()) return set;
        if (part == 0) return Value::boolean(true);
        const auto value = value_of(operand(step, part));
        return value.is(Kind::boolean) || value.is_error() ? value
                                                           : not_boolean(step, value, "the condition of a macro");
    }

    Value exists_one(const Step& step, const Value& range, const Value& items) {
        std::size_t found = 0;
        const auto count = items.size();
        for (std::size_t i = 0; i < count; ++i) {
            const auto value = wanted(step, range, items, i, 1);
            if (value.is_error()) return value;
            found += value.as_boolean() ? 1 : 0;
        }
        return Value::boolean(found == 1);
    }

    Value to_list(const Step& step, const Value& range, const Value& items) {
        const bool filter = step.macro == Macro::filter;
        const std::size_t condition = filter || step.count == 3 ? 1 : 0;
        ListBuilder list(evaluation_);
        const auto count = items.size();
        for (std::size_t i = 0; i < count; ++i) {
            const auto take = wanted(step, range, items, i, condition);
            if (take.is_error()) return take;
            if (!take.as_boolean()) continue;
            const auto value = filter ? locals_[step.slot] : value_of(operand(step, step.count - 1));
            if (value.is_error()) return value;
            if (!list.push(value)) break;
        }
        return placed(list.finish(), step);
    }

    Value to_map(const Step& step, const Value& range, const Value& items) {
        const std::size_t condition = step.count == 3 ? 1 : 0;
        MapBuilder map(evaluation_);
        const auto count = items.size();
        for (std::size_t i = 0; i < count; ++i) {
            const auto take = wanted(step, range, items, i, condition);
            if (take.is_error()) return take;
            if (!take.as_boolean()) continue;
            const auto key = locals_[step.slot];
            const auto value = value_of(operand(step, step.count - 1));
            if (value.is_error()) return value;
            const auto put = step.macro == Macro::transform_map ? map.put(key, value) : put_entry(map, value);
            if (put.is_error()) return placed(put, step);
        }
        return placed(map.finish(), step);
    }

    Value put_entry(MapBuilder& map, const Value& entry) {
        if (!entry.is(Kind::map) || entry.size() != 1)
            return evaluation_.fail(Code::invalid_argument, "transformMapEntry needs a map with one entry");
        const auto keys = entry.keys(evaluation_);
        if (keys.is_error()) return keys;
        const auto key = keys.at(0, evaluation_);
        return map.put(key, entry.find(key, evaluation_).value_or(Value::null()));
    }

    Value optional_macro(const Step& step, const Value& range) {
        if (!range.is(Kind::optional))
            return failed(step, Code::no_such_overload,
                          fmt::format("optMap is for an optional, not for {}", type_name(range)));
        if (range.held() == nullptr) return range;
        locals_[step.slot] = *range.held();
        const auto value = value_of(operand(step, 1));
        if (value.is_error()) return value;
        if (step.macro == Macro::opt_map) return placed(evaluation_.optional(value), step);
        return value.is(Kind::optional) ? value : failed(step, Code::no_such_overload, "optFlatMap needs an optional");
    }

    const FlatProgram& program_;
    const Activation& activation_;
    Evaluation& evaluation_;
    Value* const locals_;
};

}  // namespace

Value evaluate_step(const FlatProgram& program, StepId step, const Activation& activation, Evaluation& evaluation) {
    std::array<Value, 8> few;
    auto* locals = program.locals <= few.size() ? few.data() : evaluation.values(program.locals);
    if (locals == nullptr) return evaluation.exhausted();
    return Evaluator(program, activation, evaluation, locals).value_of(step);
}

}  // namespace ark::expr
