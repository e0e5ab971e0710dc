#include "web/web.hpp"

#include "web/assets.hpp"

#include <gtest/gtest.h>

namespace ark::web {

TEST(Web, ServesThePageAndEveryFileItNames) {
    net::Router router;
    register_routes(router);
    EXPECT_NE(router.match("GET", "/").handler, nullptr);
    EXPECT_NE(router.match("GET", "/live.js").handler, nullptr);
    EXPECT_NE(router.match("GET", "/live.css").handler, nullptr);
}

TEST(Web, EmbedsWholeFiles) {
    for (const auto& asset : assets()) {
        EXPECT_GT(asset.bytes.size(), 100u) << asset.name;
        EXPECT_EQ(asset.bytes.back(), '\n') << asset.name;
    }
}

// Inline scripts and styles would be refused by our own content security policy.
TEST(Web, PageHasNothingInline) {
    for (const auto& asset : assets()) {
        if (!asset.name.ends_with(".html")) continue;
        EXPECT_EQ(asset.bytes.find("<style"), std::string_view::npos);
        EXPECT_EQ(asset.bytes.find("style="), std::string_view::npos);
        EXPECT_EQ(asset.bytes.find("onclick"), std::string_view::npos);
    }
}

}  // namespace ark::web
