#pragma once
#include "base/result.hpp"
#include "net/http.hpp"
#include "otlp/build.hpp"

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::emit {

/// Where telemetry goes.
struct TargetConfig {
    std::string name;        ///< "broker", "otlp": also of its file in the outbox
    std::string traces_url;  ///< empty: traces are not sent there
    std::string logs_url;
    std::string events_url;  ///< of a broker that takes events one by one as JSON, instead of logs_url
    std::string reads_url;   ///< base of Ark's read API, where the target has one; else empty
    net::Fields fields;      ///< credentials: sent to this target only, never logged
    std::chrono::milliseconds timeout{10'000};
    std::optional<std::chrono::milliseconds> pace;  ///< between two requests that are not full; else the exporter's
    bool gzip = false;                              ///< bodies are sent compressed
    std::string ca_file;                            ///< PEM, instead of the system's certificates; empty: those
};

/// An Ark broker, or any OTLP/HTTP receiver, by its base URL.
TargetConfig broker_target(std::string_view base_url);
/// A broker of the reference's: spans as OTLP, events on `POST /events` (docs/reference-differences.md).
TargetConfig reference_broker_target(std::string_view base_url);

using Environment = std::function<std::optional<std::string>(std::string_view name)>;

/// The external targets of the OTEL_* variables (OpenTelemetry specification, "OTLP exporter configuration"): endpoint,
/// headers, timeout, compression and certificate, in general and per signal: one target for both signals, or two where
/// they are sent in different manners. None when there is no endpoint, or OTEL_SDK_DISABLED is true. config: a protocol
/// we do not speak (only http/protobuf), another exporter, a sampler that would leave something out (we tell
/// everything: somebody would get more than was asked for), client certificates, or a value that cannot be read.
Result<std::vector<TargetConfig>> external_targets(const Environment& environment);

/// Those of these variables, all that there are, that are set, are OpenTelemetry's, and change nothing here. Variables
/// of SDKs for one language are not ours to obey.
std::vector<std::string> disregarded(const std::vector<std::string>& names);

/// service.name (OTEL_SERVICE_NAME, else "ark-controller"), service.version, and OTEL_RESOURCE_ATTRIBUTES.
otlp::ValueMap resource_of(const Environment& environment, std::string_view version);

}  // namespace ark::emit
