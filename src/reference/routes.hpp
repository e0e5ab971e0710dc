#pragma once
#include "net/http.hpp"
#include "receive/admission.hpp"
#include "reference/http_answer.hpp"
#include "reference/store.hpp"
#include "runtime/work_pool.hpp"
#include "telemetry/metrics.hpp"

#include <functional>
#include <memory>
#include <string>

/// The reference's HTTP API: what its controller, engines, SDKs and dashboard send and expect.
namespace ark::reference {

/// Who the request belongs to; an error is answered as it is.
using TenantOf = std::function<Result<std::string>(const net::RequestHead&)>;

/// What the handlers stand on. Everything outlives the API.
struct Ground {
    Store& store;
    receive::Admission& admission;
    runtime::WorkPool& work;
    telemetry::Registry& metrics;
    std::string durability;  ///< text of the ark-durability header
    TenantOf tenant_of;
};

/// What OpenAPI says of the routes: tags, paths and components.
std::string_view openapi();

/// Serves until the servers are stopped. Thread-safe.
class Api {
public:
    static std::unique_ptr<Api> create(Ground ground);
    virtual ~Api() = default;

    /// Every route of the reference but POST /v1/traces, /readyz, /metrics and /openapi.json, which others serve; and
    /// the answers to paths that nothing serves. At most once a router.
    virtual void register_routes(net::Router& router) = 0;
};

}  // namespace ark::reference
