#include "journal/inbox.hpp"

#include "journal/test_support.hpp"

#include <gtest/gtest.h>

namespace ark::journal {
namespace {

using Time = std::chrono::steady_clock::time_point;
using testing::make_batch;

constexpr std::uint64_t plenty = 1ull << 30;
constexpr Time long_ago;

void push(Inbox& inbox, std::size_t payload_bytes) {
    Waiting waiting;
    waiting.batch = make_batch(std::string(payload_bytes, 'x'));
    waiting.record_bytes = payload_bytes;
    EXPECT_TRUE(inbox.push(waiting));
}

TEST(Inbox, GivesWhatIsThereUpToASize) {
    Inbox inbox(plenty);
    for (const auto bytes : {10u, 600'000u, 600'000u})
        push(inbox, bytes);
    EXPECT_EQ(inbox.take(700'000, std::nullopt).size(), 2u);
    EXPECT_EQ(inbox.take(10, std::nullopt).size(), 1u);  // at least one, however large
}

TEST(Inbox, GivesNothingWhenTheTimeHasCome) {
    Inbox inbox(plenty);
    EXPECT_TRUE(inbox.take(plenty, long_ago).empty());
}

TEST(Inbox, GivesWhatIsInsideAfterItWasClosed) {
    Inbox inbox(plenty);
    push(inbox, 10);
    inbox.close();
    Waiting late;
    EXPECT_FALSE(inbox.push(late));
    EXPECT_FALSE(inbox.closed_and_empty());
    EXPECT_EQ(inbox.take(plenty, std::nullopt).size(), 1u);
    EXPECT_TRUE(inbox.closed_and_empty());
}

}  // namespace
}  // namespace ark::journal
