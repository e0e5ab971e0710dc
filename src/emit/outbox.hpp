#pragma once
#include "base/result.hpp"
#include "disk/disk.hpp"
#include "runtime/work_pool.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace ark::emit {

enum class Signal : std::uint8_t { traces = 1, logs = 2 };

/// An encoded export request that waits for its targets.
struct Parcel {
    Signal signal = Signal::traces;
    std::shared_ptr<const std::string> body;  ///< OTLP protobuf
};

/// Where in the outbox a target is: bytes since it began, across files. 0 is its first record.
using Place = std::uint64_t;

/// Telemetry on its way to one or more targets, kept on disk until each of them has it: a controller that is killed, or
/// a broker that is away, costs nothing (design.md §6).
///
/// Parcels are written when they are added, which survives kill -9; the newest stay in memory too, so that a target
/// that keeps up never reads the disk. Files in `directory`: `<place>.spill` (docs/formats/record-log.md),
/// `<target>.at`. Beyond `bytes_max` the oldest file goes, whoever still lacks it, and is counted. When the disk fails,
/// what is in memory is all there is. Lives on one executor; disk work is done on the pool.
class Outbox {
public:
    struct Config {
        std::string directory;
        std::uint64_t bytes_max = 1u << 30;
        std::uint64_t file_bytes = 16u << 20;
        std::uint64_t memory_bytes = 16u << 20;
    };
    struct Counters {
        std::uint64_t waiting_bytes = 0;    ///< that the slowest target lacks
        std::uint64_t dropped_parcels = 0;  ///< that a target will never get
        bool disk_failed = false;
    };

    virtual ~Outbox() = default;
    /// Continues where each target was. Blocks. Errors: io, corrupt.
    static Result<std::unique_ptr<Outbox>> open(disk::Disk& disk, runtime::WorkPool& pool, Config config,
                                                const std::vector<std::string>& targets);

    /// One at a time. Resolves when they were written.
    virtual awaitable<void> add(std::vector<Parcel> parcels) = 0;
    struct Next {
        std::vector<Parcel> parcels;  ///< empty: the target has everything
        Place after = 0;
    };
    /// What the target needs next, at most about `bytes_max`.
    virtual awaitable<Next> next(std::size_t target, std::size_t bytes_max) = 0;
    /// The target has everything before `after`.
    virtual void delivered(std::size_t target, Place after) = 0;
    virtual Counters counters() const = 0;
};

}  // namespace ark::emit
