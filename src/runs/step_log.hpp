#pragma once
#include "agents/execution.hpp"
#include "base/time.hpp"
#include "disk/disk.hpp"
#include "runtime/bell.hpp"
#include "runtime/work_pool.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace ark::runs {

/// The steps of one run, in a file of its own (docs/formats/record-log.md; records in docs/life-of-a-run.md).
///
/// A step is durable, fdatasync and all, before record() resolves; the telemetry of it is written before, so that what
/// is recorded was told. Steps that are recorded at the same time share a sync. One executor.
class StepLog final : public agents::Steps {
public:
    using Flush = std::function<awaitable<void>()>;

    /// Reads what an earlier process recorded. Errors: corrupt, io.
    static awaitable<Result<std::unique_ptr<StepLog>>> open(disk::Disk& disk, runtime::WorkPool& pool,
                                                            const Clock& clock, std::string path, Flush flush);

    const std::string* find(std::string_view path, std::string_view inputs) const override;
    awaitable<Status> record(agents::Step step) override;
    Begun begin(std::string_view path) override;

    /// Paths of the completed steps, in the order in which they were recorded.
    const std::vector<std::string>& order() const { return order_; }
    /// A completed step, whatever led to it; null when there is none. Valid until the next record().
    const agents::Step* at(std::string_view path) const;
    /// Takes over the steps of another run that were recorded before `from` (all of them when it is empty); their
    /// telemetry stays that run's. not_found: it has no such step. For a log that has none of its own.
    awaitable<Status> reuse(const StepLog& other, std::string from);

private:
    struct State;
    StepLog(runtime::WorkPool& pool, const Clock& clock, Flush flush, asio::any_io_executor executor)
        : pool_(pool), clock_(clock), flush_(std::move(flush)), written_bell_(std::move(executor)) {}
    awaitable<void> write();

    runtime::WorkPool& pool_;  // outlives us, as do the others
    const Clock& clock_;
    const Flush flush_;
    std::shared_ptr<State> state_;
    std::map<std::string, agents::Step, std::less<>> steps_;
    std::map<std::string, UnixNanos, std::less<>> begun_;      // of those in the file: by an earlier process
    std::map<std::string, UnixNanos, std::less<>> beginning_;  // by this one
    std::vector<std::string> order_;
    std::vector<std::string> unwritten_;  // beginnings, for the next write
    std::vector<agents::Step> waiting_;
    std::uint64_t asked_ = 0;    // records so far
    std::uint64_t written_ = 0;  // of them are durable
    Status status_;              // of the file; once wrong, always wrong
    bool writing_ = false;
    runtime::Bell written_bell_;
};

}  // namespace ark::runs
