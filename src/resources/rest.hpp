#pragma once
#include "base/time.hpp"
#include "net/http.hpp"
#include "resources/store.hpp"

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

namespace ark::resources {

struct RestConfig {
    std::size_t body_bytes_max = 3u << 20;  ///< as Kubernetes; beyond: 413
    std::size_t watches_max = 1024;         ///< open at once; beyond: 429
    std::chrono::seconds watch_time{1800};  ///< a watch that names no timeoutSeconds ends after about so long
    std::chrono::seconds bookmark_pause{60};
    std::string product;  ///< "ark/0.1.0", for /version
};

/// A ResourceStore over HTTP in the shape of the Kubernetes API: what kubectl, client libraries and `ark get` speak.
/// docs/resources.md lists what of it there is. Handlers run on net threads and only wait for the store.
class RestApi {
public:
    /// All three outlive this; the server is stopped before it goes.
    RestApi(ResourceStore& store, const Clock& clock, RestConfig config)
        : store_(store), clock_(clock), config_(std::move(config)) {}

    /// Every kind under /api/v1 and /apis/…, discovery, OpenAPI.
    void register_routes(net::Router& router);
    std::size_t watches() const { return watches_; }

private:
    struct Call;
    void register_kind(net::Router& router, const Kind& kind);

    awaitable<void> serve_list(net::Exchange& exchange, const Kind& kind);
    awaitable<void> serve_get(net::Exchange& exchange, const Kind& kind);
    awaitable<void> serve_create(net::Exchange& exchange, const Kind& kind);
    awaitable<void> serve_update(net::Exchange& exchange, const Kind& kind, Part part);
    awaitable<void> serve_patch(net::Exchange& exchange, const Kind& kind, Part part);
    awaitable<void> serve_delete(net::Exchange& exchange, const Kind& kind);
    awaitable<void> serve_delete_all(net::Exchange& exchange, const Kind& kind);
    awaitable<void> serve_watch(net::Exchange& exchange, const Call& call);
    awaitable<void> serve_namespaces(net::Exchange& exchange);

    awaitable<void> answer_written(net::Exchange& exchange, const Call& call, Outcome<Written> outcome);
    awaitable<void> answer(net::Exchange& exchange, int status, std::string body);
    awaitable<void> answer(net::Exchange& exchange, const Refusal& refusal);

    ResourceStore& store_;
    const Clock& clock_;
    const RestConfig config_;
    std::atomic<std::size_t> watches_ = 0;
};

}  // namespace ark::resources
