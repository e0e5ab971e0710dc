#pragma once
#include "base/time.hpp"
#include "journal/journal.hpp"
#include "net/http.hpp"
#include "receive/admission.hpp"
#include "runtime/work_pool.hpp"
#include "telemetry/metrics.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

/// The door: OTLP/HTTP and OTLP/gRPC in. Answers only when the journal answered.
namespace ark::receive {

struct ReceiveConfig {
    std::size_t request_bytes_max = 64u << 20;     ///< body as sent, and again after inflating; beyond: 413
    std::size_t inflate_ratio_max = 200;           ///< beyond, above 1 MiB: 413
    std::uint32_t nesting_max = 64;                ///< of attribute values; beyond: 400
    std::uint32_t attributes_max = 4096;           ///< of one item; beyond: the item is rejected (partial success)
    std::size_t in_flight_bytes_max = 512u << 20;  ///< bodies in memory at once; beyond: 503, retryable
    std::size_t inline_bytes_max = 1u << 20;       ///< larger bodies are decoded on the work pool, not on a net thread
    std::size_t lag_bytes_max = 24u << 20;         ///< views further behind: requests wait for them, …
    std::chrono::milliseconds lag_wait_max{2000};  ///< … at most so long: durability does not depend on views
};

/// Who the request belongs to; an error is answered as it is (401, 403, 400).
using TenantOf = std::function<Result<std::string>(const net::RequestHead&)>;

/// What OpenAPI says of the doors: tags, paths and components.
std::string_view openapi();

/// Registers its handlers and serves until the servers are stopped. All members are thread-safe.
class Receive {
public:
    /// Everything given outlives the object.
    struct Ground {
        journal::Journal& journal;
        runtime::WorkPool& work;
        telemetry::Registry& metrics;
        Clock& clock;
        std::string durability;  ///< text of the ark-durability header
        TenantOf tenant_of;
        std::function<Offset()> folded;  ///< how far the views are; paces the doors. Empty: unpaced
    };
    static std::unique_ptr<Receive> create(const ReceiveConfig& config, Ground ground);
    virtual ~Receive() = default;

    /// POST /v1/traces, /v1/logs, /v1/metrics.
    virtual void register_otlp_http(net::Router& router) = 0;
    /// The three Export methods of OTLP/gRPC.
    virtual void register_otlp_grpc(net::Router& router) = 0;

    /// What other doors share with ours.
    virtual Admission& admission() = 0;
};

}  // namespace ark::receive
