#include "base/duration.hpp"

#include <gtest/gtest.h>

namespace ark {
using namespace std::chrono_literals;

TEST(Duration, ReadsGoTextAndDays) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("1h30m"), 90min);
    EXPECT_EQ(parse_duration("1.5s"), 1500ms);
    EXPECT_EQ(parse_duration("-15m"), -15min);
    EXPECT_EQ(parse_duration("7d"), 168h);
    EXPECT_EQ(parse_duration("0"), 0ns);
}

TEST(Duration, RefusesNumbersWithoutUnitAndNonsense) {
    for (const char* text : {"", "5", "s", "5x", "1h 3m", "--5s", "1e5s", "inf"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, WritesTextThatParsesBack) {
    for (const auto value : {0ns, 1ns, 250'000'000ns, 5'400'000'000'000ns, -900'000'000'000ns}) {
        EXPECT_EQ(parse_duration(to_text(value)), value) << to_text(value);
    }
}

TEST(Bytes, ReadsBinaryAndDecimalUnits) {
    EXPECT_EQ(parse_bytes("512"), 512u);
    EXPECT_EQ(parse_bytes("64KiB"), 65536u);
    EXPECT_EQ(parse_bytes("10MB"), 10'000'000u);
    EXPECT_EQ(parse_bytes("1.5GiB"), 1610612736u);
    EXPECT_FALSE(parse_bytes("10 MB"));
    EXPECT_FALSE(parse_bytes("-1"));
}

}  // namespace ark
