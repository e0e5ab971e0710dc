#pragma once
#include "receive/intake.hpp"

namespace ark::receive {

/// POST /events: one JSON event or an array of them. 201 {"status":"success"} once durable; errors in the reference's
/// shape
/// {"error":{"code","message","requestId"}}.
awaitable<void> serve_events(Intake& intake, net::Exchange& exchange);

}  // namespace ark::receive
