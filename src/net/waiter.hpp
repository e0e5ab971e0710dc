#pragma once
#include "runtime/asio.hpp"

#include <memory>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

namespace ark::net {

/// Lets one coroutine sleep until somebody wakes it, both on one executor. A wake that comes first is kept; wakes do
/// not add up: whoever sleeps checks what it waits for in a loop.
class Waiter {
public:
    explicit Waiter(asio::io_context& context) : context_(context) {}

    awaitable<void> wait() {
        if (!woken_) {
            auto start = [this](auto handler) {
                sleeper_ = std::make_unique<Resume<decltype(handler)>>(std::move(handler));
            };
            co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start),
                                                                                  asio::use_awaitable);
        }
        woken_ = false;
    }
    void wake() {
        woken_ = sleeper_ == nullptr;
        if (const auto sleeper = std::move(sleeper_)) sleeper->post(context_);
    }

private:
    struct Sleeper {
        virtual ~Sleeper() = default;
        virtual void post(asio::io_context& context) = 0;
    };
    template <class Handler>
    struct Resume final : Sleeper {
        explicit Resume(Handler h) : handler(std::move(h)) {}
        void post(asio::io_context& context) override { asio::post(context, std::move(handler)); }
        Handler handler;
    };

    asio::io_context& context_;
    std::unique_ptr<Sleeper> sleeper_;
    bool woken_ = false;
};

}  // namespace ark::net
