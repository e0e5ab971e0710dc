#pragma once
#include "receive/intake.hpp"

namespace ark::receive {

/// OTLP/HTTP for one signal (OTLP specification, "OTLP/HTTP"): protobuf or JSON by content type, identity, gzip,
/// zstd, deflate or br. Errors are google.rpc.Status in the request's encoding; retryable ones carry Retry-After.
awaitable<void> serve_otlp_http(Intake& intake, otlp::Signal signal, net::Exchange& exchange);

}  // namespace ark::receive
