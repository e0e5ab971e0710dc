#include "views/rate.hpp"

#include <gtest/gtest.h>

namespace ark::views {
namespace {

constexpr std::uint64_t micro = 1'000;
constexpr std::uint64_t milli = 1'000'000;

TEST(Rate, ItemsThatComeCloseTogetherAreNoLoad) {
    Rate rate(10);
    std::uint64_t now = 1'000 * milli;
    for (int i = 0; i < 1'000; ++i) {
        now += 2 * milli;
        EXPECT_FALSE(rate.high(1, now));
        EXPECT_FALSE(rate.high(1, now + 20 * micro)) << "20 microseconds later";
    }
}

TEST(Rate, IsHighWhileManyCome) {
    Rate rate(10);
    std::uint64_t now = 1'000 * milli;
    EXPECT_FALSE(rate.high(1, now));
    bool high = false;
    for (int i = 0; i < 100; ++i)
        high = rate.high(4, now += 200 * micro);
    EXPECT_TRUE(high) << "20 in a millisecond";
    EXPECT_TRUE(rate.high(2'000, now += 100 * milli));
    EXPECT_FALSE(rate.high(1, now += 100 * milli));
}

}  // namespace
}  // namespace ark::views
