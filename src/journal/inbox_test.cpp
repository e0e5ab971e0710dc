#include "journal/inbox.hpp"

#include "journal/test_support.hpp"

#include <thread>

#include <gtest/gtest.h>

namespace ark::journal {
namespace {

using Time = std::chrono::steady_clock::time_point;
using testing::make_batch;

constexpr std::uint64_t plenty = 1ull << 30;
constexpr auto never = Time::max();
constexpr Time long_ago;

void push(Inbox& inbox, std::size_t payload_bytes) {
    Waiting waiting;
    waiting.batch = make_batch(std::string(payload_bytes, 'x'));
    waiting.record_bytes = payload_bytes;
    EXPECT_TRUE(inbox.push(waiting));
}

TEST(Inbox, GivesWhatIsThereToWhomDoesNotGather) {
    Inbox inbox(plenty);
    push(inbox, 10);
    EXPECT_EQ(inbox.take(plenty, std::nullopt, std::nullopt).size(), 1u);
}

TEST(Inbox, GathersUntilAGroupIsWorthItsSync) {
    Inbox inbox(plenty);
    std::thread senders([&] {
        for (int i = 0; i < 64; ++i)
            push(inbox, 10);
    });
    EXPECT_EQ(inbox.take(plenty, std::nullopt, never).size(), 64u);
    senders.join();
    // Few large ones are as good as many small ones.
    push(inbox, 600'000);
    EXPECT_EQ(inbox.take(plenty, std::nullopt, never).size(), 1u);
}

// Goal: senders that each wait for their answer are gathered as soon as all are back, not when time is up.
TEST(Inbox, GathersThoseThatWereAnsweredAndThoseThatWaited) {
    Inbox inbox(plenty);
    for (int i = 0; i < 3; ++i)
        push(inbox, 10);
    EXPECT_EQ(inbox.take(plenty, std::nullopt, std::nullopt).size(), 3u);
    push(inbox, 10);  // came while the three were written
    const auto with_those = inbox.pending_bytes();
    std::thread senders([&] {
        while (inbox.pending_bytes() == with_those)
            std::this_thread::yield();  // until the writer is done with the three and gathers
        for (int i = 0; i < 3; ++i)
            push(inbox, 10);
    });
    EXPECT_EQ(inbox.take(plenty, std::nullopt, never).size(), 4u);
    senders.join();
}

TEST(Inbox, GathersNoLongerThanItWasTold) {
    Inbox inbox(plenty);
    push(inbox, 10);
    EXPECT_EQ(inbox.take(plenty, std::nullopt, long_ago).size(), 1u);
}

TEST(Inbox, ClosingEndsTheGathering) {
    Inbox inbox(plenty);
    push(inbox, 10);
    std::thread closer([&] { inbox.close(); });
    EXPECT_EQ(inbox.take(plenty, std::nullopt, never).size(), 1u);
    closer.join();
    EXPECT_TRUE(inbox.closed_and_empty());
}

}  // namespace
}  // namespace ark::journal
