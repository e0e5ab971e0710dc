#include "base/cursor.hpp"

#include <gtest/gtest.h>

namespace ark {

TEST(Cursor, SurvivesTextAndBack) {
    const Cursor cursor{Epoch{0x5f0c9a11}, Offset{42}};
    EXPECT_EQ(cursor.text(), "5f0c9a11-000000000000002a");
    EXPECT_EQ(Cursor::parse(cursor.text()), cursor);
}

TEST(Cursor, SortsAsTextWithinAnEpoch) {
    const Cursor small{Epoch{1}, Offset{9}};
    const Cursor large{Epoch{1}, Offset{10}};
    EXPECT_LT(small.text(), large.text());
}

TEST(Cursor, RefusesEverythingElse) {
    for (const char* text : {"", "5", "5f0c9a11000000000000002a", "5f0c9a11-00000000000002a",
                             "5f0c9a11-000000000000002g", "5f0c9a11-000000000000002a ", "xf0c9a11-000000000000002a"}) {
        EXPECT_FALSE(Cursor::parse(text)) << text;
    }
}

}  // namespace ark
