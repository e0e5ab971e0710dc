#include "runtime/work_pool.hpp"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace ark::runtime {
namespace {

awaitable<void> ask(WorkPool& pool, std::string& answer, bool& same_thread) {
    const auto here = std::this_thread::get_id();
    auto work = [here] { return std::this_thread::get_id() == here ? std::string("net") : std::string("work"); };
    answer = co_await on(pool, work);
    same_thread = std::this_thread::get_id() == here;
}

}  // namespace

TEST(WorkPool, RunsElsewhereAndResumesHere) {
    asio::io_context context(1);
    WorkPool pool(2);
    std::string answer;
    bool same_thread = false;
    auto ignore = [](std::exception_ptr) {};
    asio::co_spawn(context, ask(pool, answer, same_thread), ignore);
    context.run();
    EXPECT_EQ(answer, "work");
    EXPECT_TRUE(same_thread);
}

TEST(WorkPool, StopRunsWhatIsQueued) {
    std::atomic<int> ran = 0;
    WorkPool pool(1);
    for (int i = 0; i < 100; ++i)
        pool.post([&ran] { ++ran; });
    pool.stop();
    EXPECT_EQ(ran, 100);
}

}  // namespace ark::runtime
