#pragma once
#include "agents/participant.hpp"
#include "resources/store.hpp"
#include "tools/a2a/client.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace ark::runs {

/// Somebody elsewhere who is talked to over A2A: an A2AServer, an ExecutionEngine.
struct Peer {
    std::shared_ptr<tools::a2a::Client> client;
    std::string server;  ///< of the resource
    std::string address;
    std::chrono::milliseconds timeout{300'000};  ///< of one message
};

/// The reference's extension by which an execution engine is told which query it is to run, and tells what it spent.
inline constexpr std::string_view query_extension =
    "https://github.com/mckinsey/agents-at-scale-ark/tree/main/ark/api/extensions/query/v1";

struct RemoteAgentSpec {
    std::string ns;
    std::string name;
    std::string description;
    Peer peer;
    bool engine = false;  ///< it is told the query, and reads agent, model and tools itself
    resources::ResourcePtr query;
    resources::ResourceStore* store = nullptr;  ///< of A2ATasks; outlives us
};

/// An agent that works elsewhere, as a participant: each message to it is a step of the run. What it works on is an
/// A2ATask; a process that goes on asks for the task instead of sending again. Its questions go to people. When the run
/// is canceled, so is its task.
std::shared_ptr<const agents::Participant> make_remote_agent(RemoteAgentSpec spec);

}  // namespace ark::runs
