#pragma once
#include "net/answers.hpp"
#include "net/server.hpp"
#include "runtime/scope.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

namespace ark::net {

class Connection;

/// What one io_context serves: its acceptor, its connections, the coarse clock and the buffers that they share.
/// Everything but the counters belongs to the context's thread.
class Shard {
public:
    Shard(asio::io_context& context, std::size_t index, const ServerConfig& config, const Router& router,
          std::atomic<std::uint64_t>& open);
    ~Shard();

    /// Binds and listens. `shared`: other shards listen on the same port.
    Status listen(const asio::ip::tcp::endpoint& endpoint, bool shared);
    asio::ip::tcp::endpoint endpoint() const;

    /// The next three on the context's thread.
    void start();
    /// Stops accepting, asks every connection to end; `done` is called when all have.
    void stop(std::function<void()> done);
    void close_connections();
    void close_acceptor();  ///< on any thread if start() was never called

    void add(Connection& connection);
    void remove(Connection& connection);
    /// Runs the task until it ends; stop() waits for it.
    void spawn(awaitable<void> task) { scope_.spawn(std::move(task)); }

    const ServerConfig& config() const { return config_; }
    const Router& router() const { return router_; }
    Answers& answers() { return answers_; }
    std::size_t index() const { return index_; }
    asio::io_context& context() { return context_; }
    bool stopping() const { return stopping_; }

    /// Buffers for the current run of code: whoever suspends must have left them.
    std::span<char> scratch() { return {scratch_.get(), scratch_size}; }
    std::string& head_buffer() { return head_buffer_; }
    static constexpr std::size_t scratch_size = 256u << 10;

    /// When a wait that begins now and may last `limit` has lasted too long; never early, up to 2 s late.
    std::uint64_t deadline(std::chrono::seconds limit) const;
    std::uint64_t coarse_ms() const { return coarse_ms_; }
    /// The Date field's value, renewed every second.
    std::string_view date();

    struct Counters {
        std::atomic<std::uint64_t> connections = 0;
        std::atomic<std::uint64_t> refused = 0;
        std::atomic<std::uint64_t> requests = 0;
        std::atomic<std::uint64_t> protocol_errors = 0;
    };
    Counters counters;

private:
    awaitable<void> accept_loop();
    bool accept_one();
    awaitable<void> sweep_loop();
    void read_clock();

    asio::io_context& context_;
    const std::size_t index_;
    const ServerConfig& config_;        // the server's
    const Router& router_;              // the server's
    std::atomic<std::uint64_t>& open_;  // connections of all shards
    Answers answers_;
    std::unique_ptr<char[]> scratch_;
    std::string head_buffer_;
    asio::ip::tcp::acceptor acceptor_;
    asio::steady_timer sweep_timer_;
    asio::steady_timer accept_pause_;
    bool sweeping_ = false;
    bool stopping_ = false;
    std::uint64_t coarse_ms_ = 0;
    std::int64_t date_second_ = 0;
    std::string date_;
    std::vector<Connection*> connections_;
    runtime::Scope scope_;  // last: every connection's coroutine runs in it
};

}  // namespace ark::net
