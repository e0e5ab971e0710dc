#include "codec/base64.hpp"
#include "codec/utf8.hpp"

#include <random>

#include <gtest/gtest.h>

namespace ark::codec {
namespace {

TEST(Base64, Rfc4648Vectors) {
    const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                           {"f", "Zg=="},
                                                           {"fo", "Zm8="},
                                                           {"foo", "Zm9v"},
                                                           {"foob", "Zm9vYg=="},
                                                           {"fooba", "Zm9vYmE="},
                                                           {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        EXPECT_EQ(to_base64(bytes), text);
        EXPECT_EQ(from_base64(text), bytes);
        std::string bare = text;
        bare.erase(bare.find_last_not_of('=') + 1);
        EXPECT_EQ(to_base64url(bytes), bare);
        EXPECT_EQ(from_base64(bare), bytes);
    }
    EXPECT_EQ(to_base64("\xfb\xff\xfe"), "+//+");
    EXPECT_EQ(to_base64url("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(from_base64("-__-"), "\xfb\xff\xfe");
}

TEST(Base64, RefusesOtherText) {
    for (const auto* text : {"A", "AAAAA", "Zg=", "Zg===", "=", "====", "Zm 8", "Zm9*", "Z=g=", "Zg==Zg=="}) {
        EXPECT_FALSE(from_base64(text)) << text;
    }
}

TEST(Utf8, FindsTheFirstBadByte) {
    EXPECT_TRUE(valid_utf8(""));
    EXPECT_TRUE(valid_utf8("zażółć 🐢 \u7fff"));
    const std::pair<const char*, std::size_t> bad[] = {{"a\xff", 1},         {"ab\xc3", 2},           {"\xc0\x80", 0},
                                                       {"x\xed\xa0\x80", 1}, {"\xf4\x90\x80\x80", 0}, {"\xe2\x82", 0},
                                                       {"ok\x80", 2},        {"\xf0\x80\x80\x80", 0}};
    for (const auto& [text, offset] : bad) {
        EXPECT_FALSE(valid_utf8(text));
        EXPECT_EQ(utf8_error_offset(text), offset) << text;
    }
}

TEST(Utf8, SlowAndFastCheckAgree) {
    std::mt19937 random(3);
    for (int round = 0; round < 20000; ++round) {
        std::string text = "aż\u20ac🐢bc";
        for (int edits = 0; edits < 2; ++edits)
            text[random() % text.size()] = static_cast<char>(random());
        ASSERT_EQ(valid_utf8(text), utf8_error_offset(text) == text.size());
    }
}

TEST(Utf8, RepairsWhatIsNoText) {
    EXPECT_EQ(repaired_utf8("plain \xC3\xA4"), "plain \xC3\xA4");
    EXPECT_EQ(repaired_utf8("a\xFF"
                            "b"),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(repaired_utf8("cut \xE2\x82"), "cut \xEF\xBF\xBD");
    EXPECT_EQ(repaired_utf8(""), "");
}

}  // namespace
}  // namespace ark::codec
