#include "runs/line.hpp"

#include <gtest/gtest.h>

namespace ark::runs {
namespace {

resources::ResourcePtr made() {
    return std::make_shared<resources::Resource>(resources::kind_named("Query"), codec::JsonValue{}, 1);
}

TEST(Line, OneThatComesAgainKeepsItsTurnAndIsAsItIsNow) {
    Line line;
    const auto later = made();
    line.put("a", made());
    line.put("b", made());
    line.put("a", later);
    EXPECT_EQ(line.size(), 2u);
    const auto first = line.take();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->first, "a");
    EXPECT_EQ(first->second, later);
    EXPECT_EQ(line.take()->first, "b");
    EXPECT_FALSE(line.take());
}

TEST(Line, OneThatLeftAndComesAgainIsLast) {
    Line line;
    line.put("a", made());
    line.put("b", made());
    line.erase("a");
    line.erase("a");
    line.put("a", made());
    EXPECT_EQ(line.take()->first, "b");
    EXPECT_EQ(line.take()->first, "a");
    EXPECT_EQ(line.size(), 0u);
}

}  // namespace
}  // namespace ark::runs
