#pragma once
#include "demo/mcp_server.hpp"

#include <cstdint>

namespace ark::demo {

/// What the tools of the examples talk to: a harbour's web service (`GET /tides/{port}?day=`, `POST /berths`) and an
/// MCP server of sea charts (`/mcp`, tools `lookup` and `route`). Real servers; only what they know is made up, and
/// always the same.
///
/// Built once, used from every net thread. Outlives the server that its routes are given to.
class Harbour {
public:
    Harbour();
    void add_routes(net::Router& router);
    /// Ends waits, so that a server which is stopped next need not wait for them.
    void stop();

private:
    awaitable<void> tides(net::Exchange& exchange);
    awaitable<void> berths(net::Exchange& exchange);

    McpServer charts_;
    std::stop_source stop_;
};

}  // namespace ark::demo
