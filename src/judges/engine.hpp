#pragma once
#include "judges/assessment.hpp"

#include <memory>

namespace ark::judges {

struct EngineConfig {
    std::size_t concurrent_max = 16;  ///< evaluations at once; batches, which only wait, are not counted
};

struct EngineCounters {
    std::uint64_t ended = 0;
    std::size_t running = 0;
    std::size_t waiting = 0;
};

/// Judges the Evaluations of a store: takes up what is pending, goes on with what an earlier process left running,
/// deletes what is past its TTL. Deleting one, or setting its phase to `canceled`, stops it. Lives on one executor.
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

}  // namespace ark::judges
