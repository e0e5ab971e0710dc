#pragma once
#include "base/result.hpp"
#include "base/time.hpp"
#include "evaluations/definition.hpp"
#include "expr/program.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Expressions and rules, run over one snapshot of events.
namespace ark::evaluations {

/// Why an expression has no value. `code` is stable (docs/expressions.md).
struct Problem {
    std::string code;
    std::string message;
    std::string suggestion;    ///< "tool.was_called"; empty without one
    std::uint32_t offset = 0;  ///< bytes from the start of the expression
    std::uint32_t line = 1;
    std::uint32_t column = 1;
};

/// An expression, compiled, or why it is none.
struct Expression {
    std::shared_ptr<const expr::Program> program;  ///< null: see problems
    std::vector<Problem> problems;
};
Expression compile(std::string_view text);

/// How an expression came to its value: a call of a helper, and the events that decided it.
struct Step {
    std::string call;  ///< "tool.was_called(\"search\")"
    JsonValue value;
    std::vector<std::string> ids;
    std::size_t events = 0;  ///< ids has at most Evidence::events_max of them
};

/// What an expression gave.
struct Outcome {
    JsonValue value;
    bool is_boolean = false;
    std::optional<Problem> problem;  ///< then there is no value
    std::vector<std::string> evidence;
    std::size_t evidence_total = 0;
    std::vector<Step> steps;
};

/// What one expression may cost, beyond what expressions may cost anyway (docs/limits.md).
struct Budget {
    std::uint64_t steps = 20'000'000;
    std::size_t memory_bytes = 64u << 20;
    std::uint64_t time_ns = 2'000'000'000;
};

/// Runs expressions over one snapshot. One thread.
class Evaluator {
public:
    /// `source` and `clock` outlive us.
    Evaluator(EventSource& source, Subject subject, const Clock& clock, const Budget& budget = {});
    ~Evaluator();

    /// An error only when the events cannot be read; what is wrong with the expression is in the value.
    Result<Outcome> evaluate(const Expression& expression);
    /// The events of the current scope, in log order.
    Result<const Events*> events();
    const Subject& subject() const;

private:
    struct Ground;
    std::unique_ptr<Ground> ground_;
};

/// One rule's part in a result.
struct RuleResult {
    Rule rule;
    bool passed = false;
    bool skipped = false;  ///< not run: an earlier rule failed, and that was to be the end
    Outcome outcome;
};

struct EvaluationResult {
    std::string name;
    std::vector<RuleResult> rules;
    double score = 0;  ///< not rounded
    bool passed = false;
    std::string min_score_text;
    Subject subject;
    std::size_t events = 0;               ///< analysed
    std::string first_event, last_event;  ///< ids, in log order; empty without events
};

/// An evaluation whose rules are compiled: to be run over any number of snapshots. Immutable.
class Evaluation {
public:
    explicit Evaluation(Definition definition);

    const Definition& definition() const { return definition_; }
    /// By rule, in their order.
    const std::vector<Expression>& expressions() const { return expressions_; }
    bool compiles() const;

    enum class OnFailure { go_on, stop };
    /// Every rule over the evaluator's snapshot; a rule that fails to compile or to give a bool fails, the others run.
    Result<EvaluationResult> run(Evaluator& evaluator, OnFailure on_failure = OnFailure::go_on) const;

private:
    Definition definition_;
    std::vector<Expression> expressions_;
};

}  // namespace ark::evaluations
