#include "net/connection.hpp"

namespace ark::net {

namespace {

constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

Connection::Connection(Shard& owner, Transport::Socket socket, std::string peer_name)
    : shard(owner), transport(std::move(socket)), peer(std::move(peer_name)) {
    shard.add(*this);
}

awaitable<void> Connection::serve(std::shared_ptr<Connection> self) {
    std::string first;
    const bool understood = co_await self->sniff(first);
    if (understood) {
        const bool http2 = first.starts_with(http2_preface);
        self->session_ = http2 ? make_http2(*self, std::move(first)) : make_http1(*self, std::move(first));
        co_await self->session_->run();
    }
    self->transport.close();
    self->shard.remove(*self);
}

/// Reads until the version is clear. False: the connection ended before.
awaitable<bool> Connection::sniff(std::string& first) {
    transport.deadline_ms = shard.deadline(shard.config().head_timeout);
    while (true) {
        const bool ready = co_await transport.readable();
        if (!ready) co_return false;
        const auto scratch = shard.scratch();
        const auto got = transport.read(scratch);
        if (got.state == Transport::State::would_block) continue;
        if (got.state != Transport::State::moved) co_return false;
        first.append(scratch.data(), got.bytes);
        const bool may_be_http2 = http2_preface.starts_with(std::string_view(first).substr(0, http2_preface.size()));
        if (!may_be_http2 || first.size() >= http2_preface.size()) co_return true;
    }
}

void Connection::stop() {
    if (session_) {
        session_->stop();
    } else {
        transport.close();
    }
}

void Connection::tick() {
    if (session_) {
        session_->tick();
    } else if (transport.deadline_ms != 0 && shard.coarse_ms() >= transport.deadline_ms) {
        transport.close();
    }
}

}  // namespace ark::net
