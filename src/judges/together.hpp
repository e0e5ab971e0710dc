#pragma once
#include "runtime/scope.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>

namespace ark::judges {

/// Runs job(0) … job(count - 1), at most `width` of them at once, begun in that order; ends when all have.
inline awaitable<void> together(std::size_t count, std::size_t width, std::function<awaitable<void>(std::size_t)> job) {
    runtime::Scope scope(co_await asio::this_coro::executor);
    std::size_t next = 0;
    auto worker = [](std::size_t& first, std::size_t end,
                     const std::function<awaitable<void>(std::size_t)>& one) -> awaitable<void> {
        while (first < end)
            co_await one(first++);
    };
    for (std::size_t i = 0; i < std::min(count, std::max<std::size_t>(width, 1)); ++i)
        scope.spawn(worker(next, count, job));
    co_await scope.close();
}

}  // namespace ark::judges
