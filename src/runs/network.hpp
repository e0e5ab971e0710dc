#pragma once
#include "agents/callable.hpp"
#include "agents/model_call.hpp"
#include "emit/chunk_streams.hpp"
#include "runs/lookup.hpp"
#include "runs/memory.hpp"
#include "runs/overrides.hpp"
#include "runs/remote_agent.hpp"
#include "runtime/work_pool.hpp"

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
    virtual awaitable<Result<agents::Brain>> model(Lookup& lookup, resources::ResourcePtr model,
                                                   Overrides overrides) = 0;
    /// A Tool of type http or mcp. `definition` is as the model is to see it.
    virtual awaitable<Result<agents::CallablePtr>> tool(Lookup& lookup, resources::ResourcePtr tool,
                                                        llm::ToolDefinition definition, Overrides overrides) = 0;
    /// An A2AServer or an ExecutionEngine.
    virtual awaitable<Result<Peer>> peer(Lookup& lookup, resources::ResourcePtr server) = 0;
    /// For jq programs, which may take their time: nothing of ours is to wait behind them.
    virtual runtime::WorkPool& filter_pool() = 0;
    /// What is behind a Memory resource.
    virtual awaitable<Result<std::shared_ptr<Memory>>> memory(Lookup& lookup, resources::ResourcePtr memory) = 0;
    /// The broker's own; null: there is no broker.
    virtual std::shared_ptr<Memory> broker_memory() = 0;
    /// Base URL of the broker; empty: there is none.
    virtual const std::string& broker() const = 0;
    /// Deletes what the broker keeps as events of a query (facts: "Finalizer cleanup"). Without a broker: nothing.
    virtual awaitable<Status> forget_events(std::string query_uid, std::stop_token stop) = 0;
    /// For the chunks of a query.
    virtual std::unique_ptr<emit::ChunkStream> stream(std::string base_url, std::string_view query) = 0;
};

/// The real one. `client`, `models` (the client that models are asked with: resources::guarded_client), `clock` and
/// `streams` outlive it and what it makes. `broker`: its base URL, empty when there is none. One executor.
std::unique_ptr<Network> make_network(net::HttpClient& client, net::HttpClient& models, Clock& clock,
                                      emit::ChunkStreams& streams, std::string broker);

}  // namespace ark::runs
