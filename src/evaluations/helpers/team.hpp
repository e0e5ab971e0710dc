#pragma once
#include "evaluations/helpers/family.hpp"

/// team.*: which teams worked, who was in them, and whether side by side (docs/helpers.md). Events in time order.
namespace ark::evaluations::team {

bool was_executed(const Events& events, const Name& name, Evidence& evidence);
std::int64_t get_execution_count(const Events& events, const Name& name, Evidence& evidence);
double get_success_rate(const Events& events, const Name& name, Evidence& evidence);
/// Members that had a turn in the team.
Names get_team_agents(const Events& events, const Name& name, Evidence& evidence);
/// From the turns of members: "sequential" when no two overlap, "parallel" when all pairs do, else "mixed". Under two
/// turns: the declared executionMode, else "sequential" for one member, "unknown" for none.
std::string detect_collaboration_pattern(const Events& events, const std::string& name, Evidence& evidence);

}  // namespace ark::evaluations::team
