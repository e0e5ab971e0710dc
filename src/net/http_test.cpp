#include "net/http.hpp"

#include "net/etag.hpp"
#include "net/head.hpp"

#include <gtest/gtest.h>

namespace ark::net {
namespace {

TEST(Fields, KeepOrderAndReplaceAllOfAName) {
    Fields fields;
    fields.add("a", "1");
    fields.add("b", "2");
    fields.add("a", "3");
    EXPECT_EQ(fields.find("a"), "1");
    fields.set("a", "4");
    EXPECT_EQ(fields.find("a"), "4");
    EXPECT_EQ(std::distance(fields.begin(), fields.end()), 2);
    EXPECT_FALSE(fields.has("c"));
    EXPECT_EQ(fields.find("c"), "");
}

TEST(Query, DecodesInOrder) {
    const auto query = Query::parse("a=1&b=x%20y+z&a=2&flag&empty=&&%C3%A4=%E2%82%AC");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->find("b"), "x y z");
    EXPECT_EQ(query->all("a"), (std::vector<std::string_view>{"1", "2"}));
    EXPECT_EQ(query->find("flag"), "");
    EXPECT_EQ(query->find("\xC3\xA4"), "\xE2\x82\xAC");
    EXPECT_FALSE(query->find("none"));
    EXPECT_EQ(query->items().size(), 6u);
}

TEST(Query, RefusesMalformedEscapesAndText) {
    for (const char* bad : {"a=%", "a=%4", "a=%zz", "%FF=1", "a=%C3", "a=%ED%A0%80", "a=%F5%80%80%80", "a=%C0%80"}) {
        EXPECT_FALSE(Query::parse(bad)) << bad;
    }
}

TEST(Percent, EncodesAllButUnreserved) {
    EXPECT_EQ(percent_encode("aZ09-._~/ +\xC3"), "aZ09-._~%2F%20%2B%C3");
    EXPECT_EQ(percent_decode("a%2Fb+c"), "a/b+c");
    EXPECT_FALSE(percent_decode("%2"));
}

TEST(Target, IsSplitAndDecoded) {
    RequestHead head;
    ASSERT_TRUE(set_target(head, "/a%20b/c?x=1&y=2#z"));
    EXPECT_EQ(head.path, "/a b/c");
    EXPECT_EQ(head.raw_query, "x=1&y=2");
    EXPECT_EQ(raw_path(head), "/a%20b/c");
    ASSERT_TRUE(set_target(head, "http://host:1/path?q"));
    EXPECT_EQ(head.path, "/path");
    ASSERT_TRUE(set_target(head, "http://host"));
    EXPECT_EQ(head.path, "/");
    EXPECT_TRUE(set_target(head, "*"));
    for (const char* bad : {"", "a", "/%00", "ftp://x/"})
        EXPECT_FALSE(set_target(head, bad)) << bad;
}

awaitable<void> nothing(Exchange&) {
    co_return;
}

TEST(Router, PrefersLiteralsAndBacktracks) {
    Router router;
    router.add("GET", "/", nothing);
    router.add("GET", "/v1/traces/{id}", nothing);
    router.add("GET", "/v1/traces/latest", nothing);
    router.add("DELETE", "/v1/traces/{id}", nothing);
    router.add("POST", "/v1/{kind}/{id}/replay", nothing);
    EXPECT_NE(router.match("GET", "/").handler, nullptr);
    EXPECT_TRUE(router.match("GET", "/v1/traces/latest").path_values.empty());
    EXPECT_EQ(router.match("GET", "/v1/traces/a%2Fb").path_values, std::vector<std::string>{"a/b"});
    EXPECT_EQ(router.match("HEAD", "/v1/traces/x").path_values, std::vector<std::string>{"x"});
    EXPECT_EQ(router.match("DELETE", "/v1/traces/latest").path_values, std::vector<std::string>{"latest"});
    EXPECT_EQ(router.match("POST", "/v1/traces/7/replay").path_values, (std::vector<std::string>{"traces", "7"}));
    EXPECT_EQ(router.routes().size(), 5u);
}

TEST(Router, Says404And405) {
    Router router;
    router.add("GET", "/a/{id}", nothing);
    router.add("POST", "/a/{id}", nothing);
    for (const char* path : {"", "a", "/a", "/a/", "/a/b/c", "//a/b", "/a//", "/a/b//"}) {
        EXPECT_EQ(router.match("GET", path).status, 404) << path;
        EXPECT_EQ(router.match("GET", path).handler, nullptr) << path;
    }
    EXPECT_EQ(router.match("GET", "/a/%zz").status, 400);
    const auto other = router.match("DELETE", "/a/b");
    EXPECT_EQ(other.status, 405);
    EXPECT_EQ(other.allow, "GET, HEAD, POST, OPTIONS");
    EXPECT_TRUE(other.path_values.empty());
}

TEST(Router, IgnoresCaseAndASlashAtTheEnd) {
    Router router;
    router.add("GET", "/", nothing);
    router.add("GET", "/a/{id}/End", nothing);
    for (const char* path : {"/", "/a/X/End", "/A/X/end", "/a/X/END/"})
        EXPECT_NE(router.match("GET", path).handler, nullptr) << path;
    EXPECT_EQ(router.match("GET", "/A/X/end").path_values, std::vector<std::string>{"X"});
}

TEST(Etag, IsComparedWeakly) {
    const auto tag = weak_tag("body");
    EXPECT_NE(tag, weak_tag("other"));
    EXPECT_TRUE(names_tag(tag, tag));
    EXPECT_TRUE(names_tag("\"x\", " + tag.substr(2), tag));
    EXPECT_TRUE(names_tag(" * ", tag));
    EXPECT_FALSE(names_tag("\"x\"", tag));
    EXPECT_FALSE(names_tag("", tag));
}

}  // namespace
}  // namespace ark::net
