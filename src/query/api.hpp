#pragma once
#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/json_writer.hpp"
#include "journal/journal.hpp"
#include "net/http.hpp"
#include "runtime/work_pool.hpp"
#include "telemetry/metrics.hpp"
#include "views/views.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// The read side over HTTP: /v1/…, health, metrics and the OpenAPI document.
namespace ark::query {

/// What the API reads from. Everything referenced outlives it.
struct ApiDeps {
    views::Views& views;
    journal::Journal& journal;
    runtime::WorkPool& work;
    const Clock& clock;
    /// Whose items the request may see. An error is answered as a problem (unauthorized, forbidden, bad_argument).
    std::function<Result<std::string>(const net::RequestHead&)> tenant_of;
    /// Adds members to the object of /v1/status; called on the work pool. May be empty.
    std::function<void(codec::JsonWriter&)> status;
    /// Whether the rest of the process is ready; says why not. Called on the work pool. May be empty.
    std::function<bool(std::string& why)> ready;
    /// The body of /metrics. May be empty.
    std::function<std::string()> metrics;
    /// OpenAPI documents of who else serves: their tags, paths and components join /openapi.json.
    std::vector<std::string_view> openapi_parts = {};
};

struct ApiConfig {
    std::size_t requests_max = 64;   ///< reads on the work pool, waiting or running; beyond: 503, Retry-After
    std::size_t waiters_max = 1024;  ///< requests that wait for at_least; beyond: 503
    std::chrono::milliseconds at_least_max{10'000};  ///< then 504
    std::uint64_t scan_items_max = 50'000;         ///< items looked at for one page; then a partial page with a cursor
    std::chrono::milliseconds scan_time_max{200};  ///< the same by time
    std::uint64_t ready_lag_max = 100'000;         ///< items the views may be behind while /readyz says yes
    std::size_t gzip_bytes_min = 1024;             ///< smaller bodies are sent as they are
    std::size_t replays_max = 64;                  ///< replays under way; beyond: 503
    std::chrono::milliseconds replay_heartbeat{15'000};
};

struct ApiCounters {
    std::uint64_t requests_total = 0;      ///< answered, refused ones included
    std::uint64_t problems_total = 0;      ///< answered with a problem document
    std::uint64_t overloaded_total = 0;    ///< of these: refused because too many were under way
    std::uint64_t not_modified_total = 0;  ///< 304
    std::uint64_t in_flight = 0;
};

/// Serves reads. Handlers run on net threads and only parse, admit and answer there; whatever touches views or disk
/// runs on the work pool. Answers are true at the views' position when they began (header ark-cursor). Thread-safe.
class Api {
public:
    static std::unique_ptr<Api> create(const ApiConfig& config, ApiDeps deps);
    virtual ~Api() = default;

    /// The handlers refer to this object, which must outlive the server.
    virtual void register_routes(net::Router& router) = 0;
    /// ark_query_* counters; the registry must not be scraped after this object is gone.
    virtual void register_metrics(telemetry::Registry& registry) = 0;
    virtual ApiCounters counters() const = 0;
};

}  // namespace ark::query
