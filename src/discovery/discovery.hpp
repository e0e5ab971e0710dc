#pragma once
#include "base/time.hpp"
#include "resources/store.hpp"

#include <memory>

namespace ark::net {
class HttpClient;
}

namespace ark::discovery {

/// What a Discovery works with; all of it outlives it.
struct Services {
    resources::ResourceStore& store;
    net::HttpClient& client;
    Clock& clock;
};

struct DiscoveryCounters {
    std::size_t servers = 0;  ///< that are looked after
    std::size_t failing = 0;  ///< whose last round failed
    std::uint64_t rounds = 0;
};

/// Looks after the MCPServers and A2AServers of a store: connects to each, makes its tools Tools and its card an Agent,
/// says in status and Events how it went, and does so again every pollInterval and when the resource changes.
///
/// Each server has a coroutine of its own: one that hangs keeps nobody waiting. A server that fails is asked again
/// after a growing pause; what was found before stays, since agents name it. Lives on one executor.
class Discovery {
public:
    virtual ~Discovery() = default;
    static std::unique_ptr<Discovery> create(const Services& services, asio::any_io_executor executor);
    virtual void start() = 0;
    /// Ends what is under way and waits for it.
    virtual awaitable<void> stop() = 0;
    virtual DiscoveryCounters counters() const = 0;
};

}  // namespace ark::discovery
