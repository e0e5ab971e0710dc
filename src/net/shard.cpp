#include "net/shard.hpp"

#include "net/connection.hpp"

#include <cerrno>
#include <ctime>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <sys/socket.h>

namespace ark::net {

using asio::ip::tcp;

namespace {

constexpr auto sweep_period = std::chrono::seconds(1);

std::string text(const tcp::endpoint& endpoint) {
    const auto address = endpoint.address().to_string();
    const auto port = std::to_string(endpoint.port());
    return endpoint.address().is_v6() ? "[" + address + "]:" + port : address + ":" + port;
}

/// Out of descriptors or memory: accepting at once again would only spin.
bool is_shortage(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

Shard::Shard(asio::io_context& context, std::size_t index, const ServerConfig& config, const Router& router,
             std::atomic<std::uint64_t>& open)
    : context_(context),
      index_(index),
      config_(config),
      router_(router),
      open_(open),
      answers_(config, random_seed()),
      scratch_(std::make_unique_for_overwrite<char[]>(scratch_size)),
      acceptor_(context),
      sweep_timer_(context),
      accept_pause_(context),
      scope_(context.get_executor()) {
    read_clock();
}

Shard::~Shard() = default;

Status Shard::listen(const tcp::endpoint& endpoint, bool shared) {
    const auto refused = [&endpoint](const boost::system::error_code& error) {
        return fail(Errc::unavailable, "listen on " + text(endpoint) + ": " + error.message());
    };
    using reuse_port = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
    boost::system::error_code error;
    if (acceptor_.open(endpoint.protocol(), error); error) return refused(error);
    acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (shared) acceptor_.set_option(reuse_port(true), error);
    if (acceptor_.bind(endpoint, error); error) return refused(error);
    if (acceptor_.listen(SOMAXCONN, error); error) return refused(error);
    acceptor_.non_blocking(true, error);
    return ok();
}

tcp::endpoint Shard::endpoint() const {
    boost::system::error_code ignored;
    return acceptor_.local_endpoint(ignored);
}

void Shard::start() {
    if (!stopping_) scope_.spawn(accept_loop());
}

void Shard::close_acceptor() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
}

awaitable<void> Shard::accept_loop() {
    while (acceptor_.is_open()) {
        boost::system::error_code error;
        co_await acceptor_.async_wait(tcp::acceptor::wait_read, asio::redirect_error(asio::use_awaitable, error));
        if (error) continue;
        // A few at a time, so that a storm of connections does not keep others waiting.
        int budget = 64;
        while (budget > 0 && accept_one())
            --budget;
        if (budget > 0 && is_shortage(errno) && acceptor_.is_open()) {
            accept_pause_.expires_after(std::chrono::milliseconds(100));
            co_await accept_pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        }
    }
}

/// False: none waits; errno says why.
bool Shard::accept_one() {
    tcp::endpoint peer;
    auto length = static_cast<socklen_t>(peer.capacity());
    const int fd = ::accept4(acceptor_.native_handle(), peer.data(), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return errno == ECONNABORTED || errno == EINTR;
    peer.resize(length);
    Transport::Socket socket(context_.get_executor());
    boost::system::error_code error;
    if (socket.assign(peer.protocol(), fd, error); error) {
        ::close(fd);
        return true;
    }
    if (open_.load(std::memory_order_relaxed) >= config_.connections_max) {
        counters.refused.fetch_add(1, std::memory_order_relaxed);
        return true;
    }
    socket.set_option(tcp::no_delay(true), error);
    counters.connections.fetch_add(1, std::memory_order_relaxed);
    scope_.spawn(Connection::serve(std::make_shared<Connection>(*this, std::move(socket), text(peer))));
    return true;
}

void Shard::add(Connection& connection) {
    open_.fetch_add(1, std::memory_order_relaxed);
    connection.slot = connections_.size();
    connections_.push_back(&connection);
    if (sweeping_) return;
    sweeping_ = true;
    read_clock();
    scope_.spawn(sweep_loop());
}

void Shard::remove(Connection& connection) {
    open_.fetch_sub(1, std::memory_order_relaxed);
    connections_.back()->slot = connection.slot;
    connections_[connection.slot] = connections_.back();
    connections_.pop_back();
    if (stopping_ && connections_.empty()) sweep_timer_.cancel();
}

/// Runs while there are connections: an idle server does not wake up.
awaitable<void> Shard::sweep_loop() {
    while (!connections_.empty()) {
        boost::system::error_code error;
        sweep_timer_.expires_after(sweep_period);
        co_await sweep_timer_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        read_clock();
        // From the back: one that goes is replaced by one that was seen.
        for (std::size_t i = connections_.size(); i-- > 0;) {
            if (i < connections_.size()) connections_[i]->tick();
        }
    }
    sweeping_ = false;
}

void Shard::stop(std::function<void()> done) {
    stopping_ = true;
    close_acceptor();
    accept_pause_.cancel();
    if (connections_.empty()) sweep_timer_.cancel();
    // Callbacks may end connections while we walk.
    std::vector<std::shared_ptr<Connection>> all;
    for (auto* connection : connections_)
        all.push_back(connection->shared_from_this());
    for (auto& connection : all)
        connection->stop();
    asio::co_spawn(context_, scope_.close(), [finished = std::move(done)](std::exception_ptr) { finished(); });
}

void Shard::close_connections() {
    for (auto* connection : connections_)
        connection->close();
}

void Shard::read_clock() {
    using namespace std::chrono;
    coarse_ms_ =
        static_cast<std::uint64_t>(duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count());
}

std::uint64_t Shard::deadline(std::chrono::seconds limit) const {
    // The coarse clock may be one period behind.
    return coarse_ms_ + static_cast<std::uint64_t>(std::chrono::milliseconds(limit + sweep_period).count());
}

std::string_view Shard::date() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != date_second_) {
        date_second_ = now.tv_sec;
        std::tm parts{};
        ::gmtime_r(&now.tv_sec, &parts);
        char buffer[40];
        const auto size = std::strftime(buffer, sizeof buffer, "%a, %d %b %Y %H:%M:%S GMT", &parts);
        date_.assign(buffer, size);
    }
    return date_;
}

}  // namespace ark::net
