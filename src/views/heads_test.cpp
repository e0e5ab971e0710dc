#include "views/heads.hpp"

#include <gtest/gtest.h>

namespace ark::views {
namespace {

Head head(std::uint64_t number) {
    Head head;
    head.number = number;
    return head;
}

std::size_t count(const Heads& heads) {
    std::size_t n = 0;
    heads.for_each([&](const Head&) { ++n; });
    return n;
}

TEST(Heads, KeepOnePerNumberAcrossChunks) {
    Heads heads;
    for (std::uint64_t n = 0; n < 5000; n += 500) {
        std::vector<Head> some;
        for (std::uint64_t i = 0; i < 500; ++i)
            some.push_back(head((n + i) * 2));
        heads.put(std::move(some));
    }
    EXPECT_EQ(count(heads), 5000u);
    heads.put({head(0), head(4000), head(9998)});
    EXPECT_EQ(count(heads), 5000u);
    heads.put({head(4001)});  // came into being late
    EXPECT_EQ(count(heads), 5001u);
    heads.remove(4001);
    heads.remove(4003);
    EXPECT_EQ(count(heads), 5000u);
}

TEST(Heads, ForgetTheOldestBeyondTheirBound) {
    Heads heads;
    std::vector<Head> many;
    for (std::uint64_t n = 0; n < heads_max + 5000; ++n)
        many.push_back(head(n));
    heads.put(std::move(many));
    EXPECT_LE(count(heads), heads_max);
    EXPECT_GT(count(heads), heads_max - 2048);
    heads.put({head(0)});  // older than what is kept
    EXPECT_LE(count(heads), heads_max);
}

}  // namespace
}  // namespace ark::views
