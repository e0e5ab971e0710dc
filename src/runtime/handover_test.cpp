#include "runtime/handover.hpp"

#include <algorithm>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace ark::runtime {
namespace {

TEST(Handover, RunsWhatOtherThreadsHandOverInOrder) {
    asio::io_context context;
    std::vector<int> ran;
    std::thread other;
    {
        Handover handover(context.get_executor());
        other = std::thread([handover, &ran] {
            for (int i = 0; i < 1000; ++i)
                handover.post([&ran, i] { ran.push_back(i); });
        });
    }
    context.run();  // ends when the other thread has let go of its handover, and not before
    other.join();
    ASSERT_EQ(ran.size(), 1000u);
    EXPECT_TRUE(std::is_sorted(ran.begin(), ran.end()));
}

TEST(Handover, ATaskMayHandOverAnother) {
    asio::io_context context;
    const Handover handover(context.get_executor());
    int ran = 0;
    handover.post([&] {
        ++ran;
        handover.post([&] {
            ++ran;
            context.stop();
        });
    });
    context.run();
    EXPECT_EQ(ran, 2);
}

TEST(Handover, AContextThatEndsDestroysWhatHasNotRun) {
    const auto held = std::make_shared<int>();
    {
        asio::io_context context;
        const Handover handover(context.get_executor());
        handover.post([held] {});
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace ark::runtime
