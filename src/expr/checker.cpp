#include "expr/checker.hpp"

#include "expr/resolver.hpp"
#include "expr/substitution.hpp"
#include "expr/suggest.hpp"

#include <algorithm>

namespace ark::expr {

namespace {

class Checker {
public:
    Checker(const Ast& ast, const Environment& environment)
        : ast_(ast), environment_(environment), resolver_(ast, environment), check_(environment.options().check) {
        analysis_.types.resize(ast.nodes.size());
        analysis_.meanings.resize(ast.nodes.size());
        analysis_.references.emplace_back();
    }

    Analysis run() {
        const auto type = visit(ast_.root);
        for (auto& each : analysis_.types)
            each = types_.resolve(each, true);
        analysis_.type = check_ ? types_.resolve(type, true) : Type::dyn();
        std::stable_sort(analysis_.issues.begin(), analysis_.issues.end(),
                         [](const Issue& a, const Issue& b) { return a.offset < b.offset; });
        return std::move(analysis_);
    }

private:
    Type visit(NodeId id) {
        auto type = visit_kind(id, ast_.nodes[id]);
        if (!check_ && !type.is(Type::Kind::error)) type = Type::dyn();
        analysis_.types[id] = type;
        return type;
    }

    Type visit_kind(NodeId id, const Node& node) {
        switch (node.kind) {
            case NodeKind::literal:
                return literal(node.value);
            case NodeKind::identifier:
                return identifier(id, node);
            case NodeKind::select:
                return select(id, node);
            case NodeKind::call:
                return call(id, node);
            case NodeKind::operation:
                return operation(node);
            case NodeKind::conjunction:
            case NodeKind::disjunction:
                return logic(node);
            case NodeKind::conditional:
                return conditional(node);
            case NodeKind::list:
                return list(node);
            case NodeKind::map:
                return map(node);
            case NodeKind::message:
                return message(id, node);
            case NodeKind::comprehension:
                return comprehension(node);
            case NodeKind::bind:
                return bind(node);
            case NodeKind::optional_entry:
                return optional_entry(node);
            case NodeKind::named_argument:
                return visit(ast_.child(node, 0));
        }
        return Type::dyn();
    }

    std::vector<Type> visit_children(const Node& node) {
        std::vector<Type> types;
        for (const auto child : ast_.children_of(node))
            types.push_back(visit(child));
        return types;
    }

    bool is_full() const { return analysis_.issues.size() >= issues_max; }
    /// The name that was meant, perhaps. Comparing with all names is what costs: only for what is reported.
    std::string near(std::string_view name) const {
        return is_full() ? std::string() : suggestion(name, resolver_.names_for(name));
    }
    Type report(Code code, std::uint32_t offset, std::string message, std::string suggestion = {}) {
        if (!is_full())
            analysis_.issues.push_back(Issue{code, std::move(message), offset, 1, 1, std::move(suggestion)});
        return Type::of(Type::Kind::error);
    }
    void warn(std::uint32_t offset, std::string message) {
        if (analysis_.warnings.size() >= issues_max) return;
        analysis_.warnings.push_back(Issue{Code::no_such_overload, std::move(message), offset, 1, 1, {}});
    }
    // A wrong type: only the checker minds; without it evaluation finds out.
    Type mismatch(std::uint32_t offset, std::string message) {
        return check_ ? report(Code::no_such_overload, offset, std::move(message)) : Type::dyn();
    }
    // A name that means nothing: reported, or left to fail when it is evaluated.
    Type unresolved(NodeId id, Code code, std::string message, std::string suggestion = {}) {
        if (check_) return report(code, ast_.nodes[id].offset, std::move(message), std::move(suggestion));
        Reference failure{.kind = Reference::Kind::failure, .code = code};
        failure.message = std::move(message);
        refer(id, std::move(failure));
        return Type::dyn();
    }
    void refer(NodeId id, Reference reference) {
        analysis_.meanings[id] = static_cast<std::uint32_t>(analysis_.references.size());
        analysis_.references.push_back(std::move(reference));
    }
    std::string shown(const Type& type) const { return to_text(types_.resolve(type)); }

    static Type literal(const Value& value) {
        switch (value.kind()) {
            case Kind::null:
                return Type::null();
            case Kind::boolean:
                return Type::boolean();
            case Kind::integer:
                return Type::integer();
            case Kind::unsigned_integer:
                return Type::unsigned_integer();
            case Kind::real:
                return Type::real();
            case Kind::bytes:
                return Type::bytes();
            default:
                return Type::string();
        }
    }

    // --- names

    std::optional<Type> resolve_name(NodeId id) {
        auto name = resolver_.name(id);
        if (!name) return std::nullopt;
        refer(id, std::move(name->reference));
        return name->type;
    }

