#include "query/openapi.hpp"

#include "codec/json_value.hpp"

#include <gtest/gtest.h>

namespace ark::query {
namespace {

using codec::JsonValue;

TEST(OpenApi, JoinsWhatModulesSayOfTheirRoutes) {
    const std::string_view base = R"({"openapi":"3.1.0","tags":[{"name":"a"}],
        "paths":{"/x":{"get":{"summary":"read"}}},"components":{"schemas":{"A":{}}}})";
    const std::string_view part = R"({"tags":[{"name":"b"}],
        "paths":{"/x":{"post":{"summary":"write"}},"/y":{"get":{}}},
        "components":{"schemas":{"B":{}},"headers":{"H":{}}}})";
    const auto merged = JsonValue::parse(merge_openapi(base, {{part}}));
    ASSERT_TRUE(merged);
    EXPECT_EQ((*merged)["openapi"].text(), "3.1.0");
    EXPECT_EQ((*merged)["tags"].size(), 2u);
    EXPECT_EQ((*merged)["paths"]["/x"]["get"]["summary"].text(), "read");
    EXPECT_EQ((*merged)["paths"]["/x"]["post"]["summary"].text(), "write");
    EXPECT_TRUE((*merged)["paths"]["/y"]["get"].is_object());
    EXPECT_EQ((*merged)["components"]["schemas"].size(), 2u);
    EXPECT_EQ((*merged)["components"]["headers"].size(), 1u);
}

TEST(OpenApiDeathTest, NothingIsDescribedTwice) {
    const std::string_view base = R"({"paths":{"/x":{"get":{}}}})";
    EXPECT_DEATH(merge_openapi(base, {{base}}), "described twice");
}

}  // namespace
}  // namespace ark::query
