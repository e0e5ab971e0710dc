#include "receive/receive.hpp"

#include "receive/intake.hpp"
#include "receive/otlp_grpc.hpp"
#include "receive/otlp_http.hpp"

namespace ark::receive {
namespace {

struct Door {
    otlp::Signal signal;
    std::string_view http_path;
    std::string_view grpc_path;
};

constexpr Door doors[] = {
    {otlp::Signal::traces, "/v1/traces", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"},
    {otlp::Signal::logs, "/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export"},
    {otlp::Signal::metrics, "/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"},
};

class ReceiveImpl final : public Receive {
public:
    ReceiveImpl(const ReceiveConfig& config, Ground ground) : intake_(config, std::move(ground)) {}

    void register_otlp_http(net::Router& router) override {
        for (const auto& door : doors) {
            router.add("POST", door.http_path, [this, signal = door.signal](net::Exchange& exchange) {
                return serve_otlp_http(intake_, signal, exchange);
            });
        }
    }

    void register_otlp_grpc(net::Router& router) override {
        for (const auto& door : doors) {
            router.add("POST", door.grpc_path, [this, signal = door.signal](net::Exchange& exchange) {
                return serve_otlp_grpc(intake_, signal, exchange);
            });
        }
    }

    Admission& admission() override { return intake_.admission(); }

private:
    Intake intake_;
};

}  // namespace

std::unique_ptr<Receive> Receive::create(const ReceiveConfig& config, Ground ground) {
    return std::make_unique<ReceiveImpl>(config, std::move(ground));
}

}  // namespace ark::receive
