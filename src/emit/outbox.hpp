#pragma once
#include "base/result.hpp"
#include "disk/disk.hpp"
#include "runtime/work_pool.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace ark::emit {

enum class Signal : std::uint8_t { traces = 1, logs = 2 };

/// What was recorded in one moment. It is in the outbox whole or not at all, and so is what a target gets of it.
struct Parcel {
    std::shared_ptr<const std::string> logs;    ///< encoded export requests (OTLP protobuf); null: none
    std::shared_ptr<const std::string> traces;  ///< likewise
    using Notes = std::vector<std::string>;
    std::shared_ptr<const Notes> notes;  ///< for our own keeping: what has to be true together with them

    const std::shared_ptr<const std::string>& body(Signal signal) const {
        return signal == Signal::logs ? logs : traces;
    }
    std::size_t bytes() const;
};

/// Where in the outbox a target is: bytes since it began, across files. 0 is its first record.
using Place = std::uint64_t;

/// Telemetry on its way to one or more targets, kept on disk until each of them has it: a controller that is killed, or
/// a broker that is away, costs nothing (design.md §6).
///
/// Parcels are written when they are added, which survives kill -9, and synced where that is asked for, which survives
/// the machine; the newest stay in memory too, so that a target
/// that keeps up never reads the disk. Files in `directory`: `<place>.spill` (docs/formats/record-log.md),
/// `<target>.at`. Beyond `bytes_max` the oldest file goes, whoever still lacks it, and is counted. When the disk fails,
/// what is in memory is all there is, until mend() finds that the disk takes it. Lives on one executor; disk work is
/// done on the pool.
class Outbox {
public:
    struct Config {
        std::string directory;
        std::uint64_t bytes_max = 1u << 30;
        std::uint64_t file_bytes = 16u << 20;
        std::uint64_t memory_bytes = 16u << 20;
    };
    struct Counters {
        Place end = 0;                      ///< of everything that was added
        std::uint64_t waiting_bytes = 0;    ///< that the slowest target lacks
        std::uint64_t dropped_parcels = 0;  ///< that a target will never get
        bool disk_failed = false;           ///< now
    };

    virtual ~Outbox() = default;
    /// Continues where each target was. Blocks. Errors: io, corrupt.
    static Result<std::unique_ptr<Outbox>> open(disk::Disk& disk, runtime::WorkPool& pool, Config config,
                                                const std::vector<std::string>& targets);

    enum class Sync { no, yes };
    /// One at a time. `make` is called on the pool, which is visited once: encoding, write and sync in one go. Resolves
    /// when it was written. An error: it is in memory only, or not synced.
    virtual awaitable<Status> add(std::function<Parcel()> make, Sync sync) = 0;
    /// After a failure of the disk: writes what memory holds and the disk may lack into a new file, synced, and goes on
    /// there; the file that failed gets no more. Not while add() is under way. An error: it still fails.
    virtual awaitable<Status> mend() = 0;
    struct Next {
        std::vector<Parcel> parcels;  ///< empty: the target has everything
        Place after = 0;
    };
    /// What the target needs next, at most about `bytes_max`.
    virtual awaitable<Next> next(std::size_t target, std::size_t bytes_max) = 0;
    /// The target has everything before `after`.
    virtual void delivered(std::size_t target, Place after) = 0;
    /// Bytes that the target lacks.
    virtual std::uint64_t waiting(std::size_t target) const = 0;
    virtual Counters counters() const = 0;
};

}  // namespace ark::emit
