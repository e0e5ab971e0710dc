#pragma once
#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/json_writer.hpp"
#include "disk/disk.hpp"
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

/// Evaluations over HTTP: run, recorded as events of the journal, listed, live.
namespace ark::evaluations {

/// What OpenAPI says of the routes: tags, paths and components.
std::string_view openapi();

struct ServiceConfig {
    std::string directory;                  ///< of the checkpoint of the list; made when missing
    std::size_t body_bytes_max = 1u << 20;  ///< of a request; beyond: 413
    std::size_t running_max = 4;            ///< evaluations at once; beyond: 503, Retry-After
    std::size_t waiting_max = 256;          ///< requests that wait for the end of a query; beyond: 503
    std::size_t live_max = 64;              ///< evaluations that go on; beyond: 503
    std::chrono::milliseconds views_wait_max{
        2'000};  ///< for the views to show what was acknowledged before the request
};

/// What the service works with. Everything referenced outlives it.
struct ServiceDeps {
    views::Views& views;
    journal::Journal& journal;
    runtime::WorkPool& work;
    disk::Disk& disk;
    const Clock& clock;
    /// Whose events the request may see. An error is answered as it is.
    std::function<Result<std::string>(const net::RequestHead&)> tenant_of;
    /// An error as the API's problem document.
    std::function<net::Response(const Error&, const net::RequestHead&)> problem;
};

/// POST and GET /v1/evaluations, GET and DELETE /v1/evaluations/{id}. Handlers run on net threads and only wait
/// there; evaluations run on the work pool, live ones on a thread of this object. Thread-safe.
class Service {
public:
    static Result<std::unique_ptr<Service>> open(const ServiceConfig& config, ServiceDeps deps);
    virtual ~Service() = default;

    /// The handlers refer to this object, which must outlive the server.
    virtual void register_routes(net::Router& router) = 0;
    /// ark_evaluations_* counters; the registry must not be scraped after this object is gone.
    virtual void register_metrics(telemetry::Registry& registry) = 0;
    /// Starts the thread, which takes up the live evaluations of before.
    virtual void start() = 0;
    /// Requests that wait for the end of a query are answered (unavailable) at once from now on. Thread-safe.
    virtual void end_waits() = 0;
    /// Ends the thread and writes the checkpoint. Live evaluations go on at the next start. Idempotent. Blocks.
    virtual void stop() = 0;
};

}  // namespace ark::evaluations
