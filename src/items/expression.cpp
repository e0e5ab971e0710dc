#include "items/expression.hpp"

#include "items/filter.hpp"
#include "items/item_values.hpp"

#include <limits>

namespace ark::items {

namespace {

// What a filter may spend on one item: about a millisecond at the worst (docs/limits.md).
constexpr expr::Limits filter_limits{
    .steps = 50'000, .memory_bytes = 512 << 10, .string_bytes = 128 << 10, .elements = 10'000};

using Condition = expr::Condition;
using Comparison = Condition::Comparison;

bool is_one_text(const Condition& condition) {
    return condition.comparison == Comparison::equal && condition.constants.size() == 1 &&
           condition.constants[0].is(expr::Kind::string) && !condition.constants[0].as_text().empty();
}

void set_text(std::string& member, const Condition& condition) {
    if (member.empty() && is_one_text(condition)) member = condition.constants[0].as_text();
}

void set_trace(Filter& filter, const Condition& condition) {
    if (filter.trace || !is_one_text(condition)) return;
    const auto id = TraceId::from_hex(condition.constants[0].as_text());
    if (id && id->valid()) filter.trace = *id;
}

void set_reasons(Filter& filter, const Condition& condition) {
    if (!filter.reasons.empty() || condition.comparison != Comparison::equal) return;
    std::vector<std::string> reasons;
    for (const auto& constant : condition.constants) {
        if (!constant.is(expr::Kind::string)) continue;  // no reason equals it
        reasons.emplace_back(constant.as_text());
    }
    filter.reasons = std::move(reasons);
}

void set_component(Filter& filter, const Condition& condition) {
    if (filter.component || !is_one_text(condition)) return;
    for (std::size_t i = 0; i < model::kind_count; ++i) {
        const auto kind = static_cast<model::Kind>(i);
        if (model::name(kind) == condition.constants[0].as_text()) filter.component = kind;
    }
}

void set_failed(Filter& filter, const Condition& condition) {
    const bool one = condition.comparison == Comparison::equal && condition.constants.size() == 1;
    if (!filter.failed && one && condition.constants[0].is(expr::Kind::boolean))
        filter.failed = condition.constants[0].as_boolean();
}

// The bounds are a little wide where the filter's kind of bound is another: the expression decides.
void set_time(Filter& filter, const Condition& condition) {
    if (condition.constants.size() != 1 || !condition.constants[0].is(expr::Kind::timestamp)) return;
    constexpr std::uint64_t second = 1'000'000'000;
    const auto& time = condition.constants[0];
    const auto seconds = static_cast<std::uint64_t>(time.unix_seconds());
    if (time.unix_seconds() < 0 || seconds >= std::numeric_limits<std::uint64_t>::max() / second - 1) return;
    const UnixNanos nanos{seconds * second + time.nanos()};
    const auto comparison = condition.comparison;
    if (comparison == Comparison::contains) return;
    const bool lower = comparison != Comparison::less && comparison != Comparison::less_equal;
    const bool upper = comparison != Comparison::greater && comparison != Comparison::greater_equal;
    if (lower && nanos > filter.from) filter.from = nanos;
    if (upper && (filter.until == UnixNanos{} || nanos + 1 < filter.until)) filter.until = nanos + 1;
}

}  // namespace

ConditionCounts& condition_counts() {
    static ConditionCounts counts;
    return counts;
}

expr::Compiled<std::shared_ptr<const expr::Program>> compile_condition(std::string_view text,
                                                                       const expr::Environment& environment) {
    auto program = expr::compile(text, environment);
    if (!program) return program;
    const auto& type = (*program)->type();
    if (type.is(expr::Type::Kind::boolean) || type.is_dyn()) return program;
    return expr::Issues{
        {expr::Issue{expr::Code::not_boolean, "a filter is a bool, not " + expr::to_text(type), 0, 1, 1, {}}}};
}

bool holds(const expr::Program& condition, const expr::Activation& activation) {
    // One for each thread that filters: the block that it keeps is 4 KiB.
    thread_local expr::Evaluation evaluation(filter_limits);
    auto& counts = condition_counts();
    const auto value = condition.evaluate(activation, evaluation);
    counts.evaluated.fetch_add(1, std::memory_order_relaxed);
    if (value.is(expr::Kind::boolean)) return value.as_boolean();
    counts.failed.fetch_add(1, std::memory_order_relaxed);
    if (evaluation.is_exhausted()) counts.exhausted.fetch_add(1, std::memory_order_relaxed);
    return false;
}

void write_issue_members(codec::JsonWriter& json, const expr::Issue& issue) {
    json.field("code", expr::name(issue.code));
    json.field("offset", issue.offset).field("line", issue.line).field("column", issue.column);
    if (!issue.suggestion.empty()) json.field("suggestion", issue.suggestion);
}

expr::Compiled<std::shared_ptr<const Expression>> Expression::compile(std::string_view text) {
    auto program = compile_condition(text, item_environment());
    if (!program) return program.error();
    return std::shared_ptr<const Expression>(new Expression(std::move(*program)));
}

bool Expression::matches(const Event& event, const Context& context) const {
    return holds(*program_, ItemValues(event, context));
}

bool Expression::matches_item(const Item& item, const Context& context) const {
    return holds(*program_, ItemValues(item, context));
}

void Expression::narrow(Filter& filter) const {
    for (const auto& condition : program_->conditions()) {
        switch (static_cast<Variable>(condition.slot)) {
            case Variable::session:
                set_text(filter.session, condition);
                break;
            case Variable::query:
                set_text(filter.query, condition);
                break;
            case Variable::agent:
                set_text(filter.agent, condition);
                break;
            case Variable::team:
                set_text(filter.team, condition);
                break;
            case Variable::tool:
                set_text(filter.tool, condition);
                break;
            case Variable::model:
                set_text(filter.model, condition);
                break;
            case Variable::trace:
                set_trace(filter, condition);
                break;
            case Variable::reason:
                set_reasons(filter, condition);
                break;
            case Variable::component:
                set_component(filter, condition);
                break;
            case Variable::failed:
                set_failed(filter, condition);
                break;
            case Variable::time:
                set_time(filter, condition);
                break;
            default:
                break;
        }
    }
}

}  // namespace ark::items
