#pragma once
#include "agents/callable.hpp"
#include "agents/model_call.hpp"
#include "runs/lookup.hpp"
#include "runs/remote_agent.hpp"

#include <memory>
#include <string>

namespace ark::net {
class HttpClient;
}

namespace ark::runs {

/// What runs reach over the network: models and tools, made from their resources. Tests put scripts in its place.
class Network {
public:
    virtual ~Network() = default;
    /// Errors: config (a part that is missing or cannot be read), not_found.
    virtual awaitable<Result<agents::Brain>> model(Lookup& lookup, resources::ResourcePtr model) = 0;
    /// A Tool of type http or mcp. `definition` is as the model is to see it.
    virtual awaitable<Result<agents::CallablePtr>> tool(Lookup& lookup, resources::ResourcePtr tool,
                                                        llm::ToolDefinition definition) = 0;
    /// An A2AServer or an ExecutionEngine.
    virtual awaitable<Result<Peer>> peer(Lookup& lookup, resources::ResourcePtr server) = 0;
};

/// The real one. `client` and `clock` outlive it and what it makes. One executor.
std::unique_ptr<Network> make_network(net::HttpClient& client, Clock& clock);

}  // namespace ark::runs
