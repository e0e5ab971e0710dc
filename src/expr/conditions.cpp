#include "expr/lower.hpp"

#include <optional>

namespace ark::expr {

namespace {

using Comparison = Condition::Comparison;

std::optional<Comparison> comparison_of(Op op) {
    switch (op) {
        case Op::equal:
            return Comparison::equal;
        case Op::greater:
            return Comparison::greater;
        case Op::greater_equal:
            return Comparison::greater_equal;
        case Op::less:
            return Comparison::less;
        case Op::less_equal:
            return Comparison::less_equal;
        default:
            return std::nullopt;
    }
}

Comparison mirrored(Comparison comparison) {
    switch (comparison) {
        case Comparison::equal:
            return Comparison::equal;
        case Comparison::greater:
            return Comparison::less;
        case Comparison::greater_equal:
            return Comparison::less_equal;
        case Comparison::less:
            return Comparison::greater;
        case Comparison::less_equal:
            return Comparison::greater_equal;
        case Comparison::contains:
            break;
    }
    return comparison;
}

bool is_plain(const Value& value) {
    return !value.is(Kind::list) && !value.is(Kind::map);
}

class Collector {
public:
    explicit Collector(const FlatProgram& program) : program_(program) {}

    void visit(const Step& step) {
        if (step.kind == Step::Kind::conjunction) {
            for (const auto id : program_.operands_of(step))
                visit(program_.steps[id]);
        } else if (step.kind == Step::Kind::operation && step.count == 2) {
            comparison(step.op, operand(step, 0), operand(step, 1));
        } else if (step.kind == Step::Kind::variable) {
            found.push_back({step.slot, Comparison::equal, {Value::boolean(true)}});
        } else if (step.op == Op::logical_not && operand(step, 0).kind == Step::Kind::variable) {
            found.push_back({operand(step, 0).slot, Comparison::equal, {Value::boolean(false)}});
        } else if (step.kind == Step::Kind::disjunction) {
            alternatives(step);
        }
    }

    std::vector<Condition> found;

private:
    const Step& operand(const Step& step, std::size_t index) const {
        return program_.steps[program_.operands[step.first + index]];
    }

    void comparison(Op op, const Step& left, const Step& right) {
        const bool variable_left = left.kind == Step::Kind::variable && right.kind == Step::Kind::constant;
        const bool variable_right = right.kind == Step::Kind::variable && left.kind == Step::Kind::constant;
        if (variable_left && op == Op::in) return membership(left.slot, right.constant);
        if (variable_right && op == Op::in && is_plain(left.constant))
            found.push_back({right.slot, Comparison::contains, {left.constant}});
        const auto comparison = comparison_of(op);
        if (!comparison) return;
        if (variable_left && is_plain(right.constant)) found.push_back({left.slot, *comparison, {right.constant}});
        if (variable_right && is_plain(left.constant))
            found.push_back({right.slot, mirrored(*comparison), {left.constant}});
    }

    void membership(std::uint32_t slot, const Value& list) {
        if (!list.is(Kind::list)) return;
        Condition condition{slot, Comparison::equal, {}};
        for (std::size_t i = 0; i < list.size(); ++i)
            condition.constants.push_back(list.at(i, *program_.folded));
        found.push_back(std::move(condition));
    }

    // kind == "a" || kind == "b" is kind in ["a", "b"].
    void alternatives(const Step& step) {
        std::optional<Condition> all;
        for (const auto id : program_.operands_of(step)) {
            Collector one(program_);
            one.visit(program_.steps[id]);
            if (one.found.size() != 1 || one.found[0].comparison != Comparison::equal) return;
            if (all && all->slot != one.found[0].slot) return;
            if (!all) all = Condition{one.found[0].slot, Comparison::equal, {}};
            all->constants.insert(all->constants.end(), one.found[0].constants.begin(), one.found[0].constants.end());
        }
        if (all) found.push_back(std::move(*all));
    }

    const FlatProgram& program_;
};

}  // namespace

std::vector<Condition> required_conditions(const FlatProgram& program) {
    Collector collector(program);
    collector.visit(program.steps[program.root]);
    return std::move(collector.found);
}

}  // namespace ark::expr
