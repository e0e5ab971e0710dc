#pragma once
#include "base/time.hpp"
#include "emit/audience.hpp"
#include "net/http.hpp"
#include "resources/store.hpp"

#include <atomic>
#include <chrono>
#include <string>

namespace ark::a2a {

struct FaceConfig {
    std::size_t body_bytes_max = 3u << 20;     ///< as the resources' API
    std::size_t waits_max = 1024;              ///< clients that wait or stream at once; beyond: an error
    std::chrono::seconds wait_max{3600};       ///< a send answers with the task as it is after so long
    std::chrono::seconds heartbeat_pause{15};  ///< of streams in which nothing happens
};

/// Our agents and teams as A2A agents (JSON-RPC, versions 0.3 and 1.0): each message becomes a Query, the Query's name
/// is the task's id, its conversation the context. At the root it is an execution engine: a message that names a Query
/// is answered when that Query has ended. docs/a2a.md. Handlers run on net threads and only wait for the store.
class Face {
public:
    /// Store, audience and clock outlive this; the server is stopped before it goes.
    Face(resources::ResourceStore& store, emit::Audience& audience, const Clock& clock, FaceConfig config)
        : store_(store), audience_(audience), clock_(clock), config_(config) {}
    void register_routes(net::Router& router);

private:
    struct Call;
    struct Listener;
    awaitable<void> serve_card(net::Exchange& exchange, std::string type);
    awaitable<void> serve(net::Exchange& exchange, std::string type);
    awaitable<void> serve_send(net::Exchange& exchange, Call& call);
    awaitable<void> serve_engine(net::Exchange& exchange, Call& call);
    awaitable<void> serve_task(net::Exchange& exchange, Call& call);
    awaitable<void> serve_list(net::Exchange& exchange, Call& call);
    awaitable<void> serve_cancel(net::Exchange& exchange, Call& call);
    awaitable<resources::Outcome<resources::ResourcePtr>> settle(net::Exchange& exchange, const Call& call,
                                                                 std::string task, std::chrono::milliseconds wait);
    awaitable<void> serve_stream(net::Exchange& exchange, Call& call, std::string task,
                                 std::unique_ptr<Listener> listener);
    std::unique_ptr<Listener> listen(net::Exchange& exchange, const Call& call, const std::string& task);

    resources::ResourceStore& store_;
    emit::Audience& audience_;
    const Clock& clock_;
    const FaceConfig config_;
    std::atomic<std::size_t> waits_ = 0;
};

}  // namespace ark::a2a
