#include "format.hpp"

#include <gtest/gtest.h>

namespace ark::cli {
namespace {

TEST(Format, Durations) {
    EXPECT_EQ(format_duration_ms(0.25), "0.25 ms");
    EXPECT_EQ(format_duration_ms(340), "340 ms");
    EXPECT_EQ(format_duration_ms(999.7), "1.0 s");
    EXPECT_EQ(format_duration_ms(1234.56), "1.2 s");
    EXPECT_EQ(format_duration_ms(24'300), "24 s");
    EXPECT_EQ(format_duration_ms(59'700), "1 m 0 s");
    EXPECT_EQ(format_duration_ms(250'000), "4 m 10 s");
    EXPECT_EQ(format_duration_ms(3'900'000), "1 h 5 m");
    EXPECT_EQ(format_duration_ms(90'000'000), "1 d 1 h");
}

TEST(Format, Counts) {
    EXPECT_EQ(format_count(0), "0");
    EXPECT_EQ(format_count(999), "999");
    EXPECT_EQ(format_count(1902), "1,902");
    EXPECT_EQ(format_count(1234567), "1,234,567");
    EXPECT_EQ(format_count(-1902), "-1,902");
    EXPECT_EQ(format_count(-902), "-902");
    EXPECT_EQ(format_tokens(812), "812");
    EXPECT_EQ(format_tokens(4524), "4.5k");
    EXPECT_EQ(format_tokens(999'960), "1.0M");
    EXPECT_EQ(format_bytes(512), "512 B");
    EXPECT_EQ(format_bytes(1'258'291), "1.2 MiB");
    EXPECT_EQ(format_usd(0), "");
    EXPECT_EQ(format_usd(0.0042), "$0.0042");
    EXPECT_EQ(format_usd(1.2), "$1.20");
}

TEST(Format, Times) {
    const UnixNanos time{1'700'000'000'123'000'000};
    const UnixNanos later = time + 180'000'000'000;
    EXPECT_EQ(format_time(time, TimeStyle::utc, later), "2023-11-14T22:13:20.000Z");
    EXPECT_EQ(format_precise_time(time, TimeStyle::utc, later), "2023-11-14T22:13:20.123Z");
    EXPECT_EQ(format_time(time, TimeStyle::relative, later), "3 m ago");
    EXPECT_EQ(format_time(later, TimeStyle::relative, time), "in 3 m 0 s");
    EXPECT_EQ(format_time(time, TimeStyle::unix, later), "1700000000.123");
    EXPECT_EQ(format_time(UnixNanos{}, TimeStyle::local, later), "");
    EXPECT_EQ(format_time(time, TimeStyle::local, later).size(), 8u);
    EXPECT_EQ(format_precise_time(time, TimeStyle::local, later).size(), 12u);
}

}  // namespace
}  // namespace ark::cli
