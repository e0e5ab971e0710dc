#pragma once
#include "evaluations/helpers/family.hpp"

/// agent.*: who worked, how often, with what (docs/helpers.md). Events in time order.
namespace ark::evaluations::agent {

bool was_executed(const Events& events, const Name& name, Evidence& evidence);
std::int64_t get_execution_count(const Events& events, const Name& name, Evidence& evidence);
double get_success_rate(const Events& events, const Name& name, Evidence& evidence);
/// The tools that the agent called.
Names get_tools_used(const Events& events, const std::string& name, Evidence& evidence);
/// agent_name, execution_count, success_count, error_count, success_rate, avg_duration (null without data),
/// total_duration, tools_used, status: not_executed, running, error (the last end is a failure) or completed.
JsonValue get_execution_summary(const Events& events, const std::string& name, Evidence& evidence);
Names get_unique_agents(const Events& events, Evidence& evidence);

}  // namespace ark::evaluations::agent
