#include "expr/lower.hpp"

#include "expr/evaluator.hpp"

#include <algorithm>

namespace ark::expr {

std::uint16_t mask_of(const Type& type) {
    const auto bit = [](Kind kind) { return static_cast<std::uint16_t>(1u << static_cast<unsigned>(kind)); };
    switch (type.kind()) {
        case Type::Kind::null:
            return bit(Kind::null);
        case Type::Kind::boolean:
            return bit(Kind::boolean);
        case Type::Kind::integer:
            return bit(Kind::integer);
        case Type::Kind::unsigned_integer:
            return bit(Kind::unsigned_integer);
        case Type::Kind::real:
            return bit(Kind::real);
        case Type::Kind::string:
            return bit(Kind::string);
        case Type::Kind::bytes:
            return bit(Kind::bytes);
        case Type::Kind::timestamp:
            return bit(Kind::timestamp);
        case Type::Kind::duration:
            return bit(Kind::duration);
        case Type::Kind::list:
            return bit(Kind::list);
        case Type::Kind::map:
            return bit(Kind::map);
        case Type::Kind::type:
            return bit(Kind::type);
        case Type::Kind::optional:
            return bit(Kind::optional);
        case Type::Kind::opaque:
            return bit(Kind::opaque);
        case Type::Kind::nullable:
            return static_cast<std::uint16_t>(bit(Kind::null) | mask_of(type.element()));
        default:
            return static_cast<std::uint16_t>(~bit(Kind::error));
    }
}

bool Signature::takes(std::span<const Value> arguments) const {
    if (variadic ? arguments.size() + 1 < masks.size() : arguments.size() != masks.size()) return false;
    for (std::size_t i = 0; i < arguments.size(); ++i)
        if ((masks[std::min(i, masks.size() - 1)] >> static_cast<unsigned>(arguments[i].kind()) & 1) == 0) return false;
    return true;
}

namespace {

// What folding constants may cost: a compile stays a matter of microseconds.
constexpr Limits folding_limits{
    .steps = 20'000, .memory_bytes = 256 << 10, .string_bytes = 64 << 10, .elements = 4'000};

class NothingBound final : public Activation {
public:
    std::optional<Value> variable(std::uint32_t, Evaluation&) const override { return std::nullopt; }
};

class Lowering {
public:
    Lowering(FlatProgram& program, const Ast& ast, const Analysis& analysis, const Environment& environment)
        : program_(program), ast_(ast), analysis_(analysis), environment_(environment) {}

    StepId lower(NodeId id) {
        const auto& node = ast_.nodes[id];
        Step step{.offset = node.offset};
        switch (node.kind) {
            case NodeKind::literal:
                step.constant = node.value;
                return add(step, {});
            case NodeKind::identifier:
                return name(id, step);
            case NodeKind::select:
                return select(id, node, step);
            case NodeKind::call:
                return call(id, node, step);
            case NodeKind::operation:
                step.kind = Step::Kind::operation;
                step.op = node.op;
                break;
            case NodeKind::conjunction:
                step.kind = Step::Kind::conjunction;
                break;
            case NodeKind::disjunction:
                step.kind = Step::Kind::disjunction;
                break;
            case NodeKind::conditional:
                step.kind = Step::Kind::conditional;
                break;
            case NodeKind::list:
                step.kind = Step::Kind::list;
                break;
            case NodeKind::map:
                step.kind = Step::Kind::map;
                break;
            case NodeKind::optional_entry:
                step.kind = Step::Kind::optional_entry;
                break;
            case NodeKind::message:
                return name(id, step);
            case NodeKind::comprehension:
                return comprehension(node, step);
            case NodeKind::bind:
                return bind(node, step);
            case NodeKind::named_argument:
                return lower(ast_.child(node, 0));
        }
        return add(step, lower_all(ast_.children_of(node)));
    }

    std::vector<Issue> issues;

private:
    std::vector<StepId> lower_all(std::span<const NodeId> ids) {
        std::vector<StepId> lowered;
        for (const auto id : ids)
            lowered.push_back(lower(id));
        return lowered;
    }

