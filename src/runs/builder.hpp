#pragma once
#include "runs/network.hpp"
#include "teams/team.hpp"

#include <string>
#include <vector>

namespace ark::runs {

/// Makes the participants of a run from resources: agents with their models and tools, teams with their members.
/// Errors say which resource lacks what. One run's; one executor.
class Builder {
public:
    /// `query` is whose run it is, `store` where its A2ATasks are; `overrides` are the query's.
    Builder(Lookup& lookup, Network& network, resources::ResourceStore& store, resources::ResourcePtr query,
            Overrides overrides)
        : lookup_(lookup),
          network_(network),
          store_(store),
          query_(std::move(query)),
          overrides_(std::move(overrides)) {}

    awaitable<Result<teams::ParticipantPtr>> agent(std::string ns, std::string name);
    awaitable<Result<teams::ParticipantPtr>> team(std::string ns, std::string name);
    /// `type`: "agent" or "team".
    awaitable<Result<teams::ParticipantPtr>> participant(std::string type, std::string ns, std::string name);
    awaitable<Result<agents::Brain>> model(std::string ns, std::string name, Overrides overrides);
    /// A Tool resource under another name or description where they are not empty.
    awaitable<Result<agents::CallablePtr>> tool(std::string ns, std::string name, Overrides overrides,
                                                std::string exposed_name = {}, std::string description = {});

private:
    awaitable<Result<teams::ParticipantPtr>> any_agent(std::string ns, std::string name);
    awaitable<Result<teams::ParticipantPtr>> remote_agent(resources::ResourcePtr agent);
    awaitable<Result<agents::AgentSpec>> agent_spec(std::string ns, std::string name);
    awaitable<Result<agents::CallablePtr>> entry_tool(const codec::JsonValue& entry, std::string ns, std::string where,
                                                      Overrides overrides);
    awaitable<Result<teams::SelectorSpec>> selector(const codec::JsonValue& spec, std::string ns);
    Status enter(std::string what);
    void leave() { within_.pop_back(); }

    Lookup& lookup_;  // the three outlive us
    Network& network_;
    resources::ResourceStore& store_;
    const resources::ResourcePtr query_;
    const Overrides overrides_;
    std::vector<std::string> within_;  // what is being made, outermost first: a cycle is an error, not an endless loop
};

}  // namespace ark::runs
