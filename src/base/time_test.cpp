#include "base/time.hpp"

#include <gtest/gtest.h>

namespace ark {

TEST(Rfc3339, WritesAsManyDigitsAsNeeded) {
    EXPECT_EQ(to_rfc3339(UnixNanos{1'544'712'660'300'000'000}), "2018-12-13T14:51:00.300Z");
    EXPECT_EQ(to_rfc3339(UnixNanos{1'544'712'660'300'001'000}), "2018-12-13T14:51:00.300001Z");
    EXPECT_EQ(to_rfc3339(UnixNanos{1'544'712'660'300'000'001}), "2018-12-13T14:51:00.300000001Z");
}

TEST(Rfc3339, ReadsWhatItWritesAndWhatOthersWrite) {
    for (const char* text : {"2018-12-13T14:51:00.300Z", "2026-07-23T10:00:01.123456789Z"}) {
        EXPECT_EQ(to_rfc3339(*parse_rfc3339(text)), text);
    }
    EXPECT_EQ(parse_rfc3339("2018-12-13T15:51:00.3+01:00"), parse_rfc3339("2018-12-13T14:51:00.300Z"));
    EXPECT_EQ(parse_rfc3339("2018-12-13T14:51:00Z")->value(), 1'544'712'660'000'000'000u);
}

TEST(Rfc3339, RefusesEverythingElse) {
    for (const char* text :
         {"", "2018-12-13", "2018-12-13T14:51:00", "2018-13-13T14:51:00Z", "2018-02-30T14:51:00Z",
          "2018-12-13T25:51:00Z", "2018-12-13T14:51:00.Z", "2018-12-13T14:51:00Zx", "9999-01-01T00:00:00Z"}) {
        EXPECT_FALSE(parse_rfc3339(text)) << text;
    }
}

}  // namespace ark
