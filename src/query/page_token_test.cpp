#include "query/page_token.hpp"

#include <gtest/gtest.h>

namespace ark::query {
namespace {

std::uint64_t print(std::string_view query, std::string_view path = "/v1/events", std::string_view tenant = "t") {
    return fingerprint(path, tenant, *net::Query::parse(query));
}

TEST(PageToken, ComesBackForTheSameList) {
    const auto token = make_page_token(print("session=a&limit=1"), "here");
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
              std::string::npos);
    const auto position = open_page_token(print("limit=2&session=a&view=full&cursor=x&agent="), token);
    ASSERT_TRUE(position);
    EXPECT_EQ(*position, "here");
}

TEST(PageToken, IsRefusedForAnotherFilterOrderPathOrTenant) {
    const auto token = make_page_token(print("session=a"), "here");
    for (const auto other : {print("session=b"), print("session=a&order=asc"), print("session=a", "/v1/spans"),
                             print("session=a", "/v1/events", "u"), print(""), print("query=a")}) {
        const auto position = open_page_token(other, token);
        ASSERT_FALSE(position);
        EXPECT_EQ(position.error().kind, ProblemKind::cursor_mismatch);
    }
}

TEST(PageToken, RefusesWhatItDidNotMake) {
    const auto token = make_page_token(print(""), "here");
    for (const auto& text :
         {std::string(), std::string("x"), std::string("!!!!"), token.substr(0, 10), std::string(9000, 'A')}) {
        const auto position = open_page_token(print(""), text);
        ASSERT_FALSE(position) << text;
        EXPECT_EQ(position.error().kind, ProblemKind::cursor_invalid);
    }
}

TEST(ItemPosition, ReadsBackAsWritten) {
    const ItemPosition position{Epoch{0xdeadbeef}, Offset{42}, 2, Offset{1'000'000}};
    EXPECT_EQ(ItemPosition::parse(position.text()), position);
    for (const auto* bad : {"", "x", "deadbeef-000000000000002a", "deadbeef-000000000000002a.9.00000000000f4240",
                            "deadbeef-000000000000002a.2.00000000000f424g"}) {
        EXPECT_FALSE(ItemPosition::parse(bad)) << bad;
    }
}

}  // namespace
}  // namespace ark::query
