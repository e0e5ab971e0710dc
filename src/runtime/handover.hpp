#pragma once
#include "runtime/asio.hpp"

#include <functional>

namespace ark::runtime {

/// Runs `task` on the executor's context, as a post does, but tasks that are handed over before the context has come to
/// run them share one wake-up: a post to a sleeping context costs two system calls and a contended lock, each. In order
/// of arrival. Any thread; keeps the context's run() going until the task has run.
class Handover {
public:
    /// The context behind the executor must outlive this. Looks the context's queue up: do it once, where time does not
    /// matter.
    explicit Handover(asio::any_io_executor executor);

    void post(std::function<void()> task) const;

private:
    class Queue;

    asio::any_io_executor executor_;
    asio::any_io_executor work_;  // keeps run() going
    Queue* queue_;                // a service of the context
};

}  // namespace ark::runtime
