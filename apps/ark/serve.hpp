#pragma once
#include "broker/broker.hpp"
#include "context.hpp"
#include "net/http.hpp"

#include <functional>
#include <string>

namespace ark::cli {

/// Something that runs until it is told to stop.
struct Service {
    std::string log_level = "info";
    bool log_json = false;
    std::string port_file;                       ///< gets the ready line; empty: none
    std::function<Result<std::string>()> start;  ///< accepts requests when it returns; gives the ready line
    std::function<void()> announced = [] {};     ///< after the ready line was written
    std::function<void()> stop;
};

/// Starts it, says where it listens (ready line on standard output, port file), waits for SIGINT or SIGTERM, and stops
/// it. A second signal ends the process at once. Blocks; main thread only, before any other thread.
Result<Exit> serve(const Context& context, const Service& service);

/// The same for a broker. `ready` is called when it listens, `leaving` before it is stopped.
Result<Exit> serve(const Context& context, const broker::BrokerConfig& config,
                   const std::function<void(broker::Broker&)>& ready = {}, const std::function<void()>& leaving = {});

/// The same for routes alone, on one net thread; `listen` is HOST:PORT. `leaving` ends what they still answer. Errors:
/// config, address_in_use.
Result<Exit> serve(const Context& context, const std::string& listen,
                   const std::function<void(net::Router&)>& add_routes, const std::function<void()>& leaving);

}  // namespace ark::cli