    StepId add(Step step, const std::vector<StepId>& operands) {
        step.first = static_cast<std::uint32_t>(program_.operands.size());
        step.count = static_cast<std::uint32_t>(operands.size());
        program_.operands.insert(program_.operands.end(), operands.begin(), operands.end());
        program_.steps.push_back(step);
        const auto id = static_cast<StepId>(program_.steps.size() - 1);
        fold(id);
        return id;
    }

    static bool foldable(const Step& step) {
        switch (step.kind) {
            case Step::Kind::call:
            case Step::Kind::match:
            case Step::Kind::operation:
            case Step::Kind::list:
            case Step::Kind::map:
                return true;
            default:
                return false;
        }
    }

    // Puts the value in the place of a step that has constant operands only. Errors are left to evaluation: whether
    // they matter is for the operators around them to say.
    void fold(StepId id) {
        const auto& step = program_.steps[id];
        if (!foldable(step) || (step.kind == Step::Kind::call && !is_pure(step.slot))) return;
        for (const auto operand : program_.operands_of(step))
            if (program_.steps[operand].kind != Step::Kind::constant) return;
        const auto value = evaluate_step(program_, id, NothingBound(), *program_.folded);
        if (value.is_error()) return;
        Step constant{.offset = step.offset, .constant = value};
        program_.steps[id] = constant;
    }

    // The functions of the embedding may look at the activation.
    bool is_pure(std::uint32_t callee) const { return pure_[callee]; }

    StepId name(NodeId id, Step step) {
        const auto& meaning = analysis_.meaning(id);
        switch (meaning.kind) {
            case Reference::Kind::local:
                step.kind = Step::Kind::local;
                break;
            case Reference::Kind::variable:
                step.kind = Step::Kind::variable;
                break;
            case Reference::Kind::constant:
                step.constant = meaning.constant;
                return add(step, {});
            default:
                return failure(meaning, step);
        }
        step.slot = meaning.slot;
        return add(step, {});
    }

    StepId failure(const Reference& meaning, Step step) {
        step.kind = Step::Kind::fail;
        step.slot = static_cast<std::uint32_t>(program_.messages.size());
        step.constant = Value::integer(static_cast<std::int64_t>(meaning.code));
        program_.messages.push_back(meaning.message);
        return add(step, {});
    }

    StepId select(NodeId id, const Node& node, Step step) {
        if (analysis_.meanings[id] != 0) return name(id, step);
        step.kind = node.test ? Step::Kind::has : node.optional ? Step::Kind::opt_select : Step::Kind::select;
        step.constant = Value::string(node.name);
        return add(step, {lower(ast_.child(node, 0))});
    }

    StepId call(NodeId id, const Node& node, Step step) {
        const auto& meaning = analysis_.meaning(id);
        if (meaning.kind == Reference::Kind::failure) return failure(meaning, step);
        if (meaning.kind == Reference::Kind::helper) return helper(node, meaning, step);
        auto operands = lower_all(ast_.children_of(node).subspan(meaning.without_receiver ? 1 : 0));
        if (node.name == "matches" && operands.size() == 2 && is_text(operands[1])) return match(operands, step);
        step.kind = Step::Kind::call;
        step.slot = callee(node, meaning);
        return add(step, operands);
    }

    bool is_text(StepId id) const {
        const auto& step = program_.steps[id];
        return step.kind == Step::Kind::constant && step.constant.is(Kind::string);
    }

    // A pattern that is a constant is compiled here, once.
    StepId match(const std::vector<StepId>& operands, Step step) {
        const auto text = program_.steps[operands[1]].constant.as_text();
        const auto bytes_max = environment_.options().limits.pattern_bytes;
        std::string error;
        if (text.size() > bytes_max) error = fmt::format("a regular expression of more than {} bytes", bytes_max);
        auto pattern = error.empty() ? Pattern::compile(text, error) : Pattern();
        step.kind = Step::Kind::match;
        step.slot = static_cast<std::uint32_t>(program_.patterns.size());
        if (error.empty()) {
            program_.patterns.push_back(std::move(pattern));
            return add(step, {operands[0]});
        }
        Reference wrong{.kind = Reference::Kind::failure, .code = Code::invalid_argument};
        wrong.message = "not a regular expression: " + error;
        if (environment_.options().check && issues.size() < issues_max)
            issues.push_back(Issue{wrong.code, wrong.message, program_.steps[operands[1]].offset, 1, 1, {}});
        return failure(wrong, step);
    }

