#include "evaluations/helpers/agent.hpp"

namespace ark::evaluations::agent {
namespace {

std::string_view status_of(const Operations& executions) {
    if (executions.all.empty()) return "not_executed";
    if (executions.count() > static_cast<std::int64_t>(executions.ends.size())) return "running";
    return executions.ends.back()->failed ? "error" : "completed";
}

}  // namespace

bool was_executed(const Events& events, const Name& name, Evidence& evidence) {
    const auto executions = operations_of(events, agent_family, name);
    evidence.add(executions.all);
    return !executions.all.empty();
}

std::int64_t get_execution_count(const Events& events, const Name& name, Evidence& evidence) {
    const auto executions = operations_of(events, agent_family, name);
    evidence.add(executions.all);
    return executions.count();
}

double get_success_rate(const Events& events, const Name& name, Evidence& evidence) {
    const auto executions = operations_of(events, agent_family, name);
    evidence.add(executions.ends);
    return executions.success_rate();
}

Names get_tools_used(const Events& events, const std::string& name, Evidence& evidence) {
    std::vector<std::string> names;
    for (const auto* event : operations_of(events, tool_family).all) {
        if (name_of(*event, agent_family) != name) continue;
        evidence.add(*event);
        names.emplace_back(name_of(*event, tool_family));
    }
    return distinct(std::move(names));
}

JsonValue get_execution_summary(const Events& events, const std::string& name, Evidence& evidence) {
    const auto executions = operations_of(events, agent_family, name);
    evidence.add(executions.all);
    const auto tools = get_tools_used(events, name, evidence);
    return JsonValue{JsonValue::Object{
        {"agent_name", JsonValue{name}},
        {"execution_count", JsonValue{executions.count()}},
        {"success_count", JsonValue{static_cast<std::int64_t>(executions.successes.size())}},
        {"error_count", JsonValue{static_cast<std::int64_t>(executions.failures.size())}},
        {"success_rate", JsonValue{executions.success_rate()}},
        {"avg_duration", json_of(executions.average_duration())},
        {"total_duration", JsonValue{executions.total_duration()}},
        {"tools_used", json_of(tools)},
        {"status", JsonValue{std::string(status_of(executions))}},
    }};
}

Names get_unique_agents(const Events& events, Evidence& evidence) {
    const auto executions = operations_of(events, agent_family);
    evidence.add(executions.all);
    return executions.names();
}

}  // namespace ark::evaluations::agent
