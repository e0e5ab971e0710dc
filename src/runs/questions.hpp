#pragma once
#include "agents/people.hpp"
#include "runs/desk.hpp"
#include "runs/place.hpp"
#include "runs/run.hpp"
#include "runs/step_log.hpp"

#include <functional>
#include <map>
#include <string>

namespace ark::runs {

/// What one run asks people. Each question is an A2ATask that somebody answers (docs/life-of-a-run.md, "Waiting for a
/// person"): that it was asked, and what came of it, are steps of the run, so that a process that goes on asks nothing
/// twice. One executor.
class Questions final : public agents::People {
public:
    struct Hooks {
        std::function<void(bool waits)> on_waiting;  ///< the run waits for a person now, or for nobody any more
        std::function<awaitable<void>(codec::JsonValue status)> write_status;  ///< merges into the query's status
    };
    /// All of it outlives us.
    Questions(const Services& services, resources::ResourcePtr query, StepLog& steps, Desk& desk, Place& place,
              Hooks hooks);

    awaitable<Result<agents::Decision>> ask(agents::Execution& execution, agents::Question question) override;

    /// Something is asked and not answered.
    bool has_open() const;
    /// How much of the time since then was spent waiting for people.
    std::chrono::nanoseconds waited(UnixNanos since) const;

private:
    struct Interval {
        UnixNanos asked;
        UnixNanos answered;  // 0: not yet
    };
    struct Pending {
        std::string id;
        UnixNanos asked;
        UnixNanos deadline;
    };
    struct Answer {
        agents::Decision decision;
        std::string by;
        std::string reason;  // of the task's condition
    };

    awaitable<Result<Pending>> announce(agents::Execution& execution, const agents::Question& question,
                                        std::string inputs);
    awaitable<Result<Answer>> wait(agents::Execution& execution, const agents::Question& question,
                                   const Pending& pending);
    awaitable<Status> conclude(agents::Execution& execution, const agents::Question& question, const Pending& pending,
                               Answer answer, std::string inputs);
    awaitable<void> begin_wait(const agents::Question& question, const Pending& pending);
    awaitable<void> end_wait(const std::string& id, std::stop_token stop);
    void tell_end(agents::Execution& execution, const agents::Question& question, const Pending& pending,
                  const Answer& answer);
    awaitable<void> withdraw(agents::Execution& execution, const agents::Question& question, const Pending& pending);
    resources::ObjectName task_of(const agents::Question& question, const std::string& id) const;
    std::string id_of(const agents::Question& question, const std::string& inputs) const;

    const Services services_;
    const resources::ResourcePtr query_;
    StepLog& steps_;
    Desk& desk_;
    Place& place_;
    const Hooks hooks_;
    std::map<std::string, Interval> intervals_;        // by path of the question
    std::map<std::string, codec::JsonValue> waiting_;  // by id: as the query's status says it
};

}  // namespace ark::runs
