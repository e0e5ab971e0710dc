#include "runtime/scope.hpp"

#include "base/check.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>

namespace ark::runtime {

Scope::Scope(asio::any_io_executor executor)
    : executor_(executor), idle_(executor, asio::steady_timer::time_point::max()) {}

Scope::~Scope() {
    ARK_CHECK(active_ == 0, "{} tasks outlive their scope: await close() first", active_);
}

void Scope::spawn(awaitable<void> task) {
    if (stopping_) return;
    ++active_;
    asio::co_spawn(executor_, std::move(task), [this](std::exception_ptr failure) {
        if (failure) {
            try {
                std::rethrow_exception(failure);
            } catch (const std::exception& e) {
                ARK_CHECK(false, "a task threw: {}", e.what());
            }
        }
        if (--active_ == 0) idle_.cancel();
    });
}

awaitable<void> Scope::close() {
    stopping_ = true;
    while (active_ > 0) {
        boost::system::error_code cancelled;
        co_await idle_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    }
}

}  // namespace ark::runtime
