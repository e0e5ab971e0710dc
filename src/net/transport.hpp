#pragma once
#include "runtime/asio.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <boost/asio/ip/tcp.hpp>
#include <sys/uio.h>

namespace ark::net {

/// A connected socket: readiness from Asio, bytes by our own system calls.
///
/// Waiting needs no buffer, so an idle connection holds none; and a whole batch of bytes is read or gathered in one
/// call. One executor; at most one waiter for reading and one for writing.
class Transport {
public:
    using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;
    enum class State { moved, would_block, ended, failed };
    struct Moved {
        State state = State::moved;
        std::size_t bytes = 0;
    };

    explicit Transport(Socket socket) : socket_(std::move(socket)) {}

    /// Never blocks. `ended`: the peer will send no more.
    Moved read(std::span<char> into);
    /// Never blocks; may take a part. Adjusts `pieces` to what is left.
    Moved write(std::span<iovec>& pieces);

    /// False: closed, cancelled or expired meanwhile. Resumes its coroutine straight from the reactor: both run on the
    /// socket's one executor.
    awaitable<bool> readable();
    awaitable<bool> writable();
    /// Calls `f(bool ready)` once.
    template <class F>
    void on_readable(F f) {
        socket_.async_wait(Socket::wait_read,
                           [f = std::move(f)](boost::system::error_code error) mutable { f(!error); });
    }
    template <class F>
    void on_writable(F f) {
        socket_.async_wait(Socket::wait_write,
                           [f = std::move(f)](boost::system::error_code error) mutable { f(!error); });
    }

    /// Wakes the waiters with false; the connection stays open.
    void cancel();
    void close();
    /// No more bytes from us; the peer sees the end.
    void shutdown_write();
    bool is_open() const { return socket_.is_open(); }
    auto executor() { return socket_.get_executor(); }

    /// When a wait has lasted too long, in the shard's coarse clock; 0: no limit. The shard's sweep looks at it.
    std::uint64_t deadline_ms = 0;

private:
    Socket socket_;
};

/// Drops `n` bytes from the front of the pieces.
void advance(std::span<iovec>& pieces, std::size_t n);

inline iovec piece(std::string_view bytes) {
    return {const_cast<char*>(bytes.data()), bytes.size()};
}

}  // namespace ark::net
