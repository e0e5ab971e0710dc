#include "runtime/handover.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
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
                handover.post_function([&ran, i] { ran.push_back(i); });
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
    handover.post_function([&] {
        ++ran;
        handover.post_function([&] {
            ++ran;
            context.stop();
        });
    });
    context.run();
    EXPECT_EQ(ran, 2);
}

/// Is gone, and its handover with it, as soon as it has run.
class Counting final : public Handover::Task {
public:
    Counting(const asio::any_io_executor& home, std::atomic<int>& ran) : home_(home), ran_(ran) {}
    static void send(std::unique_ptr<Counting> task) {
        const auto& home = task->home_;
        home.post(std::move(task));
    }
    void run() override { ++ran_; }

private:
    const Handover home_;
    std::atomic<int>& ran_;
};

TEST(Handover, ATaskMayOwnItsHandover) {
    asio::io_context context;
    auto work = asio::make_work_guard(context);
    std::thread runner([&context] { context.run(); });
    std::atomic<int> ran = 0;
    constexpr int tasks = 20'000;
    for (int i = 0; i < tasks; ++i)
        Counting::send(std::make_unique<Counting>(context.get_executor(), ran));
    work.reset();
    runner.join();  // what was handed over counts as work
    EXPECT_EQ(ran, tasks);
}

TEST(Handover, AContextThatEndsDestroysWhatHasNotRun) {
    const auto held = std::make_shared<int>();
    {
        asio::io_context context;
        const Handover handover(context.get_executor());
        handover.post_function([held] {});
        EXPECT_EQ(held.use_count(), 2);
    }
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace ark::runtime
