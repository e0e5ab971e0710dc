#pragma once
#include "receive/intake.hpp"

namespace ark::receive {

/// One unary Export of OTLP/gRPC. Bad data: INVALID_ARGUMENT; overload: UNAVAILABLE with RetryInfo; over-size:
/// RESOURCE_EXHAUSTED without RetryInfo, so that it is not retried; unknown compression: UNIMPLEMENTED.
awaitable<void> serve_otlp_grpc(Intake& intake, otlp::Signal signal, net::Exchange& exchange);

}  // namespace ark::receive
