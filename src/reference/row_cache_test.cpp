#include "reference/row_cache.hpp"

#include <gtest/gtest.h>

namespace ark::reference {
namespace {

TEST(RowCache, KnowsWhatWasReadAndWhatIsNotThere) {
    RowCache cache(100);
    EXPECT_EQ(cache.find("a"), nullptr);
    cache.learn("a", "1");
    cache.learn("b", std::nullopt);
    ASSERT_NE(cache.find("a"), nullptr);
    EXPECT_EQ(*cache.find("a"), "1");
    ASSERT_NE(cache.find("b"), nullptr);
    EXPECT_FALSE(cache.find("b")->has_value());
    cache.clear();
    EXPECT_EQ(cache.find("a"), nullptr);
}

TEST(RowCache, FollowsChangesOfRowsThatItKnows) {
    RowCache cache(4);
    cache.learn("old", "1");
    cache.learn("new", "2");  // "old" is of the generation before
    cache.change("old", "3");
    cache.change("new", std::nullopt);
    cache.change("unknown", "4");
    EXPECT_EQ(*cache.find("old"), "3");
    EXPECT_FALSE(cache.find("new")->has_value());
    EXPECT_EQ(cache.find("unknown"), nullptr);
}

TEST(RowCache, ForgetsWhatNobodyAskedForWhileAGenerationFilledUp) {
    RowCache cache(10);
    cache.learn("kept", "1");
    cache.learn("lost", "1");
    for (int i = 0; i < 100; ++i) {
        ASSERT_NE(cache.find("kept"), nullptr) << i;
        cache.learn("other" + std::to_string(i), std::string(8, 'x'));
    }
    EXPECT_NE(cache.find("kept"), nullptr);
    EXPECT_EQ(cache.find("lost"), nullptr);
    EXPECT_NE(cache.find("other99"), nullptr);
}

}  // namespace
}  // namespace ark::reference
