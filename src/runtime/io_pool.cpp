#include "runtime/io_pool.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <pthread.h>

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
        threads_.emplace_back([context = contexts_[i].get()] { context->run(); });
        pthread_setname_np(threads_.back().native_handle(), ("net" + std::to_string(i)).c_str());
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
