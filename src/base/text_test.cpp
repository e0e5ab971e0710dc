#include "base/text.hpp"

#include <gtest/gtest.h>

namespace ark {
namespace {

TEST(Text, IsTrimmedOfWhatTheCallerSays) {
    EXPECT_EQ(trimmed("", text_blanks), "");
    EXPECT_EQ(trimmed(" \t\r\n ", text_blanks), "");
    EXPECT_EQ(trimmed("word", text_blanks), "word");
    EXPECT_EQ(trimmed("\r\n two words \t", text_blanks), "two words");
    EXPECT_EQ(trimmed("\t gzip \r", http_blanks), "gzip \r");  // a line end is no white space within a field
    EXPECT_EQ(trimmed("\v\f1\f\v", script_blanks), "1");
    EXPECT_EQ(trimmed("\v1\f", text_blanks), "\v1\f");
    EXPECT_EQ(trimmed("**\"0.8\"**", "*\""), "0.8");
    EXPECT_EQ(trimmed(" x ", ""), " x ");
}

// Goal: a view within the given text comes of it, where anything is left. Parsers go on from there.
TEST(Text, TrimmedIsAPartOfWhatWasGiven) {
    constexpr std::string_view text = "  inner  ";
    EXPECT_EQ(trimmed(text, text_blanks).data(), text.data() + 2);
}

TEST(Text, LowersLettersOfAsciiAlone) {
    EXPECT_EQ(lower_case("Content-TYPE: @[`{"), "content-type: @[`{");
    EXPECT_EQ(lower_case("\xC3\x84ZA"), "\xC3\x84za");
    EXPECT_EQ(lower_case(""), "");
    for (int c = 0; c < 256; ++c) {
        const bool capital = c >= 'A' && c <= 'Z';
        EXPECT_EQ(to_lower(static_cast<char>(c)), static_cast<char>(capital ? c - 'A' + 'a' : c)) << c;
    }
}

TEST(Text, IsFoundInAnyCase) {
    EXPECT_TRUE(contains_in_any_case("Weather-AGENT", "agent"));
    EXPECT_TRUE(contains_in_any_case("weather-agent", "R-aG"));
    EXPECT_TRUE(contains_in_any_case("anything", ""));
    EXPECT_FALSE(contains_in_any_case("agent", "agents"));
    EXPECT_FALSE(contains_in_any_case("[", "{"));
}

TEST(Text, IsClippedAtACharacter) {
    EXPECT_EQ(clip("short", 5), "short");
    EXPECT_EQ(clip("longer", 4), "long");
    EXPECT_EQ(clip("a\xE2\x82\xAC", 4), "a\xE2\x82\xAC");
    for (const std::size_t max : {1u, 2u, 3u})
        EXPECT_EQ(clip("a\xE2\x82\xAC", max), "a") << max;
    EXPECT_EQ(clip("\xE2\x82\xAC", 2), "");
    EXPECT_EQ(clip("abc", 0), "");
}

}  // namespace
}  // namespace ark
