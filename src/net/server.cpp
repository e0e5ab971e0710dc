#include "net/server.hpp"

#include "net/shard.hpp"

#include <condition_variable>
#include <mutex>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <sys/resource.h>

namespace ark::net {

using asio::ip::tcp;

namespace {

Result<tcp::endpoint> resolve(const ServerConfig& config) {
    boost::system::error_code error;
    const auto literal = asio::ip::make_address(config.host, error);
    if (!error) return tcp::endpoint(literal, config.port);
    asio::io_context context(1);
    tcp::resolver resolver(context);
    const auto found = resolver.resolve(config.host, std::to_string(config.port), tcp::resolver::passive, error);
    if (error || found.empty()) return fail(Errc::bad_argument, "host " + config.host + ": " + error.message());
    return found.begin()->endpoint();
}

/// Whether somebody listens there. SO_REUSEPORT alone would let two servers of one user share a port without a word.
Status probe(const tcp::endpoint& endpoint) {
    asio::io_context context(1);
    tcp::acceptor acceptor(context);
    boost::system::error_code error;
    acceptor.open(endpoint.protocol(), error);
    if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor.bind(endpoint, error);
    if (!error) acceptor.listen(1, error);
    if (!error) return ok();
    const auto host = endpoint.address().to_string();
    return fail(Errc::unavailable,
                "listen on " + host + " port " + std::to_string(endpoint.port()) + ": " + error.message());
}

void raise_descriptor_limit() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

class PoolServer final : public Server {
public:
    PoolServer(runtime::IoPool& pool, const ServerConfig& config, const Router& router)
        : config_(config), router_(router) {
        for (std::size_t i = 0; i < pool.size(); ++i) {
            shards_.push_back(std::make_unique<Shard>(pool.context(i), i, config_, router_, open_));
        }
    }
    ~PoolServer() override { stop(std::chrono::milliseconds(0)); }

    Status listen() {
        ARK_TRY(auto endpoint, resolve(config_));
        if (endpoint.port() != 0) {
            ARK_TRY_STATUS(probe(endpoint));
        }
        for (auto& shard : shards_) {
            ARK_TRY_STATUS(shard->listen(endpoint, shards_.size() > 1));
            endpoint = shard->endpoint();  // the first one chose the port if it was open
        }
        endpoint_ = endpoint;
        return ok();
    }

    std::uint16_t port() const override { return endpoint_.port(); }
    std::string address() const override {
        const auto host = endpoint_.address().to_string();
        return (endpoint_.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint_.port());
    }

    void start() override {
        const std::lock_guard lock(mutex_);
        if (started_ || stopped_) return;
        started_ = true;
        for (auto& shard : shards_) {
            asio::post(shard->context(), [s = shard.get()] { s->start(); });
        }
    }

    void stop(std::chrono::milliseconds grace) override {
        std::unique_lock lock(mutex_);
        if (stopped_) return;
        stopped_ = true;
        if (!started_) {
            for (auto& shard : shards_)
                shard->close_acceptor();
            return;
        }
        running_ = shards_.size();
        for (auto& shard : shards_) {
            asio::post(shard->context(), [this, s = shard.get()] { s->stop([this] { shard_ended(); }); });
        }
        const auto ended = [this] { return running_ == 0; };
        if (ended_.wait_for(lock, grace, ended)) return;
        running_ += shards_.size();
        for (auto& shard : shards_) {
            asio::post(shard->context(), [this, s = shard.get()] {
                s->close_connections();
                shard_ended();
            });
        }
        // Handlers that wait elsewhere end when their waits do: they hold references into us, so there is no leaving
        // before.
        ended_.wait(lock, ended);
    }

    ServerCounters counters() const override {
        ServerCounters sum;
        sum.connections_open = open_.load(std::memory_order_relaxed);
        for (const auto& shard : shards_) {
            sum.connections_total += shard->counters.connections.load(std::memory_order_relaxed);
            sum.connections_refused += shard->counters.refused.load(std::memory_order_relaxed);
            sum.requests_total += shard->counters.requests.load(std::memory_order_relaxed);
            sum.protocol_errors += shard->counters.protocol_errors.load(std::memory_order_relaxed);
        }
        return sum;
    }

private:
    void shard_ended() {  // or has done what was posted to it
        const std::lock_guard lock(mutex_);
        --running_;
        ended_.notify_all();
    }

    const ServerConfig config_;
    const Router router_;
    std::atomic<std::uint64_t> open_ = 0;
    tcp::endpoint endpoint_;
    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t running_ = 0;  // what we wait for once we stop
    bool started_ = false;
    bool stopped_ = false;
    std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace

bool is_loopback(std::string_view host) {
    return host == "::1" || host == "localhost" || host.starts_with("127.");
}

Result<std::unique_ptr<Server>> Server::create(runtime::IoPool& pool, const ServerConfig& config,
                                               const Router& router) {
    raise_descriptor_limit();
    auto server = std::make_unique<PoolServer>(pool, config, router);
    ARK_TRY_STATUS(server->listen());
    return std::unique_ptr<Server>(std::move(server));
}

}  // namespace ark::net
