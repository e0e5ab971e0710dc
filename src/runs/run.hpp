#pragma once
#include "emit/audience.hpp"
#include "emit/tracer.hpp"
#include "runs/desk.hpp"
#include "runs/network.hpp"
#include "runs/place.hpp"
#include "runs/step_log.hpp"

#include <memory>
#include <string>

namespace ark::runs {

/// What every run uses. All of it outlives them.
struct Services {
    resources::ResourceStore& store;
    Network& network;
    emit::Tracer& tracer;
    StepLogs& steps;
    const Clock& clock;
    emit::Exporter* exporter = nullptr;  ///< of what the tracer says; null: nobody waits for its arrival
    emit::Audience* audience = nullptr;  ///< who listens in this process; null: nobody can
};

/// One attempt to answer a Query, from its first step or from where an earlier process left it (docs/life-of-a-run.md).
/// One executor.
class Run {
public:
    virtual ~Run() = default;
    /// `place` and `desk` outlive it.
    static std::unique_ptr<Run> create(const Services& services, resources::ResourcePtr query, Place& place, Desk& desk,
                                       asio::any_io_executor executor);

    /// Runs to the end and writes the Query's status. Once.
    virtual awaitable<void> go() = 0;
    /// The user no longer wants the answer: calls under way are aborted, the phase becomes `canceled`.
    virtual void cancel() = 0;
    /// The process stops: calls under way are aborted, nothing is said; go() in the next process continues.
    virtual void suspend() = 0;
};

}  // namespace ark::runs
