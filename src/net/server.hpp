#pragma once
#include "net/http.hpp"
#include "runtime/io_pool.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ark::net {

struct ServerConfig {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;                  ///< 0: any free port; see Server::port()
    std::size_t connections_max = 20'000;    ///< per server; beyond: accepted and closed at once, counted
    std::size_t head_bytes_max = 64u << 10;  ///< request line + fields; beyond: 431
    std::size_t streams_max = 256;           ///< concurrent HTTP/2 streams of a connection
    std::chrono::seconds head_timeout{30};   ///< first byte to complete head
    std::chrono::seconds body_timeout{60};   ///< between two pieces of a body
    std::chrono::seconds idle_timeout{300};  ///< keep-alive without a request
    std::chrono::seconds write_timeout{60};  ///< a peer that takes no byte for so long is closed
    std::vector<std::string> cors_origins;   ///< allow-list; "*" allows all; empty: no CORS headers
};

/// Whether only this machine reaches it: an IP address, or "localhost".
bool is_loopback(std::string_view host);

struct ServerCounters {
    std::uint64_t connections_open = 0;
    std::uint64_t connections_total = 0;
    std::uint64_t connections_refused = 0;
    std::uint64_t requests_total = 0;
    std::uint64_t protocol_errors = 0;
};

/// Serves HTTP/1.1 and HTTP/2 with prior knowledge (h2c) on one port, told apart by the first bytes. gRPC is HTTP/2
/// with Response::trailers. Connections are pinned to the context that accepted them (SO_REUSEPORT, one acceptor a
/// context).
class Server {
public:
    virtual ~Server() = default;
    /// Binds and listens; accepts from start() on. Errors: unavailable (address in use: says which), bad_argument.
    static Result<std::unique_ptr<Server>> create(runtime::IoPool& pool, const ServerConfig& config,
                                                  const Router& router);

    virtual std::uint16_t port() const = 0;
    virtual std::string address() const = 0;  ///< "127.0.0.1:4318"
    virtual void start() = 0;
    /// Stops accepting, asks streams to end (closed()), answers requests under way, closes idle connections; after
    /// `grace` closes the rest. Blocks. Idempotent.
    virtual void stop(std::chrono::milliseconds grace) = 0;
    virtual ServerCounters counters() const = 0;
};

}  // namespace ark::net
