#include "runtime/scope.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>

namespace ark::runtime {
namespace {

awaitable<void> count_after_hops(int hops, int& count) {
    auto executor = co_await asio::this_coro::executor;
    for (int i = 0; i < hops; ++i)
        co_await asio::post(executor, asio::use_awaitable);
    ++count;
}

awaitable<void> close_and_note(Scope& scope, int& count, int& seen) {
    co_await scope.close();
    seen = count;
}

}  // namespace

TEST(Scope, CloseWaitsForEveryTask) {
    asio::io_context context(1);
    Scope scope(context.get_executor());
    int count = 0;
    int seen = -1;
    for (int hops = 0; hops < 10; ++hops)
        scope.spawn(count_after_hops(hops, count));
    auto ignore = [](std::exception_ptr) {};
    asio::co_spawn(context, close_and_note(scope, count, seen), ignore);
    context.run();
    EXPECT_EQ(seen, 10);
    EXPECT_EQ(scope.active(), 0u);
}

TEST(Scope, RefusesTasksOnceItCloses) {
    asio::io_context context(1);
    Scope scope(context.get_executor());
    int count = 0;
    int seen = -1;
    auto ignore = [](std::exception_ptr) {};
    asio::co_spawn(context, close_and_note(scope, count, seen), ignore);
    context.run();
    scope.spawn(count_after_hops(1, count));
    context.restart();
    context.run();
    EXPECT_EQ(count, 0);
}

}  // namespace ark::runtime
