#pragma once
#include "runtime/asio.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace ark::runtime {

/// The net threads: one io_context each, run by one thread each, so that code on a context is single-threaded.
class IoPool {
public:
    explicit IoPool(unsigned threads);
    ~IoPool();  ///< stop()s

    std::size_t size() const { return contexts_.size(); }
    asio::io_context& context(std::size_t i) { return *contexts_[i]; }
    /// Starts the threads. Once.
    void start();
    /// Stops the contexts and joins the threads; whatever has not finished is destroyed. Idempotent.
    void stop();

private:
    using WorkGuard = asio::executor_work_guard<asio::io_context::executor_type>;
    std::vector<std::unique_ptr<asio::io_context>> contexts_;
    std::vector<WorkGuard> guards_;
    std::vector<std::thread> threads_;
};

}  // namespace ark::runtime
