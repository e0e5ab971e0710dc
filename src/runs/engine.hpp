#pragma once
#include "runs/run.hpp"

#include <memory>

namespace ark::runs {

struct EngineConfig {
    /// Runs at once; more wait their turn, in the order in which they came. Those that wait for a person do not count.
    std::size_t concurrent_max = 32;
};

struct EngineCounters {
    std::uint64_t started = 0;
    std::uint64_t ended = 0;
    std::size_t running = 0;
    std::size_t waiting = 0;
    std::size_t asking = 0;  ///< of those that run: they wait for a person
};

/// Runs the Queries of a store: takes up what is pending, goes on with what an earlier process left running, obeys
/// `spec.cancel`, deletes what is past its TTL. Lives on one executor.
class Engine {
public:
    virtual ~Engine() = default;
    static std::unique_ptr<Engine> create(const Services& services, EngineConfig config,
                                          asio::any_io_executor executor);
    virtual void start() = 0;
    /// Suspends what runs and waits for it.
    virtual awaitable<void> stop() = 0;
    virtual EngineCounters counters() const = 0;
};

}  // namespace ark::runs
