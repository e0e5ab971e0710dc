#pragma once
#include "net/shard.hpp"
#include "net/transport.hpp"

#include <memory>
#include <string>

namespace ark::net {

/// One version of HTTP on a connection, from its first bytes to its end.
class Session {
public:
    virtual ~Session() = default;
    /// Returns when no handler runs any more; the connection is then closed.
    virtual awaitable<void> run() = 0;
    /// The server stops: end streams, finish what is under way, take nothing new.
    virtual void stop() = 0;
    /// Once a second: look at deadlines.
    virtual void tick() = 0;
};

/// An accepted socket. Its coroutine owns it; a callback of a cancelled wait may keep it a moment longer than its
/// shard, and touches nothing then.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Shard& shard, Transport::Socket socket, std::string peer);

    /// Serves the connection to its end.
    static awaitable<void> serve(std::shared_ptr<Connection> self);
    void stop();
    void tick();
    void close() { transport.close(); }

    Shard& shard;
    Transport transport;
    const std::string peer;
    std::size_t slot = 0;  // the shard's

private:
    awaitable<bool> sniff(std::string& first);

    std::unique_ptr<Session> session_;
};

std::unique_ptr<Session> make_http1(Connection& connection, std::string first);
std::unique_ptr<Session> make_http2(Connection& connection, std::string first);

}  // namespace ark::net
