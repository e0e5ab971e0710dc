#include "runtime/sleep.hpp"

#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

namespace ark::runtime {
namespace {

Status run(asio::io_context& context, awaitable<Status> task) {
    Status result = fail(Errc::internal, "did not end");
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr, Status status) { result = std::move(status); });
    context.run();
    return result;
}

TEST(Sleep, EndsByItself) {
    asio::io_context context;
    EXPECT_TRUE(run(context, sleep_for(std::chrono::milliseconds(1))));
}

TEST(Sleep, IsStoppedFromAnotherThread) {
    asio::io_context context;
    std::stop_source stop;
    std::thread other([&] { stop.request_stop(); });
    const auto status = run(context, sleep_for(std::chrono::hours(1), stop.get_token()));
    other.join();
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().code, Errc::stopped);
}

}  // namespace
}  // namespace ark::runtime
