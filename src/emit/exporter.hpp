#pragma once
#include "emit/courier.hpp"
#include "emit/outbox.hpp"
#include "emit/targets.hpp"
#include "emit/tracer.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace ark::emit {

struct ExporterConfig {
    Outbox::Config outbox;
    std::vector<TargetConfig> targets;
    otlp::ValueMap resource;
    otlp::Scope scope{"ark/controller",
                      ""};  ///< events are ours: the broker derives none from our spans (docs/events.md)
    std::size_t pending_bytes_max = 64u << 20;    ///< recorded, not yet in the outbox; beyond: dropped and counted
    std::size_t request_bytes = 1u << 20;         ///< what is sent to a target at once, about
    std::size_t unkept_bytes_max = 8u << 20;      ///< of the outbox, before its notes are kept
    std::chrono::milliseconds linger{2};          ///< what nobody waits for is written so much later, with what follows
    std::chrono::milliseconds pace{2};            ///< between two requests to a target that keeps up
    std::chrono::milliseconds settling{250};      ///< before a target is asked what an earlier process got through
    std::chrono::milliseconds mend_pause{1'000};  ///< of a disk that fails, until it is tried again
    unsigned mends_until_error = 10;              ///< in vain, before those who wait for it are told
    std::chrono::milliseconds backoff_min{100};
    std::chrono::milliseconds backoff_max{10'000};
};

struct ExporterCounters {
    std::uint64_t recorded = 0;  ///< spans and events
    std::uint64_t dropped = 0;   ///< of them, for want of room in memory
    std::uint64_t refused_requests = 0;
    std::uint64_t failed_attempts = 0;
    Outbox::Counters outbox;
};

/// What has to be true exactly when it was told: a step is recorded and its end is on its way to the targets, or
/// neither (docs/life-of-a-run.md).
class Notary {
public:
    virtual ~Notary() = default;
    /// Goes into the outbox with what is recorded before the next time that the executor runs something else: both are
    /// there after a crash, or neither.
    virtual void note(std::string note) = 0;
    /// Everything that was noted and recorded before the call is durable, power cut and all; commits at the same time
    /// share a sync. A disk that fails is waited for a while: it may be full. An error: it may be lost.
    virtual awaitable<Status> commit() = 0;
    /// Everything that was noted before the call has been kept (Keeper).
    virtual awaitable<Status> settle() = 0;
};

/// Where notes end up. Each comes at least once, in order; what an earlier process noted comes first.
class Keeper {
public:
    virtual ~Keeper() = default;
    /// Resolves when they are durable.
    virtual awaitable<Status> keep(std::vector<std::shared_ptr<const Parcel::Notes>> notes) = 0;
};

/// Carries telemetry to its targets: what is recorded is encoded, written to the outbox with the next commit or a
/// moment later, and delivered to each target in order, at its own pace, for as long as it takes. Recording never waits
/// and never fails.
///
/// Lives on one executor. The references of open() outlive it; stop() before its destruction.
class Exporter : public Recorder, public Notary {
public:
    /// `keeper` gets the notes; null: there are none.
    static Result<std::unique_ptr<Exporter>> open(asio::any_io_executor executor, runtime::WorkPool& pool,
                                                  disk::Disk& disk, Courier& courier, ExporterConfig config,
                                                  Keeper* keeper);
    /// Everything that was recorded before the call is in the outbox: it survives our death.
    virtual awaitable<void> flush() = 0;
    /// The place in the outbox behind all that was recorded before the call.
    virtual awaitable<Place> said() = 0;
    /// The target has everything before the place; so has a target that there is not.
    virtual bool has(std::string_view target, Place place) const = 0;
    /// From now on nobody waits for a disk that fails, nor for company in a request.
    virtual void hurry() = 0;
    /// Flushes, gives the targets `grace` to take what waits, and stops. The rest is delivered after the next start.
    virtual awaitable<void> stop(std::chrono::milliseconds grace) = 0;
    virtual ExporterCounters counters() const = 0;
};

}  // namespace ark::emit
