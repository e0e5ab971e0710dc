#include "receive/byte_budget.hpp"

#include <gtest/gtest.h>

namespace ark::receive {

TEST(ByteBudget, RefusesBeyondItsBoundAndTakesBackWhatIsReleased) {
    ByteBudget budget(100);
    auto first = budget.try_take(60);
    EXPECT_TRUE(first);
    EXPECT_FALSE(budget.try_take(60));
    first = {};
    EXPECT_TRUE(budget.try_take(60));
    EXPECT_EQ(budget.used(), 0u);
}

TEST(ByteBudget, OneBodyLargerThanAllIsLetInAlone) {
    ByteBudget budget(100);
    const auto huge = budget.try_take(1000);
    EXPECT_TRUE(huge);
    EXPECT_FALSE(budget.try_take(1));
}

TEST(ByteBudget, AHoldGrowsWithinTheBound) {
    ByteBudget budget(100);
    auto growing = budget.try_take(10);
    auto other = budget.try_take(30);
    EXPECT_TRUE(growing.raise_to(9));
    EXPECT_TRUE(growing.raise_to(50));
    EXPECT_EQ(budget.used(), 94u);  // 64 and 30
    EXPECT_FALSE(growing.raise_to(65));
    EXPECT_EQ(budget.used(), 94u);
    other = {};
    EXPECT_TRUE(growing.raise_to(1000)) << "alone, as a body that was announced";
    growing = {};
    EXPECT_EQ(budget.used(), 0u);
}

}  // namespace ark::receive
