#pragma once
#include "runtime/asio.hpp"

#include <memory>
#include <utility>

namespace ark::runtime {

/// Runs a task on the executor's context, as a post does, but tasks that are handed over before the context has come to
/// run them share one wake-up: a post to a sleeping context costs two system calls and a contended lock, each. In order
/// of arrival. Any thread; keeps the context's run() going until the task has run.
class Handover {
public:
    /// Destroyed without having run when the context ends first.
    class Task {
    public:
        virtual ~Task() = default;
        virtual void run() = 0;
    };

    /// The context behind the executor must outlive this. Looks the context's queue up: do it once, where time does not
    /// matter.
    explicit Handover(asio::any_io_executor executor);

    /// The task may own this handover.
    void post(std::unique_ptr<Task> task) const;
    template <class F>
    void post_function(F function) const {
        struct Function final : Task {
            explicit Function(F f) : function(std::move(f)) {}
            void run() override { function(); }
            F function;
        };
        post(std::make_unique<Function>(std::move(function)));
    }

private:
    class Queue;

    asio::any_io_executor executor_;  // counts as work: keeps run() going
    Queue* queue_;                    // a service of the context
};

}  // namespace ark::runtime
