#include "base/ids.hpp"

#include "base/random.hpp"

#include <gtest/gtest.h>

namespace ark {

TEST(Ids, ReadEitherCaseAndWriteLower) {
    const auto id = TraceId::from_hex("5B8EFFF798038103D269B633813FC60C");
    ASSERT_TRUE(id);
    EXPECT_EQ(id->hex(), "5b8efff798038103d269b633813fc60c");
}

TEST(Ids, RefuseWrongSizesAndForeignCharacters) {
    EXPECT_FALSE(TraceId::from_hex("5b8efff798038103d269b633813fc60"));
    EXPECT_FALSE(TraceId::from_hex("5b8efff798038103d269b633813fc60g"));
    EXPECT_FALSE(SpanId::from_bytes("1234567"));
    EXPECT_TRUE(SpanId::from_bytes("12345678"));
}

TEST(Ids, AllZeroIsNotAnId) {
    EXPECT_FALSE(TraceId{}.valid());
    EXPECT_TRUE(Random{1}.trace_id().valid());
}

}  // namespace ark
