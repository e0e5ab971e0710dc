#include "evaluations/helpers/query.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace ark::evaluations::query {
namespace {

constexpr std::int64_t agents_counted_max = 5;
constexpr std::int64_t tools_counted_max = 10;
constexpr std::int64_t many_model_calls = 10;

double seconds_between(UnixNanos from, UnixNanos until) {
    const auto nanos = static_cast<std::int64_t>(until.value()) - static_cast<std::int64_t>(from.value());
    return static_cast<double>(nanos) / 1e9;
}

std::string_view level_of(std::int64_t score) {
    if (score <= 2) return "simple";
    if (score <= 8) return "moderate";
    if (score <= 15) return "complex";
    return "highly_complex";
}

std::string_view identity_of(const Event& event) {
    if (!event.query_id.empty()) return event.query_id;
    return event.query_names.empty() ? std::string_view{} : std::string_view(event.query_names.front());
}

/// The latest moment that any event tells.
UnixNanos last_moment(const Events& events) {
    UnixNanos last;
    for (const auto* event : events)
        last = std::max(last, event->time);
    return last;
}

std::size_t started_targets(const Events& events, Evidence& evidence) {
    const auto teams = operations_of(events, team_family);
    const auto agents = operations_of(events, agent_family);
    const auto members = operations_of(events, member_family).names();
    std::set<std::string_view> of_agents, of_teams;
    for (const auto* start : teams.starts) {
        if (of_teams.insert(name_of(*start, team_family)).second) evidence.add(*start);
    }
    for (const auto* start : agents.starts) {
        const auto name = name_of(*start, agent_family);
        if (std::find(members.begin(), members.end(), name) != members.end()) continue;
        if (of_agents.insert(name).second) evidence.add(*start);
    }
    return of_agents.size() + of_teams.size();
}

}  // namespace

bool was_resolved(const Events& events, Evidence& evidence) {
    const auto queries = operations_of(events, query_family);
    for (const auto* end : queries.ends) {
        if (end->phase == model::Phase::complete) evidence.add(*end);
    }
    return std::any_of(queries.ends.begin(), queries.ends.end(),
                       [](const Event* end) { return end->phase == model::Phase::complete; });
}

std::string get_resolution_status(const Events& events, Evidence& evidence) {
    const auto queries = operations_of(events, query_family);
    const auto of_phase = [&](model::Phase phase) {
        const auto found = std::find_if(queries.all.begin(), queries.all.end(),
                                        [&](const Event* event) { return event->phase == phase; });
        if (found != queries.all.end()) evidence.add(**found);
        return found != queries.all.end();
    };
    if (of_phase(model::Phase::error)) return "error";
    if (of_phase(model::Phase::complete)) return "success";
    if (of_phase(model::Phase::canceled)) return "canceled";
    return of_phase(model::Phase::start) ? "incomplete" : "unknown";
}

std::optional<double> get_execution_time(const Events& events, Evidence& evidence) {
    const auto queries = operations_of(events, query_family);
    if (queries.ends.empty()) return std::nullopt;
    const auto& end = *queries.ends.back();
    evidence.add(end);
    if (!queries.starts.empty()) {
        const auto& start = *queries.starts.front();
        if (start.time != UnixNanos{} && end.time != UnixNanos{}) {
            evidence.add(start);
            return seconds_between(start.time, end.time);
        }
    }
    return end.duration_seconds;
}

bool was_query_timeout(const Events& events, double threshold_seconds, Evidence& evidence) {
    const auto queries = operations_of(events, query_family);
    auto took = get_execution_time(events, evidence);
    if (queries.ends.empty() && !queries.starts.empty() && queries.starts.front()->time != UnixNanos{}) {
        evidence.add(*queries.starts.front());
        took = seconds_between(queries.starts.front()->time, last_moment(events));
    }
    return took && *took > threshold_seconds;
}

std::int64_t get_query_targets(const Events& events, Evidence& evidence) {
    const auto queries = operations_of(events, query_family);
    for (auto end = queries.ends.rbegin(); end != queries.ends.rend(); ++end) {
        const auto resolved = read_number((*end)->metadata()["targetsResolved"]);
        if (!resolved || std::abs(*resolved) > 1e15) continue;
        evidence.add(**end);
        return std::llround(*resolved);
    }
    return static_cast<std::int64_t>(started_targets(events, evidence));
}

std::int64_t get_session_query_count(const Events& events, Evidence& evidence) {
    std::set<std::string_view> seen;
    for (const auto* start : operations_of(events, query_family).starts) {
        if (seen.insert(identity_of(*start)).second) evidence.add(*start);
    }
    return static_cast<std::int64_t>(seen.size());
}

JsonValue get_complexity_metrics(const Events& events, Evidence& evidence) {
    const auto counted = [&](const Family& family) {
        const auto operations = operations_of(events, family);
        evidence.add(operations.all);
        return operations.count();
    };
    const auto agents = counted(agent_family);
    const auto tools = counted(tool_family);
    const auto teams = counted(team_family);
    const auto calls = counted(llm_family);
    const auto score = std::min(agents, agents_counted_max) + std::min(tools, tools_counted_max) + 3 * teams +
                       (calls > many_model_calls ? 2 : 0);
    return JsonValue{JsonValue::Object{
        {"complexity_level", JsonValue{std::string(level_of(score))}},
        {"complexity_score", JsonValue{score}},
        {"agent_executions", JsonValue{agents}},
        {"tool_calls", JsonValue{tools}},
        {"llm_calls", JsonValue{calls}},
        {"team_executions", JsonValue{teams}},
        {"execution_time_seconds", json_of(get_execution_time(events, evidence))},
        {"total_events", JsonValue{static_cast<std::int64_t>(events.size())}},
    }};
}

}  // namespace ark::evaluations::query