    Type identifier(NodeId id, const Node& node) {
        if (const auto type = resolve_name(id)) return *type;
        if (environment_.is_namespace(node.name))
            return unresolved(id, Code::undeclared_reference,
                              fmt::format("{} is no value: call a function of it", node.name));
        return unresolved(id, Code::undeclared_reference, fmt::format("unknown name {}", node.name), near(node.name));
    }

    Type select(NodeId id, const Node& node) {
        if (!node.test && !node.optional)
            if (const auto type = resolve_name(id)) return *type;
        const auto operand = types_.resolve(visit(ast_.child(node, 0)));
        const auto field = field_type(operand, node);
        if (node.test) return Type::boolean();
        return node.optional && !field.is(Type::Kind::optional) ? Type::optional(field) : field;
    }

    Type field_type(const Type& operand, const Node& node) {
        switch (operand.kind()) {
            case Type::Kind::map:
                return operand.mapped();
            case Type::Kind::optional: {
                const auto inner = field_type(types_.resolve(operand.element()), node);
                return inner.is(Type::Kind::optional) ? inner : Type::optional(inner);
            }
            case Type::Kind::dyn:
            case Type::Kind::error:
            case Type::Kind::parameter:
                return Type::dyn();
            default:
                break;
        }
        const bool counted = operand.is(Type::Kind::list) || operand.is(Type::Kind::string);
        if (environment_.options().length && node.name == "length" && counted) return Type::integer();
        return mismatch(node.offset, fmt::format("{} has no field {}", shown(operand), node.name));
    }

    // --- calls

    Type call(NodeId id, const Node& node) {
        auto function = resolver_.function(id);
        const auto children = ast_.children_of(node);
        if (function.is_unknown_in_namespace)
            return unresolved(id, Code::unknown_function, fmt::format("unknown function {}", function.full_name),
                              near(function.full_name));
        std::vector<NodeId> arguments(children.begin() + (function.without_receiver ? 1 : 0), children.end());
        if (function.helper) return helper(id, std::move(function), arguments);
        std::vector<Type> types;
        for (const auto argument : arguments) {
            if (ast_.nodes[argument].kind == NodeKind::named_argument)
                report(Code::unknown_argument, ast_.nodes[argument].offset,
                       fmt::format("{} takes no arguments by name", function.full_name));
            types.push_back(visit(argument));
        }
        if (function.overloads.empty())
            return unresolved(id, Code::unknown_function, fmt::format("unknown function {}", function.full_name),
                              near(node.name));
        const auto result = check_ ? pick(node.offset, function.full_name, function.overloads, types) : Type::dyn();
        Reference reference{.kind = Reference::Kind::call, .without_receiver = function.without_receiver};
        reference.overloads = std::move(function.overloads);
        refer(id, std::move(reference));
        return result;
    }

    static bool arity_fits(const Overload& overload, std::size_t count) {
        return overload.variadic ? count + 1 >= overload.parameters.size() : count == overload.parameters.size();
    }

    // The result of the overloads that the arguments fit; dyn when they differ in it.
    Type pick(std::uint32_t offset, std::string_view name,
              const std::vector<std::shared_ptr<const Overload>>& overloads, const std::vector<Type>& arguments) {
        std::optional<Type> result;
        for (const auto& overload : overloads) {
            if (!arity_fits(*overload, arguments.size())) continue;
            auto trial = types_;
            std::map<std::string, Type> renamed;
            bool fits = true;
            for (std::size_t i = 0; i < arguments.size() && fits; ++i) {
                const auto& parameter = overload->parameters[std::min(i, overload->parameters.size() - 1)];
                fits = trial.assignable(trial.instantiate(parameter, renamed), arguments[i]);
            }
            if (!fits) continue;
            const auto given = trial.instantiate(overload->result, renamed);
            types_ = std::move(trial);
            if (!result)
                result = given;
            else if (!result->is_dyn() && !(types_.resolve(given) == types_.resolve(*result)))
                result = Type::dyn();
        }
        if (result) return *result;
        std::string given;
        for (const auto& argument : arguments)
            given += (given.empty() ? "" : ", ") + shown(argument);
        return report(Code::no_such_overload, offset, fmt::format("{} does not take ({})", name, given));
    }

