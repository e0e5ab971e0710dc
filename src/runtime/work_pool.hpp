#pragma once
#include "runtime/asio.hpp"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

namespace ark::runtime {

/// Threads for short tasks that may block on disk: view queries, history reads. Net threads never do that themselves.
class WorkPool {
public:
    explicit WorkPool(unsigned threads);
    ~WorkPool();  ///< stop()s

    /// Queues the task; runs in order of arrival. After stop() it is dropped.
    void post(std::function<void()> task);
    /// Runs what is queued, then joins. Idempotent.
    void stop();
    std::size_t queued() const;

private:
    void run();

    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::function<void()>> tasks_;  // bounded by its callers: one per request under way (docs/limits.md)
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

/// Runs `f()` on the pool and resumes the caller on its own executor with the result. `f` must be a named object:
/// `auto read = [&] {…}; auto page = co_await on(pool, read);` The caller's frame stays alive meanwhile, so references
/// are fine.
template <class F>
awaitable<std::invoke_result_t<F&>> on(WorkPool& pool, F& f);

}  // namespace ark::runtime

#include "runtime/work_pool_impl.hpp"
