#pragma once
#include "evaluations/helpers/family.hpp"

/// query.*: how a query ended, how long it took, how much it set in motion (docs/helpers.md). Events in time order.
namespace ark::evaluations::query {

bool was_resolved(const Events& events, Evidence& evidence);
/// "error" when any end is an error, else "success", "incomplete" for a Start without end, "unknown" without a Start.
std::string get_resolution_status(const Events& events, Evidence& evidence);
/// Seconds from the first Start to the last end; without their times the end's own duration. Nothing while it runs.
std::optional<double> get_execution_time(const Events& events, Evidence& evidence);
/// Strictly longer than the threshold. A query that runs counts up to the last event.
bool was_query_timeout(const Events& events, double threshold_seconds, Evidence& evidence);
/// What the end says, else the agents and teams that started and are no members of a team.
std::int64_t get_query_targets(const Events& events, Evidence& evidence);
/// Distinct queries with a Start.
std::int64_t get_session_query_count(const Events& events, Evidence& evidence);
/// complexity_level, complexity_score, agent_executions, tool_calls, llm_calls, team_executions,
/// execution_time_seconds (may be null), total_events. score = min(agents, 5) + min(tools, 10) + 3 x teams + (2 when
/// more than 10 model calls); up to 2 simple, 8 moderate, 15 complex, else highly_complex.
JsonValue get_complexity_metrics(const Events& events, Evidence& evidence);

}  // namespace ark::evaluations::query
