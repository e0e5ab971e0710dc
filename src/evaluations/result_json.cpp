#include "evaluations/result_json.hpp"

#include "codec/json_text.hpp"

#include <algorithm>
#include <cstdio>

namespace ark::evaluations {
namespace {

using codec::json_text;

constexpr std::size_t value_bytes_max = 1024;  // of a rule's value in a result: bools, but for a rule that is wrong

JsonValue whole(std::size_t number) {
    return JsonValue{static_cast<std::int64_t>(number)};
}

JsonValue texts(const std::vector<std::string>& given) {
    JsonValue::Array array;
    for (const auto& each : given)
        array.push_back(json_text(each));
    return JsonValue{std::move(array)};
}

JsonValue step_json(const Step& step) {
    JsonValue out{
        JsonValue::Object{{"call", json_text(step.call)}, {"value", step.value}, {"events", whole(step.events)}}};
    out.set("evidence", texts(step.ids));
    return out;
}

void add_evidence(JsonValue& out, const Outcome& outcome) {
    out.set("evidence", texts(outcome.evidence));
    out.set("evidenceCount", whole(outcome.evidence_total));
}

void add_steps(JsonValue& out, const Outcome& outcome) {
    JsonValue::Array steps;
    for (const auto& step : outcome.steps)
        steps.push_back(step_json(step));
    out.set("steps", JsonValue{std::move(steps)});
}

JsonValue rule_json(const RuleResult& result, Explain explain) {
    const auto& outcome = result.outcome;
    JsonValue out{JsonValue::Object{{"name", json_text(result.rule.name)},
                                    {"expression", json_text(result.rule.expression)},
                                    {"passed", JsonValue{result.passed}},
                                    {"weight", JsonValue{result.rule.weight}}}};
    if (!result.rule.description.empty()) out.set("description", json_text(result.rule.description));
    if (result.skipped) out.set("skipped", JsonValue{true});
    if (outcome.problem) out.set("error", json_of(*outcome.problem));
    const bool has_value = !result.skipped && (!outcome.problem || !outcome.value.is_null());
    if (has_value && outcome.value.dump().size() <= value_bytes_max) out.set("value", outcome.value);
    add_evidence(out, outcome);
    if (explain == Explain::yes) add_steps(out, outcome);
    return out;
}

/// The reference's words, all of them text.
JsonValue metadata_of(const EvaluationResult& result) {
    std::int64_t total_weight = 0;
    for (const auto& each : result.rules)
        total_weight += each.rule.weight;
    const auto passed = static_cast<std::size_t>(
        std::count_if(result.rules.begin(), result.rules.end(), [](const RuleResult& each) { return each.passed; }));
    JsonValue out{JsonValue::Object{
        {"total_rules", json_text(std::to_string(result.rules.size()))},
        {"passed_rules", json_text(std::to_string(passed))},
        {"failed_rules", json_text(std::to_string(result.rules.size() - passed))},
        {"total_weight", json_text(std::to_string(total_weight))},
        {"weighted_score", json_text(score_text(result.score))},
        {"min_score_threshold", json_text(result.min_score_text)},
        {"events_analyzed", json_text(std::to_string(result.events))},
        {"query_name", json_text(result.subject.query.empty() ? "none" : result.subject.query)},
        {"session_id", json_text(result.subject.session.empty() ? "none" : result.subject.session)},
    }};
    for (std::size_t i = 0; i < result.rules.size(); ++i) {
        const auto prefix = "rule_" + std::to_string(i) + "_" + result.rules[i].rule.name;
        out.set(prefix + "_passed", json_text(result.rules[i].passed ? "true" : "false"));
        out.set(prefix + "_weight", json_text(std::to_string(result.rules[i].rule.weight)));
    }
    return out;
}

}  // namespace

std::string score_text(double score) {
    char text[32];
    const auto size = std::snprintf(text, sizeof(text), "%.3f", score);
    return {text, static_cast<std::size_t>(size)};
}

JsonValue json_of(const Problem& problem) {
    JsonValue out{JsonValue::Object{{"code", json_text(problem.code)},
                                    {"message", json_text(problem.message)},
                                    {"position", JsonValue{std::int64_t{problem.offset}}},
                                    {"line", JsonValue{std::int64_t{problem.line}}},
                                    {"column", JsonValue{std::int64_t{problem.column}}}}};
    if (!problem.suggestion.empty()) out.set("suggestion", json_text(problem.suggestion));
    return out;
}

JsonValue json_of(const Outcome& outcome, Explain explain) {
    JsonValue out{JsonValue::Object{}};
    if (outcome.problem) {
        out.set("error", json_of(*outcome.problem));
    } else {
        out.set("value", outcome.value);
    }
    if (explain == Explain::yes) {
        add_evidence(out, outcome);
        add_steps(out, outcome);
    }
    return out;
}

JsonValue json_of(const EvaluationResult& result, Explain explain) {
    JsonValue out{JsonValue::Object{}};
    if (!result.name.empty()) out.set("name", json_text(result.name));
    out.set("score", json_text(score_text(result.score)));
    out.set("passed", JsonValue{result.passed});
    out.set("metadata", metadata_of(result));
    if (!result.subject.query.empty()) out.set("query", json_text(result.subject.query));
    if (!result.subject.session.empty()) out.set("session", json_text(result.subject.session));
    JsonValue events{JsonValue::Object{{"count", whole(result.events)}}};
    if (result.events > 0) {
        events.set("first", json_text(result.first_event));
        events.set("last", json_text(result.last_event));
    }
    out.set("events", std::move(events));
    JsonValue::Array rules;
    for (const auto& each : result.rules)
        rules.push_back(rule_json(each, explain));
    out.set("rules", JsonValue{std::move(rules)});
    return out;
}

}  // namespace ark::evaluations
