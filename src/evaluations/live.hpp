#pragma once
#include "evaluations/runner.hpp"

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace ark::evaluations {

struct LiveConfig {
    std::size_t live_max = 64;                    ///< at once, of all tenants
    std::chrono::milliseconds interval_min{250};  ///< between two runs of one evaluation
    unsigned rest_factor = 5;                     ///< … and at least so many times as long as the last run took
};

/// Evaluations that go on: each is run again when something new may have changed it, and every change of its result is
/// an event. One ends when its query has, when its time is over, or when it is canceled. step() belongs to one thread,
/// add() and cancel() to any.
class Live {
public:
    Live(const LiveConfig& config, journal::Journal& journal, views::Views& views, const Clock& clock)
        : config_(config), journal_(journal), views_(views), clock_(clock) {}

    /// Takes an evaluation under its wing. `until`: when it ends at the latest. overloaded beyond live_max.
    Status add(std::string id, Runner runner, UnixNanos until);
    /// Runs what is due. Returns when to come again: nanoseconds from now; nothing when nobody waits for time.
    std::optional<std::chrono::nanoseconds> step();
    std::size_t size() const;
    /// Ends it without a result at the next step(), with an event that says so. One that is not here is forgotten.
    void cancel(std::string tenant, std::string id);

private:
    struct Task {
        Task(std::string its_id, Runner its_runner, UnixNanos ends)
            : id(std::move(its_id)), runner(std::move(its_runner)), until(ends) {}

        const std::string id;
        const Runner runner;
        const UnixNanos until;
        std::uint64_t due = 0;       // monotonic nanoseconds
        std::optional<Offset> seen;  // what the last run was over
        std::optional<Offset> rev;   // of its query's row then
        std::string face;            // what of the result a change is seen by
        bool has_result = false;
        bool unwanted = false;  // canceled, and perhaps not yet told
        bool passed = false;
        double score = 0;
    };
    enum class Next { again, over };

    Next run(Task& task);
    Next call_off(const Task& task);
    Next conclude(Task& task, const Result<EvaluationResult>& result, bool ends);
    bool append(const Task& task, Record record);

    const LiveConfig config_;
    journal::Journal& journal_;  // outlives us
    views::Views& views_;        // outlives us
    const Clock& clock_;         // outlives us
    mutable std::mutex mutex_;
    std::list<Task> fresh_;                                   // added, not yet run; guarded by mutex_
    std::size_t count_ = 0;                                   // of both lists; guarded by mutex_
    std::set<std::pair<std::string, std::string>> unwanted_;  // tenant, id; guarded by mutex_
    std::list<Task> tasks_;                                   // step()'s thread only
};

}  // namespace ark::evaluations