    std::uint32_t callee(const Node& node, const Reference& meaning) {
        Callee callee{std::string(node.name), {}};
        bool pure = true;
        for (const auto& overload : meaning.overloads) {
            Signature signature{{}, overload->variadic, overload->call, overload->context};
            for (const auto& parameter : overload->parameters)
                signature.masks.push_back(mask_of(parameter));
            callee.signatures.push_back(std::move(signature));
            pure = pure && overload->library;
        }
        return add_callee(std::move(callee), pure);
    }

    std::uint32_t add_callee(Callee callee, bool pure) {
        program_.callees.push_back(std::move(callee));
        pure_.push_back(pure);
        return static_cast<std::uint32_t>(program_.callees.size() - 1);
    }

    StepId helper(const Node& node, const Reference& meaning, Step step) {
        Callee callee{std::string(node.name), {}};
        Signature signature{{}, false, meaning.helper->call, meaning.helper->context};
        std::vector<StepId> operands;
        for (std::size_t i = 0; i < meaning.arguments.size(); ++i) {
            const auto& parameter = meaning.helper->parameters[i];
            signature.masks.push_back(mask_of(parameter.type));
            const auto given = meaning.arguments[i];
            operands.push_back(given == no_node ? add(Step{.constant = parameter.fallback.value_or(Value())}, {})
                                                : lower(given));
        }
        callee.signatures.push_back(std::move(signature));
        step.kind = Step::Kind::call;
        step.slot = add_callee(std::move(callee), false);
        return add(step, operands);
    }

    // The variables of a macro have the places that the resolver counted: one more for each macro around.
    StepId comprehension(const Node& node, Step step) {
        std::vector<StepId> operands = {lower(ast_.child(node, 0))};
        step.kind = Step::Kind::comprehension;
        step.macro = node.macro;
        step.two_variables = !node.name2.empty();
        step.slot = depth_;
        const std::uint32_t variables = step.two_variables ? 2 : 1;
        enter(variables);
        const auto parts = lower_all(ast_.children_of(node).subspan(1));
        operands.insert(operands.end(), parts.begin(), parts.end());
        depth_ -= variables;
        return add(step, operands);
    }

    StepId bind(const Node& node, Step step) {
        const auto value = lower(ast_.child(node, 0));
        step.kind = Step::Kind::bind;
        step.slot = depth_;
        enter(1);
        const auto body = lower(ast_.child(node, 1));
        depth_ -= 1;
        return add(step, {value, body});
    }

    void enter(std::uint32_t variables) {
        depth_ += variables;
        program_.locals = std::max(program_.locals, depth_);
    }

    FlatProgram& program_;
    const Ast& ast_;
    const Analysis& analysis_;
    const Environment& environment_;
    std::vector<bool> pure_;  // by callee
    std::uint32_t depth_ = 0;
};

}  // namespace

Compiled<std::shared_ptr<const FlatProgram>> lower(std::unique_ptr<Ast> ast, Analysis analysis,
                                                   const Environment& environment, std::vector<Issue> warnings) {
    auto program = std::make_shared<FlatProgram>();
    program->folded = std::make_unique<Evaluation>(folding_limits);
    program->steps.reserve(ast->nodes.size());
    Lowering lowering(*program, *ast, analysis, environment);
    program->root = lowering.lower(ast->root);
    if (!lowering.issues.empty()) return Issues{std::move(lowering.issues)};
    program->counts_length = environment.options().length;
    program->found = std::move(warnings);
    program->deduced = std::move(analysis.type);
    program->ast = std::move(ast);
    program->ast->nodes = {};
    program->ast->children = {};
    program->required = required_conditions(*program);
    return program;
}

}  // namespace ark::expr