    Type helper(NodeId id, ResolvedFunction function, const std::vector<NodeId>& arguments) {
        const auto& parameters = function.helper->parameters;
        std::vector<NodeId> given(parameters.size(), no_node);
        std::size_t position = 0;
        for (const auto argument : arguments) {
            const auto& node = ast_.nodes[argument];
            const auto type = visit(argument);
            auto at = position++;
            if (node.kind == NodeKind::named_argument) {
                const auto named = std::find_if(parameters.begin(), parameters.end(),
                                                [&](const Parameter& each) { return each.name == node.name; });
                at = static_cast<std::size_t>(named - parameters.begin());
                if (at == parameters.size()) {
                    unknown_argument(node, function);
                    continue;
                }
            }
            if (at >= parameters.size() || given[at] != no_node) {
                report(Code::unknown_argument, node.offset,
                       at >= parameters.size()
                           ? fmt::format("{} takes at most {} arguments", function.full_name, parameters.size())
                           : fmt::format("the argument {} is given twice", parameters[at].name));
                continue;
            }
            given[at] = argument;
            if (check_ && !types_.assignable(parameters[at].type, type))
                mismatch(node.offset, fmt::format("{} takes {} as {}, not {}", function.full_name,
                                                  to_text(parameters[at].type), parameters[at].name, shown(type)));
        }
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (given[i] == no_node && !parameters[i].fallback)
                report(Code::missing_argument, ast_.nodes[id].offset,
                       fmt::format("{} needs the argument {}", function.full_name, parameters[i].name));
        Reference reference{.kind = Reference::Kind::helper, .without_receiver = function.without_receiver};
        reference.arguments = std::move(given);
        reference.helper = function.helper;
        refer(id, std::move(reference));
        return function.helper->result;
    }

    void unknown_argument(const Node& node, const ResolvedFunction& function) {
        if (is_full()) return;
        std::vector<std::string> names;
        for (const auto& parameter : function.helper->parameters)
            names.push_back(parameter.name);
        report(Code::unknown_argument, node.offset, fmt::format("{} has no argument {}", function.full_name, node.name),
               suggestion(node.name, names));
    }

    // --- operators

    Type operation(const Node& node) {
        const auto types = visit_children(node);
        if (!check_) return Type::dyn();
        switch (node.op) {
            case Op::equal:
            case Op::not_equal:
                return equality(node, types);
            case Op::in:
            case Op::not_in:
                return membership(node, types);
            default:
                break;
        }
        const auto name = fmt::format("_{}_{}", symbol(node.op), types.size());
        std::vector<std::shared_ptr<const Overload>> overloads;
        for (const auto* function : environment_.find_function(name))
            overloads.insert(overloads.end(), function->overloads.begin(), function->overloads.end());
        return pick(node.offset, symbol(node.op), overloads, types);
    }

    // Values of different types are unequal, not an error: but whoever wrote it hardly meant it.
    Type equality(const Node& node, const std::vector<Type>& types) {
        auto trial = types_;
        const auto either = trial.fresh();
        if (trial.assignable(either, types[0]) && trial.assignable(either, types[1]))
            types_ = std::move(trial);
        else if (!both_numbers(types_.resolve(types[0]), types_.resolve(types[1])))
            warn(node.offset, fmt::format("{} and {} are never equal", shown(types[0]), shown(types[1])));
        return Type::boolean();
    }

    Type membership(const Node& node, const std::vector<Type>& types) {
        const auto range = types_.resolve(types[1]);
        if (!range.is(Type::Kind::list) && !range.is(Type::Kind::map) && !range.is_dyn() &&
            !range.is(Type::Kind::parameter))
            return mismatch(node.offset, fmt::format("in looks into a list or map, not into {}", shown(range)));
        if (!range.parameters().empty()) {
            auto trial = types_;
            if (trial.assignable(range.element(), types[0]))
                types_ = std::move(trial);
            else if (!both_numbers(types_.resolve(types[0]), types_.resolve(range.element())))
                warn(node.offset, fmt::format("{} is never in {}", shown(types[0]), shown(range)));
        }
        return Type::boolean();
    }

    static bool both_numbers(const Type& a, const Type& b) {
        const auto number = [](const Type& type) {
            return type.is(Type::Kind::integer) || type.is(Type::Kind::unsigned_integer) || type.is(Type::Kind::real);
        };
        return number(a) && number(b);
    }

    void expect_boolean(NodeId id, const Type& type, std::string_view what) {
        if (!check_ || types_.assignable(Type::boolean(), type)) return;
        mismatch(ast_.nodes[id].offset, fmt::format("{} is a bool, not {}", what, shown(type)));
    }

    Type logic(const Node& node) {
        for (const auto child : ast_.children_of(node))
            expect_boolean(child, visit(child), node.kind == NodeKind::conjunction ? "a side of &&" : "a side of ||");
        return Type::boolean();
    }

    Type conditional(const Node& node) {
        const auto types = visit_children(node);
        expect_boolean(ast_.child(node, 0), types[0], "a condition");
        return types_.join(types[1], types[2]);
    }

    // --- aggregates

    Type list(const Node& node) {
        std::optional<Type> element;
        for (const auto child : ast_.children_of(node)) {
            const auto type = visit(child);
            element = element ? types_.join(*element, type) : type;
        }
        return Type::list(element ? *element : types_.fresh());
    }

