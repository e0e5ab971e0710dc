#pragma once
#include "base/result.hpp"
#include "controller/config.hpp"

#include <memory>
#include <string>

namespace ark::controller {

/// The whole controller of one process: the resources, their HTTP face, and the engine that runs queries. Belongs to
/// the thread that created it.
class Controller {
public:
    /// Opens what is stored and binds the address; nothing is accepted yet. Errors are for people.
    static Result<std::unique_ptr<Controller>> create(const ControllerConfig& config);
    virtual ~Controller() = default;  ///< stop()s

    virtual Status start() = 0;                    ///< from here on requests are accepted
    virtual std::string ready_line() const = 0;    ///< "ready http=HOST:PORT"
    virtual std::string http_address() const = 0;  ///< HOST:PORT
    /// Ends watches, answers what is under way. Idempotent. Blocks a few seconds at most.
    virtual void stop() = 0;
};

}  // namespace ark::controller
