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

}  // namespace ark::receive