    Type map(const Node& node) {
        std::optional<Type> key;
        std::optional<Type> value;
        for (std::size_t i = 0; i + 1 < node.child_count; i += 2) {
            const bool optional = ast_.nodes[ast_.child(node, i)].kind == NodeKind::optional_entry;
            const auto key_id = optional ? ast_.child(ast_.nodes[ast_.child(node, i)], 0) : ast_.child(node, i);
            const auto key_type = visit(key_id);
            auto value_type = visit(ast_.child(node, i + 1));
            if (optional) value_type = held_type(ast_.nodes[ast_.child(node, i)], value_type);
            key = key ? types_.join(*key, key_type) : key_type;
            value = value ? types_.join(*value, value_type) : value_type;
        }
        return Type::map(key ? *key : types_.fresh(), value ? *value : types_.fresh());
    }

    Type optional_entry(const Node& node) { return held_type(node, visit(ast_.child(node, 0))); }

    Type held_type(const Node& node, const Type& given) {
        const auto type = types_.resolve(given);
        if (type.is(Type::Kind::optional)) return type.element();
        if (type.is_dyn() || type.is(Type::Kind::parameter)) return Type::dyn();
        return mismatch(node.offset, fmt::format("after ? stands an optional, not {}", shown(type)));
    }

    Type message(NodeId id, const Node& node) {
        visit_children(node);
        return unresolved(id, Code::undeclared_reference, fmt::format("unknown message type {}", node.name));
    }

    // --- macros

    Type bind(const Node& node) {
        const auto type = visit(ast_.child(node, 0));
        resolver_.push(node.name, type);
        const auto result = visit(ast_.child(node, 1));
        resolver_.pop();
        return result;
    }

    struct Ranged {
        Type first;
        Type second;
    };

    // What the variables of a macro over this range are.
    Ranged ranged(const Node& node, const Type& given) {
        const auto range = types_.resolve(given);
        const bool two = !node.name2.empty();
        const bool optional = node.macro == Macro::opt_map || node.macro == Macro::opt_flat_map;
        if (optional && range.is(Type::Kind::optional)) return {range.element(), {}};
        if (!optional && range.is(Type::Kind::list))
            return two ? Ranged{Type::integer(), range.element()} : Ranged{range.element(), {}};
        if (!optional && range.is(Type::Kind::map)) return {range.element(), range.mapped()};
        if (!range.is_dyn() && !range.is(Type::Kind::parameter))
            mismatch(node.offset, optional ? fmt::format("optMap is for an optional, not for {}", shown(range))
                                           : fmt::format("a macro is for a list or map, not for {}", shown(range)));
        return {};
    }

    Type comprehension(const Node& node) {
        const auto range = visit(ast_.child(node, 0));
        const auto variables = ranged(node, range);
        resolver_.push(node.name, variables.first);
        if (!node.name2.empty()) resolver_.push(node.name2, variables.second);
        std::vector<Type> parts;
        for (std::size_t i = 1; i < node.child_count; ++i)
            parts.push_back(visit(ast_.child(node, i)));
        resolver_.pop();
        if (!node.name2.empty()) resolver_.pop();
        if (parts.size() == 2) expect_boolean(ast_.child(node, 1), parts[0], "the condition of a macro");
        return outcome(node, types_.resolve(range), variables, parts.back());
    }

    Type outcome(const Node& node, const Type& range, const Ranged& variables, const Type& body) {
        const auto last = ast_.child(node, node.child_count - 1);
        switch (node.macro) {
            case Macro::all:
            case Macro::exists:
            case Macro::exists_one:
                expect_boolean(last, body, "the condition of a macro");
                return Type::boolean();
            case Macro::filter:
                expect_boolean(last, body, "the condition of a macro");
                return Type::list(variables.first);
            case Macro::map:
            case Macro::transform_list:
                return Type::list(body);
            case Macro::transform_map:
                return Type::map(range.is(Type::Kind::list) ? Type::integer() : variables.first, body);
            case Macro::transform_map_entry:
                if (check_ && !types_.assignable(Type::map(types_.fresh(), types_.fresh()), body))
                    return mismatch(ast_.nodes[last].offset, "transformMapEntry needs a map with one entry");
                return body;
            case Macro::opt_map:
                return Type::optional(body);
            case Macro::opt_flat_map:
                if (check_ && !types_.assignable(Type::optional(types_.fresh()), body))
                    return mismatch(ast_.nodes[last].offset, "optFlatMap needs an optional");
                return body;
            case Macro::none:
                break;
        }
        return Type::dyn();
    }

    const Ast& ast_;
    const Environment& environment_;
    Resolver resolver_;
    const bool check_;
    Substitution types_;
    Analysis analysis_;
};

}  // namespace

Analysis analyze(const Ast& ast, const Environment& environment) {
    return Checker(ast, environment).run();
}

}  // namespace ark::expr
