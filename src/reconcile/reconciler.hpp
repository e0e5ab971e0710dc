#pragma once
#include "base/time.hpp"
#include "resources/store.hpp"

#include <chrono>
#include <memory>

namespace ark::net {
class HttpClient;
}
namespace ark::runs {
class Network;
}

namespace ark::reconcile {

/// What a Reconciler works with; all of it outlives it.
struct Services {
    resources::ResourceStore& store;
    net::HttpClient& client;  ///< for MCP and A2A servers
    runs::Network& network;   ///< makes the models that are probed
    Clock& clock;
};

struct ReconcilerConfig {
    bool probe_models = true;
    std::chrono::milliseconds probe_timeout{60'000};
};

struct ReconcilerCounters {
    std::size_t servers = 0;  ///< MCPServers and A2AServers that are looked after
    std::size_t servers_failing = 0;
    std::size_t models = 0;  ///< that are probed
    std::size_t models_failing = 0;
    std::size_t verdicts_waiting = 0;  ///< statuses that may be out of date
};

/// Keeps the statuses of resources true: makes Tools and Agents of what MCPServers and A2AServers offer, probes Models,
/// and says of Agents, Teams, Tools, Memories and ExecutionEngines whether what they need is there. Conditions and
/// Events tell it. Queries are the engine's. Lives on one executor.
class Reconciler {
public:
    virtual ~Reconciler() = default;
    static std::unique_ptr<Reconciler> create(const Services& services, const ReconcilerConfig& config,
                                              asio::any_io_executor executor);
    virtual void start() = 0;
    /// Ends what is under way and waits for it.
    virtual awaitable<void> stop() = 0;
    virtual ReconcilerCounters counters() const = 0;
};

}  // namespace ark::reconcile
