#include "codec/json_value.hpp"

#include "codec/json_text.hpp"

#include <random>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace ark::codec {
namespace {

TEST(JsonValue, ReadsEveryType) {
    const auto value = JsonValue::parse(R"( {"n":null,"t":true,"i":-9223372036854775808,"u":18446744073709551615,
        "d":1.5,"big":1000000000000000000000,"s":"a\u017c\n","a":[1,[],{}],"i":7} )");
    ASSERT_TRUE(value) << value.error().message();
    const auto& v = *value;
    EXPECT_TRUE(v["n"].is_null());
    EXPECT_TRUE(v["t"].boolean());
    EXPECT_EQ(v.object()[2].second.integer(), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(v["i"].integer(), 7) << "the last of repeated names wins";
    EXPECT_EQ(std::get<std::uint64_t>(v["u"].data), 18446744073709551615u);
    EXPECT_EQ(v["u"].integer(-1), -1) << "does not fit";
    EXPECT_EQ(v["d"].real(), 1.5);
    EXPECT_EQ(v["big"].real(), 1e21);
    EXPECT_EQ(v["s"].text(), "a\xc5\xbc\n");
    EXPECT_EQ(v["a"].size(), 3u);
    EXPECT_TRUE(v["a"][1].is_array());
    EXPECT_TRUE(v["no"]["such"][3]["thing"].is_null());
    EXPECT_EQ(JsonValue::parse("\"42\"")->integer(), 42);
}

TEST(JsonValue, LoneScalarsAreDocuments) {
    for (const auto* text : {"null", " true ", "1", "-0.5e3", "\"x\"", "[]", "{}"}) {
        EXPECT_TRUE(JsonValue::parse(text)) << text;
    }
}

TEST(JsonValue, RefusesWhatIsNotStrictJson) {
    for (const auto* text : {"",           " ",          "1 2",       "1,2",         "[1,]",    "[,1]",
                             "[1 2]",      "{\"a\":1,}", "{\"a\" 1}", "{a:1}",       "{1:2}",   "{\"a\":1 \"b\":2}",
                             "[",          "]",          "[1",        "1]",          "[1]]",    "{\"a\":1",
                             "{\"a\":1}}", "],[",        "1],[2",     "tru",         "truex",   "nul",
                             "nullx",      "01",         "+1",        "1.",          ".5",      "1e",
                             "--1",        "0x10",       "NaN",       "\"",          "\"\\x\"", "\"\\u12\"",
                             "\"\n\"",     "'a'",        "[1}",       "{\"a\":[1}]", "\"a\"x",  "// c\n1",
                             "1e999",      "\"\\ud800\""}) {
        const auto parsed = JsonValue::parse(text);
        EXPECT_FALSE(parsed) << text << " became " << parsed->dump();
        if (!parsed) {
            EXPECT_EQ(parsed.error().code, Errc::bad_payload);
            EXPECT_NE(parsed.error().context.find("at byte"), std::string::npos) << parsed.error().context;
        }
    }
}

TEST(JsonValue, SaysWhere) {
    EXPECT_EQ(JsonValue::parse("[1, 2, \xff]").error().context, "JSON: invalid UTF-8 at byte 7");
    const auto error = JsonValue::parse(R"({"a": 1, "b" 2})").error().context;
    EXPECT_NE(error.find("at byte 13"), std::string::npos) << error;
}

TEST(JsonValue, NestingIsCapped) {
    const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
    EXPECT_TRUE(JsonValue::parse(nested(64), 64));
    EXPECT_FALSE(JsonValue::parse(nested(66), 64));
    EXPECT_FALSE(JsonValue::parse(std::string(1'000'000, '['), 64));
    EXPECT_FALSE(JsonValue::parse(std::string(1'000'000, '{'), 64));
}

TEST(JsonValue, PrettyAndDumpReadBackEqual) {
    const std::string text = R"({"a":[1,2.5,"x\"y",null,true,{}],"b":{"c":[]}})";
    const auto value = JsonValue::parse(text);
    ASSERT_TRUE(value);
    EXPECT_EQ(value->dump(), text);
    EXPECT_EQ(JsonValue::parse(value->pretty())->dump(), text);
    EXPECT_EQ(JsonValue::parse(R"({"a":[1]})")->pretty(), "{\n  \"a\": [\n    1\n  ]\n}");
}

// Goal: accept and refuse exactly what another strict parser does.
// Method: random edits of a document, compared with nlohmann.
TEST(JsonValue, AgreesWithAnotherParserOnDamagedText) {
    const std::string seed = R"({"k":[1,-2.5e3,"t\u00e9\n",{"x":null}],"b":false,"n":123456789012345678901234})";
    const std::string alphabet = "{}[]\",:0123456789.eE+-\\ntrufalsn \t";
    std::mt19937 random(7);
    for (int round = 0; round < 20000; ++round) {
        std::string text = seed;
        for (auto edits = random() % 4; edits > 0; --edits) {
            const auto at = random() % text.size();
            switch (random() % 3) {
                case 0:
                    text[at] = alphabet[random() % alphabet.size()];
                    break;
                case 1:
                    text.erase(at, 1 + random() % 3);
                    break;
                default:
                    text.insert(at, 1, alphabet[random() % alphabet.size()]);
                    break;
            }
            if (text.empty()) break;
        }
        const bool theirs = nlohmann::json::accept(text);
        const auto ours = JsonValue::parse(text);
        ASSERT_EQ(static_cast<bool>(ours), theirs) << text;
        if (!ours) continue;
        ASSERT_EQ(nlohmann::json::parse(ours->dump()).size(), nlohmann::json::parse(text).size()) << text;
    }
}

TEST(JsonValue, IsEditedInPlace) {
    auto value = *JsonValue::parse(R"({"a":1,"b":{"c":[]},"a":2})");
    EXPECT_EQ(value.find("a")->integer(), 2) << "the last of repeated names";
    EXPECT_EQ(value.find("x"), nullptr);
    value.set("d", {}).set("e", {std::string("new")});
    EXPECT_TRUE(value.erase("a"));
    EXPECT_FALSE(value.erase("a"));
    EXPECT_EQ(value.dump(), R"({"b":{"c":[]},"d":{"e":"new"}})");
}

TEST(JsonValue, EqualityIgnoresOrderAndKindOfNumber) {
    const auto same = [](std::string_view a, std::string_view b) {
        return *JsonValue::parse(a) == *JsonValue::parse(b);
    };
    EXPECT_TRUE(same(R"({"a":1,"b":[1,null]})", R"({"b":[1.0,null],"a":1})"));
    EXPECT_FALSE(same(R"({"a":null})", R"({"b":null})"));
    EXPECT_FALSE(same("[1,2]", "[2,1]"));
    EXPECT_FALSE(same("1", "\"1\""));
}

TEST(JsonText, IsAStringWhateverItSays) {
    EXPECT_EQ(json_text("plain").text(), "plain");
    EXPECT_EQ(json_text("").dump(), "\"\"");
    EXPECT_EQ(json_text("{\"a\":1}").dump(), R"("{\"a\":1}")");
}

TEST(JsonText, IsReadOrNull) {
    EXPECT_EQ(parsed_or_null(R"({"a":[1]})")["a"][0].integer(), 1);
    EXPECT_EQ(parsed_or_null("\"text\"").text(), "text");
    for (const auto* none : {"", "  ", "words", "{\"a\":1} more", "{\"a\":", "null"})
        EXPECT_TRUE(parsed_or_null(none).is_null()) << none;
}

}  // namespace
}  // namespace ark::codec
