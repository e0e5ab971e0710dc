#pragma once
#include "agents/execution.hpp"
#include "base/time.hpp"
#include "disk/disk.hpp"
#include "emit/exporter.hpp"
#include "runtime/work_pool.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ark::runs {

/// The steps of one run. One executor.
///
/// What happens is noted with the telemetry that tells of it, in one record of the outbox: a step is there and was
/// told, or neither, whenever the process dies.
class StepLog final : public agents::Steps {
public:
    const std::string* find(std::string_view path, std::string_view inputs) const override;
    awaitable<Status> record(agents::Step step) override;
    Begun begin(std::string_view path) override;
    void end(std::string_view path, agents::Ended how) override;

    /// Paths of the completed steps, in the order in which they were recorded.
    const std::vector<std::string>& order() const { return order_; }
    /// A completed step, whatever led to it; null when there is none. Valid until the next record().
    const agents::Step* at(std::string_view path) const;
    /// Takes over the steps of another run that were recorded before `from` (all of them when it is empty); their
    /// telemetry stays that run's. not_found: it has no such step. For a log that has none of its own.
    awaitable<Status> reuse(const StepLog& other, std::string from);

private:
    friend class StepLogs;
    StepLog(emit::Notary& notary, const Clock& clock, std::string uid)
        : notary_(notary), clock_(clock), uid_(std::move(uid)) {}
    Status take(std::uint8_t kind, std::string_view payload);
    void note(std::uint8_t kind, std::string_view payload);

    struct Lasting {
        UnixNanos began;
        bool before = false;  // by an earlier process
        agents::Ended ended = agents::Ended::no;
    };

    emit::Notary& notary_;  // outlives us, as do the others
    const Clock& clock_;
    const std::string uid_;
    std::map<std::string, agents::Step, std::less<>> steps_;
    std::map<std::string, Lasting, std::less<>> lasting_;
    std::vector<std::string> order_;
};

/// The steps of all runs: `<uid>.steps` in a directory (docs/formats/record-log.md; records in docs/life-of-a-run.md).
///
/// While a run goes on its steps are in the outbox, with one write and one sync for all runs; from there they come
/// here, now and then and at the next start. One executor.
class StepLogs final : public emit::Keeper {
public:
    StepLogs(disk::Disk& disk, runtime::WorkPool& pool, const Clock& clock, std::string directory)
        : disk_(disk), pool_(pool), clock_(clock), directory_(std::move(directory)) {}
    /// Before the first open(): where notes go. It outlives the logs.
    void write_to(emit::Notary& notary) { notary_ = &notary; }

    /// What was recorded of the run until now, by this process or an earlier one. Errors: corrupt, io.
    awaitable<Result<std::unique_ptr<StepLog>>> open(std::string uid);
    /// The same of a run that must have been; not_found when nothing is left of it.
    awaitable<Result<std::unique_ptr<StepLog>>> open_existing(std::string uid);
    /// The run is gone, and so are its steps.
    void forget(const std::string& uid);

    awaitable<Status> keep(std::vector<std::shared_ptr<const emit::Parcel::Notes>> notes) override;

private:
    std::string path(std::string_view uid) const;
    Status append(const std::string& uid, const std::vector<std::string>& notes) const;

    disk::Disk& disk_;  // outlives us, as do the others
    runtime::WorkPool& pool_;
    const Clock& clock_;
    const std::string directory_;
    emit::Notary* notary_ = nullptr;
    bool settled_ = false;         // what earlier processes noted is in the files
    std::set<std::string> noted_;  // runs of which this process may have noted something
};

}  // namespace ark::runs
