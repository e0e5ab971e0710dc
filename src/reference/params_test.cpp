#include "reference/params.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::reference {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Params, AreReadAsTheReferenceReadsThem) {
    const Params params("a=x+y%20z&b=%zz%4&c=%FF&d&e=1&e=2&=&%C3%A4=%E2%82%AC");
    EXPECT_EQ(**params.text("a"), "x y z");
    EXPECT_EQ(**params.text("b"), "%zz%4");
    EXPECT_EQ(**params.text("c"), "\xEF\xBF\xBD");
    EXPECT_EQ(**params.text("d"), "");
    EXPECT_EQ(**params.text("\xC3\xA4"), "\xE2\x82\xAC");
    EXPECT_FALSE(*params.text("absent"));
    EXPECT_EQ(params.text("e").error().message, "e: Invalid input: expected string, received array");
    EXPECT_TRUE(params.has_content("e"));
    EXPECT_FALSE(params.has_content("d"));
}

TEST(Params, FlagsAreExactlyTrueOrFalse) {
    EXPECT_TRUE(*Params("watch=true").flag("watch"));
    EXPECT_FALSE(*Params("watch=false").flag("watch"));
    EXPECT_FALSE(*Params("").flag("watch"));
    for (const char* bad : {"watch", "watch=", "watch=1", "watch=TRUE", "watch=true&watch=true"}) {
        const auto flag = Params(bad).flag("watch");
        ASSERT_FALSE(flag) << bad;
        EXPECT_EQ(flag.error().status, 400);
        EXPECT_EQ(flag.error().code, "VALIDATION_ERROR");
        EXPECT_EQ(flag.error().message, "watch: Invalid option: expected one of \"true\"|\"false\"");
    }
}

TEST(Params, LimitIsParsedAsJavaScriptDoes) {
    const auto limit = [](const char* query) { return Params(query).page_limit(); };
    EXPECT_EQ(*limit(""), 100u);
    EXPECT_EQ(*limit("limit=2.9"), 2u);
    EXPECT_EQ(*limit("limit=2abc"), 2u);
    EXPECT_EQ(*limit("limit=%205"), 5u);
    EXPECT_EQ(*limit("limit=1&limit=2"), 1u);
    EXPECT_EQ(*limit("limit=1000"), 1000u);
    for (const char* bad : {"limit=0", "limit=-1", "limit=abc", "limit=", "limit=0x5"}) {
        EXPECT_EQ(limit(bad).error().message, "limit must be a positive integer") << bad;
        EXPECT_EQ(limit(bad).error().code, "PAGINATION_ERROR");
    }
    EXPECT_EQ(limit("limit=1001").error().message, "limit cannot exceed 1000");
    EXPECT_EQ(limit("limit=99999999999999999999999").error().message, "limit cannot exceed 1000");
}

TEST(Params, CursorsPassTwoParsers) {
    const auto whole = [](const char* query) { return Params(query).whole("cursor", 0); };
    const auto page = [](const char* query) { return Params(query).page_cursor(); };
    EXPECT_EQ(**whole("cursor=1e3"), 1000u);
    EXPECT_EQ(**page("cursor=1e3"), 1u);
    EXPECT_EQ(**whole("cursor=0x2"), 2u);
    EXPECT_EQ(**page("cursor=0x2"), 0u);
    EXPECT_EQ(**whole("cursor="), 0u);
    EXPECT_EQ(page("cursor=").error().message, "cursor must be a non-negative integer");
    EXPECT_FALSE(*whole(""));
    for (const char* bad : {"cursor=-1", "cursor=1.5", "cursor=abc", "cursor=2abc", "cursor=9007199254740992",
                            "cursor=1&cursor=2", "cursor=Infinity"}) {
        EXPECT_EQ(whole(bad).error().code, "VALIDATION_ERROR") << bad;
        EXPECT_THAT(whole(bad).error().message, StartsWith("cursor: ")) << bad;
    }
    EXPECT_THAT(whole("cursor=9007199254740992").error().message,
                HasSubstr("Too big: expected int to be <=9007199254740991"));
}

TEST(Params, OptionsAreListedWhenNoneIsMeant) {
    const auto status = [](const char* query) { return Params(query).option("status", {"active", "idle"}); };
    EXPECT_EQ(**status("status=idle"), "idle");
    EXPECT_FALSE(*status(""));
    EXPECT_EQ(status("status=").error().message, "status: Invalid option: expected one of \"active\"|\"idle\"");
}

TEST(ParseInt, ReadsAsFarAsDigitsGo) {
    EXPECT_EQ(parse_int(" +12x"), 12);
    EXPECT_EQ(parse_int("-3"), -3);
    EXPECT_EQ(parse_int("1e3"), 1);
    EXPECT_EQ(parse_int(std::string(400, '9')), (std::int64_t{1} << 53) - 1);
    EXPECT_FALSE(parse_int(""));
    EXPECT_FALSE(parse_int(" x"));
    EXPECT_FALSE(parse_int("+"));
}

}  // namespace
}  // namespace ark::reference
