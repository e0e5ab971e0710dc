// Goal: who listens hears what is said of its query, in order, whole, and nothing else; who does not listen costs
// nothing.
#include "emit/audience.hpp"

#include <gtest/gtest.h>

namespace ark::emit {
namespace {

TEST(Audience, EachListenerHearsItsQuery) {
    Audience audience;
    int woken = 0;
    audience.say("a/q", "1", "nobody hears");
    EXPECT_FALSE(audience.has("a/q"));
    auto seat = audience.listen("a/q", [&] { ++woken; });
    auto other = audience.listen("a/r", [] {});
    EXPECT_TRUE(audience.has("a/q"));
    audience.say("a/q", "1", "High ");
    audience.say("a/q", "1", "tide");
    audience.say("a/q", "2", "14:05");
    const auto heard = seat->take();
    ASSERT_EQ(heard.size(), 2u);
    EXPECT_EQ(heard[0].text, "High tide");
    EXPECT_EQ(heard[1].utterance, "2");
    EXPECT_EQ(woken, 1);
    EXPECT_TRUE(seat->take().empty());
    EXPECT_TRUE(other->take().empty());
    seat.reset();
    EXPECT_FALSE(audience.has("a/q"));
}

TEST(Audience, WhoIsSlowMissesTheRestOfAnUtterance) {
    Audience audience;
    auto seat = audience.listen("a/q", [] {});
    for (int i = 0; i < 3; ++i)
        audience.say("a/q", "1", std::string(400'000, 'x'));
    EXPECT_EQ(seat->take()[0].text.size(), 800'000u);
    audience.say("a/q", "1", "more");
    EXPECT_TRUE(seat->take().empty()) << "no hole";
    audience.say("a/q", "2", "new");
    EXPECT_EQ(seat->take()[0].text, "new");
}

}  // namespace
}  // namespace ark::emit
