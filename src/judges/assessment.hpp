#pragma once
#include "judges/remote.hpp"
#include "runs/run.hpp"

#include <memory>
#include <string>

namespace ark::judges {

/// What every assessment uses. All of it outlives them.
struct Services {
    const runs::Services& runs;  ///< store, models, telemetry, steps
    Remote& remote;              ///< to the broker
    Remote& evaluators;          ///< to the services of Evaluators
    std::string broker;          ///< base URL of who evaluates events; empty: nobody
};

/// One attempt at one Evaluation, from its first step or from where an earlier process left it. One executor.
class Assessment {
public:
    virtual ~Assessment() = default;
    static std::unique_ptr<Assessment> create(const Services& services, resources::ResourcePtr evaluation,
                                              asio::any_io_executor executor);

    /// Judges, and writes the Evaluation's status. Once.
    virtual awaitable<void> go() = 0;
    /// Nobody wants the result: it was deleted, or its phase was set to `canceled`. Calls under way are aborted.
    virtual void cancel() = 0;
    /// The process stops: calls under way are aborted, nothing is said; go() in the next process continues.
    virtual void suspend() = 0;
};

}  // namespace ark::judges
