#include "evaluations/evaluate.hpp"

#include "evaluations/activation.hpp"
#include "evaluations/catalogue.hpp"

#include <algorithm>

namespace ark::evaluations {
namespace {

Problem problem_of(const expr::Issue& issue) {
    return {std::string(name(issue.code)), issue.message, issue.suggestion, issue.offset, issue.line, issue.column};
}

Problem not_boolean(const Outcome& value) {
    Problem problem;
    problem.code = name(expr::Code::not_boolean);
    constexpr std::size_t value_bytes_max = 200;
    auto text = value.value.dump();
    if (text.size() > value_bytes_max) text = "a long value";
    problem.message = "a rule must give a bool, this gives " + text;
    return problem;
}

expr::Limits limits_of(const Budget& budget) {
    expr::Limits limits;
    limits.steps = budget.steps;
    limits.memory_bytes = budget.memory_bytes;
    limits.time_ns = budget.time_ns;
    return limits;
}

std::vector<Step> steps_of(const Run& run) {
    std::vector<Step> steps;
    for (const auto& call : run.calls())
        steps.push_back({call.text, call.value, call.ids, call.events});
    return steps;
}

}  // namespace

struct Evaluator::Ground {
    Ground(EventSource& source, Subject subject, const Clock& clock, const Budget& budget)
        : scoped(source, std::move(subject)), run(scoped), evaluation(limits_of(budget), &clock) {}

    ScopedEvents scoped;
    Run run;
    expr::Evaluation evaluation;
};

Evaluator::Evaluator(EventSource& source, Subject subject, const Clock& clock, const Budget& budget)
    : ground_(std::make_unique<Ground>(source, std::move(subject), clock, budget)) {}

Evaluator::~Evaluator() = default;

const Subject& Evaluator::subject() const {
    return ground_->scoped.subject();
}

Result<const Events*> Evaluator::events() {
    return ground_->scoped.in_log_order(Scope::current);
}

Expression compile(std::string_view text) {
    Expression out;
    auto compiled = expr::compile(text, rule_environment());
    if (compiled) {
        out.program = std::move(*compiled);
    } else {
        for (const auto& issue : compiled.error().list)
            out.problems.push_back(problem_of(issue));
    }
    return out;
}

Result<Outcome> Evaluator::evaluate(const Expression& expression) {
    Outcome out;
    if (!expression.program) {
        out.problem = expression.problems.front();
        return out;
    }
    auto& run = ground_->run;
    run.begin();
    const auto value = expression.program->evaluate(run, ground_->evaluation);
    if (run.failure()) return *run.failure();
    if (value.is_error()) {
        out.problem = problem_of(expression.program->issue(value));
    } else {
        out.is_boolean = value.is(expr::Kind::boolean);
        out.value = json_of(value, ground_->evaluation);
    }
    const auto evidence = run.evidence();
    out.evidence = ids_of(evidence.events());
    out.evidence_total = evidence.total();
    out.steps = steps_of(run);
    return out;
}

Evaluation::Evaluation(Definition definition) : definition_(std::move(definition)) {
    for (const auto& rule : definition_.rules)
        expressions_.push_back(compile(rule.expression));
}

bool Evaluation::compiles() const {
    return std::all_of(expressions_.begin(), expressions_.end(),
                       [](const Expression& each) { return each.program != nullptr; });
}

Result<EvaluationResult> Evaluation::run(Evaluator& evaluator, OnFailure on_failure) const {
    EvaluationResult out;
    out.name = definition_.name;
    out.min_score_text = definition_.min_score_text;
    out.subject = evaluator.subject();
    ARK_TRY(const auto* events, evaluator.events());
    out.events = events->size();
    if (!events->empty()) {
        out.first_event = ids_of({events->front()}).front();
        out.last_event = ids_of({events->back()}).front();
    }
    std::int64_t total = 0;
    std::int64_t reached = 0;
    bool stopped = false;
    for (std::size_t i = 0; i < definition_.rules.size(); ++i) {
        RuleResult result{definition_.rules[i], false, stopped, {}};
        if (!stopped) {
            ARK_TRY(result.outcome, evaluator.evaluate(expressions_[i]));
            auto& outcome = result.outcome;
            if (!outcome.problem && !outcome.is_boolean) outcome.problem = not_boolean(outcome);
            result.passed = !outcome.problem && outcome.value.boolean();
        }
        total += result.rule.weight;
        if (result.passed) reached += result.rule.weight;
        stopped = stopped || (on_failure == OnFailure::stop && !result.passed);
        out.rules.push_back(std::move(result));
    }
    // Judged before it is rounded: two of three do not reach 0.667, although they are shown as 0.667.
    out.score = total == 0 ? 0.0 : static_cast<double>(reached) / static_cast<double>(total);
    out.passed = out.score >= definition_.min_score;
    return out;
}

}  // namespace ark::evaluations
