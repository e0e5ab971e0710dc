#include "runtime/handover.hpp"

#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/execution/context.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

namespace ark::runtime {

/// One a context. A drain is under way, or posted, exactly while `tasks_` is not empty or being run.
class Handover::Queue final : public asio::execution_context::service {
public:
    inline static asio::execution_context::id id;

    explicit Queue(asio::execution_context& context) : service(context) {}

    void push(std::unique_ptr<Task> task, const asio::any_io_executor& executor) {
        std::unique_lock lock(mutex_);
        if (drain_posted_) return tasks_.push_back(std::move(task));
        const auto home = executor;  // `executor` may be the task's own: it is gone as soon as the task has run
        tasks_.push_back(std::move(task));
        drain_posted_ = true;
        lock.unlock();
        asio::post(home, [this] { drain(); });
    }

private:
    void drain() {
        std::vector<std::unique_ptr<Task>> tasks;
        {
            const std::lock_guard lock(mutex_);
            tasks.swap(tasks_);
            drain_posted_ = false;
        }
        for (auto& task : tasks)
            std::exchange(task, nullptr)->run();
    }

    /// The context ends: what has not run is destroyed, as posted handlers are.
    void shutdown() override {
        std::vector<std::unique_ptr<Task>> tasks;
        const std::lock_guard lock(mutex_);
        tasks.swap(tasks_);
    }

    std::mutex mutex_;                          // leaf
    std::vector<std::unique_ptr<Task>> tasks_;  // guarded by mutex_; bounded by its callers: one a suspended coroutine
    bool drain_posted_ = false;                 // guarded by mutex_
};

Handover::Handover(asio::any_io_executor executor)
    : executor_(asio::prefer(executor, asio::execution::outstanding_work.tracked)),
      queue_(&asio::use_service<Queue>(asio::query(executor, asio::execution::context))) {}

void Handover::post(std::unique_ptr<Task> task) const {
    queue_->push(std::move(task), executor_);
}

}  // namespace ark::runtime
