#include "evaluations/helpers/team.hpp"

#include <algorithm>

namespace ark::evaluations::team {
namespace {

struct Interval {
    UnixNanos begin;
    UnixNanos end;
};

Operations turns_of(const Events& events, const Name& team) {
    auto of_team = events;
    if (team) std::erase_if(of_team, [&](const Event* event) { return name_of(*event, team_family) != *team; });
    return operations_of(of_team, member_family);
}

/// A Start with the next end of the same member. Without times there is no interval.
std::vector<Interval> intervals_of(const Operations& turns) {
    std::vector<Interval> intervals;
    std::vector<bool> taken(turns.ends.size());
    for (const auto* start : turns.starts) {
        for (std::size_t i = 0; i < turns.ends.size(); ++i) {
            const auto* end = turns.ends[i];
            const bool later = end->ordered_at > start->ordered_at ||
                               (end->ordered_at == start->ordered_at && end->position > start->position);
            if (taken[i] || !later || name_of(*end, member_family) != name_of(*start, member_family)) continue;
            taken[i] = true;
            if (start->time != UnixNanos{} && end->time != UnixNanos{}) intervals.push_back({start->time, end->time});
            break;
        }
    }
    return intervals;
}

bool overlap(const Interval& a, const Interval& b) {
    return a.begin < b.end && b.begin < a.end;
}

std::string pattern_of(const std::vector<Interval>& intervals) {
    std::size_t pairs = 0;
    std::size_t overlapping = 0;
    for (std::size_t i = 0; i < intervals.size(); ++i) {
        for (std::size_t j = i + 1; j < intervals.size(); ++j) {
            ++pairs;
            if (overlap(intervals[i], intervals[j])) ++overlapping;
        }
    }
    if (overlapping == 0) return "sequential";
    return overlapping == pairs ? "parallel" : "mixed";
}

}  // namespace

bool was_executed(const Events& events, const Name& name, Evidence& evidence) {
    const auto executions = operations_of(events, team_family, name);
    const auto turns = turns_of(events, name);
    evidence.add(executions.all);
    evidence.add(turns.all);
    return !executions.all.empty() || !turns.all.empty();
}

std::int64_t get_execution_count(const Events& events, const Name& name, Evidence& evidence) {
    const auto executions = operations_of(events, team_family, name);
    evidence.add(executions.all);
    return executions.count();
}

double get_success_rate(const Events& events, const Name& name, Evidence& evidence) {
    const auto executions = operations_of(events, team_family, name);
    evidence.add(executions.ends);
    return executions.success_rate();
}

Names get_team_agents(const Events& events, const Name& name, Evidence& evidence) {
    const auto turns = turns_of(events, name);
    evidence.add(turns.all);
    return turns.names();
}

std::string detect_collaboration_pattern(const Events& events, const std::string& name, Evidence& evidence) {
    const auto turns = turns_of(events, name);
    evidence.add(turns.all);
    const auto intervals = intervals_of(turns);
    if (intervals.size() >= 2) return pattern_of(intervals);
    for (const auto* start : operations_of(events, team_family, name).starts) {
        const auto declared = start->metadata()["executionMode"].text();
        if (declared.empty()) continue;
        evidence.add(*start);
        return std::string(declared);
    }
    return turns.names().empty() ? "unknown" : "sequential";
}

}  // namespace ark::evaluations::team
