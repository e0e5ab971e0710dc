#include "runtime/sleep.hpp"

#include <memory>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace ark::runtime {

awaitable<Status> sleep_for(std::chrono::nanoseconds time, std::stop_token stop) {
    const auto executor = co_await asio::this_coro::executor;
    const auto timer = std::make_shared<asio::steady_timer>(executor, time);
    const auto wake = [weak = std::weak_ptr(timer), executor] {
        asio::post(executor, [weak] {
            if (const auto live = weak.lock()) live->cancel();
        });
    };
    const std::stop_callback on_stop(stop, wake);
    boost::system::error_code cancelled;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    if (stop.stop_requested()) co_return fail(Errc::stopped, "while waiting");
    co_return ok();
}

}  // namespace ark::runtime
