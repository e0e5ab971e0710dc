#pragma once
#include "runtime/asio.hpp"

#include <cstddef>

namespace ark::runtime {

/// A nursery for coroutines on one io_context: every task that is spawned here ends before close() returns.
///
/// Lives on, and is used from, one executor. Tasks learn of stop through stopping() and through their own waits: owners
/// close the sockets and cancel the timers that tasks wait on. The destructor only checks that close() was awaited:
/// blocking there would stall the thread that must run the tasks. Make it the last member of its owner.
class Scope {
public:
    explicit Scope(asio::any_io_executor executor);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// Runs the task on our executor. An exception that leaves a task is a bug and ends the process.
    void spawn(awaitable<void> task);
    /// Refuses further tasks and waits for those under way. Idempotent.
    awaitable<void> close();
    bool stopping() const { return stopping_; }
    std::size_t active() const { return active_; }

private:
    asio::any_io_executor executor_;
    asio::steady_timer idle_;  // expires never; cancelled when the last task ends
    std::size_t active_ = 0;
    bool stopping_ = false;
};

}  // namespace ark::runtime
