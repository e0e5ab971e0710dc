#pragma once
#include "agents/agent.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ark::teams {

using ParticipantPtr = std::shared_ptr<const agents::Participant>;

enum class Strategy {
    sequential,  ///< each member once, in order
    loops,       ///< in order, again and again (round-robin)
    selector,    ///< an agent chooses who is next, along the edges of a graph if there is one
    graph,       ///< along the edges of a graph
};
std::string_view name(Strategy strategy);

/// The agent that chooses. Its tools are replaced by `select-next-speaker`, and `terminate` if it may end the talk.
struct SelectorSpec {
    agents::AgentSpec agent;
    std::string prompt;  ///< template over Roles, Participants and History; empty: ours
    bool may_terminate = false;
    std::string terminate_prompt;  ///< when to; empty: ours
};

struct TeamSpec {
    std::string ns;
    std::string name;
    std::string description;
    Strategy strategy = Strategy::sequential;
    std::vector<ParticipantPtr> members;
    std::size_t turns_max = 0;  ///< 0: 100 for those that could go on for ever
    std::optional<SelectorSpec> selector;
    std::vector<std::pair<std::string, std::string>> edges;  ///< from, to
};

/// Members that take turns. Each sees the user's input and what the others said. A member that terminates ends the
/// team's work with success; one that fails ends it with its error.
ParticipantPtr make_team(TeamSpec spec);

}  // namespace ark::teams
