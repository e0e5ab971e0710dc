#pragma once
#include <memory>
#include <optional>

#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

namespace ark::runtime {

template <class F>
awaitable<std::invoke_result_t<F&>> on(WorkPool& pool, F& f) {
    using R = std::invoke_result_t<F&>;
    auto executor = co_await asio::this_coro::executor;
    std::optional<R> result;
    auto start = [&pool, &f, &result, executor](auto handler) {
        // std::function wants a copyable task; a handler may be move-only.
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        // What belongs to the context goes back with the handler: once that has run the context may be gone, and the
        // task is destroyed here.
        pool.post([&f, &result, executor, shared, guard = asio::make_work_guard(executor)]() mutable {
            result.emplace(f());
            asio::post(executor, [shared = std::move(shared), guard = std::move(guard)]() { std::move (*shared)(); });
        });
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start), asio::use_awaitable);
    co_return std::move(*result);
}

}  // namespace ark::runtime
