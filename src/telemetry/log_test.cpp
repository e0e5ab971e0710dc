#include "telemetry/log.hpp"

#include <gtest/gtest.h>

namespace ark::telemetry {

TEST(Log, TextQuotesOnlyWhatNeedsIt) {
    EXPECT_EQ(
        format_line(LogFormat::text, "T", LogLevel::warn, "journal", "tail cut", {{"segment", 4}, {"why", "bad sum"}}),
        "T warn  journal: tail cut segment=4 why=\"bad sum\"\n");
}

TEST(Log, JsonKeepsTypes) {
    EXPECT_EQ(
        format_line(LogFormat::json, "T", LogLevel::info, "net", "listening",
                    {{"port", 80}, {"tls", false}, {"load", 0.5}}),
        "{\"time\":\"T\",\"level\":\"info\",\"component\":\"net\",\"message\":\"listening\",\"port\":80,\"tls\":false,"
        "\"load\":0.5}\n");
}

TEST(Log, ALineStaysALineWhateverTheText) {
    const auto line = format_line(LogFormat::text, "T", LogLevel::info, "x", "y", {{"peer", "a\nb\"c"}});
    EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(Log, LevelsHaveNames) {
    EXPECT_EQ(parse_level("warn"), LogLevel::warn);
    EXPECT_FALSE(parse_level("verbose"));
}

}  // namespace ark::telemetry
