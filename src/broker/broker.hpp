#pragma once
#include "base/result.hpp"
#include "broker/config.hpp"
#include "reference/projection.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ark::broker {

/// What the reference's paths keep, for whoever opens a broker's views beside it.
reference::KeepConfig keep_config(const BrokerConfig& config);

/// The whole broker of one process: journal, views, stream, query API, the doors. Belongs to the thread that created
/// it.
class Broker {
public:
    /// Opens what is stored and binds the addresses; nothing is accepted yet. Errors are for people: what is wrong and
    /// the cure.
    static Result<std::unique_ptr<Broker>> create(const BrokerConfig& config);
    virtual ~Broker() = default;  ///< stop()s

    /// Starts the threads; from here on requests are accepted.
    virtual Status start() = 0;
    /// "ready http=HOST:PORT otlp=HOST:PORT grpc=HOST:PORT"; "off" for a door that is closed.
    virtual std::string ready_line() const = 0;
    virtual std::string http_address() const = 0;  ///< HOST:PORT of the API, empty when closed
    virtual std::string otlp_address() const = 0;
    virtual std::string grpc_address() const = 0;
    /// Every (method, path pattern) of the HTTP door but the page's own files: what /openapi.json has to describe.
    virtual std::vector<std::pair<std::string, std::string>> routes() const = 0;
    /// Ends streams with `bye`, answers what is under way, leaves a clean journal. Idempotent. Blocks a few seconds at
    /// most.
    virtual void stop() = 0;
};

}  // namespace ark::broker
