#pragma once
#include "broker/broker.hpp"
#include "context.hpp"

#include <functional>

namespace ark::cli {

/// Opens a broker, says where it listens (ready line on standard output, port file), calls `ready`, waits for SIGINT or
/// SIGTERM, calls `leaving`, and stops it. A second signal ends the process at once. Blocks; main thread only, before
/// any other thread.
Result<Exit> serve(const Context& context, const broker::BrokerConfig& config,
                   const std::function<void(broker::Broker&)>& ready = {}, const std::function<void()>& leaving = {});

}  // namespace ark::cli
