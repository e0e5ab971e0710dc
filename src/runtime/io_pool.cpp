#include "runtime/io_pool.hpp"

#include "base/thread.hpp"

#include <boost/asio/executor_work_guard.hpp>

namespace ark::runtime {

IoPool::IoPool(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) {
        contexts_.push_back(std::make_unique<asio::io_context>(1));
        guards_.emplace_back(contexts_.back()->get_executor());
    }
}

IoPool::~IoPool() {
    stop();
}

void IoPool::start() {
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        threads_.emplace_back([context = contexts_[i].get(), name = "net" + std::to_string(i)] {
            name_this_thread(name.c_str());
            context->run();
        });
    }
}

void IoPool::stop() {
    guards_.clear();
    for (auto& context : contexts_)
        context->stop();
    for (auto& thread : threads_)
        thread.join();
    threads_.clear();
}

}  // namespace ark::runtime
