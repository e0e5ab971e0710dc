#include "runtime/work_pool.hpp"

#include "base/thread.hpp"

namespace ark::runtime {

WorkPool::WorkPool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
        threads_.emplace_back([this, name = "work" + std::to_string(i)] {
            name_this_thread(name.c_str());
            run();
        });
    }
}

WorkPool::~WorkPool() {
    stop();
}

void WorkPool::post(std::function<void()> task) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_) return;
        tasks_.push_back(std::move(task));
    }
    wake_.notify_one();
}

void WorkPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

std::size_t WorkPool::queued() const {
    const std::lock_guard lock(mutex_);
    return tasks_.size();
}

void WorkPool::run() {
    while (true) {
        std::function<void()> task;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
            if (tasks_.empty()) return;
            task = std::move(tasks_.front());
            tasks_.pop_front();
        }
        task();
    }
}

}  // namespace ark::runtime
