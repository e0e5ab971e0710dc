#include "resources/schema.hpp"

#include <gtest/gtest.h>

namespace ark::resources {
namespace {

JsonValue parsed(std::string_view text) {
    return *JsonValue::parse(text);
}

std::string wrong(const Schema& schema, std::string_view text) {
    Causes causes;
    validate(schema, parsed(text), "", causes);
    std::string out;
    for (const auto& cause : causes)
        out += cause.field + ": " + cause.message + "\n";
    return out;
}

TEST(Schema, SaysWhatIsWrongAndWhere) {
    const auto tool = object({must("name", name_text()), may("type", text().one_of({"http", "mcp"}))});
    const auto schema = object({must(
        "spec",
        object({may("tools", list_of(tool).unique_by("name")), may("turns", integer().between(1, 9)),
                may("timeout", text().like(Format::duration)), may("labels", map_of(text())), may("on", boolean())}))});
    EXPECT_EQ(wrong(schema, R"({"spec":{"tools":[{"name":"a"},{}]}})"), "spec.tools[1].name: Required value\n");
    EXPECT_EQ(wrong(schema, R"({})"), "spec: Required value\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"tools":[{"name":""}]}})"),
              "spec.tools[0].name: Required value: must not be empty\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"tools":[{"name":"a","type":"ftp"}]}})"),
              "spec.tools[0].type: Unsupported value: \"ftp\": supported values: \"http\", \"mcp\"\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"tools":[{"name":"a"},{"name":"a"}]}})"),
              "spec.tools[1].name: Duplicate value: \"a\"\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"turns":0}})"), "spec.turns: Invalid value: 0: must be at least 1\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"turns":1.5}})"),
              "spec.turns: Invalid value: 1.5: must be of type integer, not number\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"timeout":"soon"}})"),
              "spec.timeout: Invalid value: \"soon\": must be a duration such as 30s, 5m or 720h\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"labels":{"a":1}}})"),
              "spec.labels.a: Invalid value: 1: must be of type string, not integer\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"on":"yes"}})"),
              "spec.on: Invalid value: \"yes\": must be of type boolean, not string\n");
    EXPECT_EQ(wrong(schema, R"({"spec":{"tools":[{"name":"a","type":"http"}],"turns":9,"timeout":"1h30m"}})"), "");
}

TEST(Schema, AlternativesAreExclusiveOrNot) {
    const auto exact = object({may("value", text()), may("from", object({}))}).exactly_one_of({"value", "from"});
    const auto any = object({may("value", text()), may("from", object({}))}).any_one_of({"value", "from"});
    EXPECT_EQ(wrong(exact, R"({})"), ": Required value: exactly one of value, from\n");
    EXPECT_EQ(wrong(exact, R"({"value":""})"), ": Required value: exactly one of value, from\n");
    EXPECT_EQ(wrong(exact, R"({"value":"x","from":{}})"),
              ": Invalid value: {\"value\":\"x\",\"from\":{}}: only one of value, from may be given\n");
    EXPECT_EQ(wrong(any, R"({"value":"x","from":{}})"), "");
    EXPECT_EQ(wrong(any, R"({})"), ": Required value: at least one of value, from\n");
}

TEST(Schema, FillsInDefaultsWhereTheParentIs) {
    const auto schema =
        object({may("spec", object({may("n", integer().otherwise(JsonValue{std::int64_t{3}})),
                                    may("inner", object({may("m", text().otherwise(JsonValue{std::string("x")}))})),
                                    may("list", list_of(object({may("k", boolean().otherwise(JsonValue{true}))})))}))});
    auto value = parsed(R"({"spec":{"list":[{},{"k":false}]}})");
    apply_defaults(schema, value);
    EXPECT_EQ(value.dump(), R"({"spec":{"list":[{"k":true},{"k":false}],"n":3}})");
    value = parsed(R"({"spec":{"inner":{},"n":4}})");
    apply_defaults(schema, value);
    EXPECT_EQ(value.dump(), R"({"spec":{"inner":{"m":"x"},"n":4}})");
    value = parsed("{}");
    apply_defaults(schema, value);
    EXPECT_EQ(value.dump(), "{}");
}

TEST(Schema, PrunesNullsAndUnknownFields) {
    const auto schema =
        object({may("a", text()), may("free", object({}).kept_open()), may("any", anything()),
                may("list", list_of(object({may("b", text())}))), may("map", map_of(object({may("c", text())})))});
    auto value = parsed(R"({"a":null,"x":1,"free":{"y":2,"z":null},"any":{"n":null},
        "list":[{"b":"1","q":1}],"map":{"k":{"d":1}}})");
    std::vector<std::string> unknown;
    prune(schema, value, "", unknown);
    EXPECT_EQ(value.dump(), R"({"free":{"y":2},"any":{"n":null},"list":[{"b":"1"}],"map":{"k":{}}})");
    EXPECT_EQ(unknown, (std::vector<std::string>{"x", "list[0].q", "map.k.d"}));
}

TEST(Schema, TextsLookAsTheyMust) {
    const auto fits = [](Format format, std::string_view text) { return !mismatch(format, text); };
    EXPECT_TRUE(fits(Format::duration, "1h30m"));
    EXPECT_FALSE(fits(Format::duration, "-5m"));
    EXPECT_TRUE(fits(Format::http_timeout, "30"));
    EXPECT_TRUE(fits(Format::http_timeout, "10s"));
    EXPECT_FALSE(fits(Format::http_timeout, "s"));
    EXPECT_FALSE(fits(Format::http_timeout, "1h30m"));
    EXPECT_TRUE(fits(Format::http_url, "https://x.example/{a}"));
    EXPECT_FALSE(fits(Format::http_url, "ftp://x"));
    EXPECT_FALSE(fits(Format::http_url, "http://"));
    EXPECT_FALSE(fits(Format::http_url, "http://a b"));
    EXPECT_TRUE(fits(Format::dns_label, "a-1"));
    EXPECT_FALSE(fits(Format::dns_label, "-a"));
    EXPECT_FALSE(fits(Format::dns_label, "A"));
    EXPECT_FALSE(fits(Format::dns_label, std::string(64, 'a')));
    EXPECT_TRUE(fits(Format::dns_subdomain, "a.b-c.d"));
    EXPECT_FALSE(fits(Format::dns_subdomain, "a..b"));
    EXPECT_FALSE(fits(Format::dns_subdomain, ""));
    EXPECT_TRUE(fits(Format::share, "0.85"));
    EXPECT_FALSE(fits(Format::share, "1.5"));
    EXPECT_FALSE(fits(Format::base64, "a*"));
    EXPECT_TRUE(fits(Format::time, "2026-11-20T10:00:00Z"));
}

TEST(Schema, LongValuesAreCutInMessages) {
    EXPECT_LT(shown(JsonValue{std::string(1000, 'x')}).size(), 130u);
    EXPECT_EQ(shown(parsed("[1,2]")), "[1,2]");
}

}  // namespace
}  // namespace ark::resources
