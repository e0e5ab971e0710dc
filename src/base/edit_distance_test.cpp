#include "base/edit_distance.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ark {
namespace {

TEST(EditDistance, CountsWhatWasMistyped) {
    EXPECT_EQ(edit_distance("", ""), 0u);
    EXPECT_EQ(edit_distance("", "agent"), 5u);
    EXPECT_EQ(edit_distance("agent", ""), 5u);
    EXPECT_EQ(edit_distance("agent", "agent"), 0u);
    EXPECT_EQ(edit_distance("agnt", "agent"), 1u);    // left out
    EXPECT_EQ(edit_distance("agennt", "agent"), 1u);  // one too many
    EXPECT_EQ(edit_distance("agemt", "agent"), 1u);   // another one
    EXPECT_EQ(edit_distance("agnet", "agent"), 1u);   // swapped
    EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
}

TEST(EditDistance, TakesCapitalsForTheSameLetter) {
    EXPECT_EQ(edit_distance("startswith", "startsWith"), 0u);
    EXPECT_EQ(edit_distance("AGNET", "agent"), 1u);
    EXPECT_EQ(edit_distance("\xc3\x84", "\xc3\xa4"), 1u);  // outside ASCII, bytes
}

TEST(EditDistance, IsTheSameBothWays) {
    const std::string words[] = {"", "a", "ab", "ba", "abc", "cab", "bca", "reason", "raeson", "seasons"};
    for (const auto& a : words)
        for (const auto& b : words)
            EXPECT_EQ(edit_distance(a, b), edit_distance(b, a)) << a << " " << b;
}

}  // namespace
}  // namespace ark
