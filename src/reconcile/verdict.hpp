#pragma once
#include "reconcile/report.hpp"
#include "runs/references.hpp"

/// What is to be said of a resource by what it refers to: whether an Agent or a Team could work, where a Memory is.
/// Nothing is asked over the network: that is the duty of rounds.
namespace ark::reconcile {

/// Kinds with a verdict: Agent, Team, Tool, Memory, ExecutionEngine.
const std::vector<std::string_view>& judged_kinds();

/// The verdict on a resource of those kinds, from the store as it is now. `models_are_probed`: a Model has to be found
/// available; otherwise it is enough that there is one. `store` outlives the call.
awaitable<Report> judge(resources::ResourceStore& store, resources::ResourcePtr resource, bool models_are_probed);

}  // namespace ark::reconcile
