#include "reference/json_text.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace ark::reference {
namespace {

std::string packed(std::string_view text) {
    std::string out = "|";
    const auto type = append_packed(out, text);
    return type ? out.substr(1) : "error" + std::string(out == "|" ? "" : " and rest");
}

TEST(JsonText, DropsBlanksAndKeepsTheRest) {
    EXPECT_EQ(packed(" { \"a b\" : [ 1 , -2.50e+1, \"x \\\" y\" ] ,\n\"a b\":{} } "),
              R"({"a b":[1,-2.50e+1,"x \" y"],"a b":{}})");
    for (const char* same :
         {"0", "-0", "1e5", "null", "true", "false", "\"\"", "[]", "{}", "[[]]", "\"\\ud83d\\ude00\"",
          "12345678901234567890", "\"a text that is longer than one block of sixteen bytes\""})
        EXPECT_EQ(packed(same), same);
}

TEST(JsonText, RefusesWhatIsNotJson) {
    for (const char* bad :
         {"",       " ",     "{",   "[1,]", "{\"a\"}", "{\"a\":}", "{a:1}",     "01",      "1.",
          ".5",     "-",     "1e",  "+1",   "nul",     "tru",      "\"",        "\"\\x\"", "\"\\u12\"",
          "\"\n\"", "[1 2]", "1 2", "[1]]", "NaN",     "'a'",      "{\"a\":1,}"})
        EXPECT_EQ(packed(bad), "error") << bad;
}

TEST(JsonText, IsLenientWhereJavaScriptIs) {
    EXPECT_EQ(packed("\"a\xff z\""), "\"a\xEF\xBF\xBD z\"");
    EXPECT_EQ(packed("[\"\\ud800\",\"\\udc00x\",\"\\ud800\\n\"]"),
              "[\"\xEF\xBF\xBD\",\"\xEF\xBF\xBDx\",\"\xEF\xBF\xBD\\n\"]");
    EXPECT_EQ(packed("[1e400,-1e999,1e-999]"), "[null,null,1e-999]");
}

TEST(JsonText, BoundsNesting) {
    const std::string open(json_nesting_max, '[');
    const std::string close(json_nesting_max, ']');
    EXPECT_EQ(packed(open + close), open + close);
    EXPECT_EQ(packed("[" + open + close + "]"), "error");
    EXPECT_EQ(packed(std::string(1'000'000, '[')), "error");
}

TEST(JsonView, FindsTheLastMemberOfAName) {
    const JsonView view(R"({"a":1,"b":{"a":[2,{"c":"}"}]},"\u0061":"x\ty","__proto__":null})");
    EXPECT_EQ(view.find("a").string(), "x\ty");
    EXPECT_EQ(view.find("b").find("a").text(), R"([2,{"c":"}"}])");
    EXPECT_TRUE(view.find("__proto__"));
    EXPECT_FALSE(view.find("c"));
    EXPECT_FALSE(view.find("c").find("d"));
    std::string seen;
    view.find("b").find("a").for_each_element([&](JsonView element) { seen += std::string(element.text()) + "|"; });
    EXPECT_EQ(seen, R"(2|{"c":"}"}|)");
    EXPECT_EQ(JsonView("{}").find("a").text(), "");
}

TEST(JsonView, FindsSeveralMembersInOneWalk) {
    const JsonView view(R"({"a":1,"b":{"c":2},"\u0061":[3],"d":"\"a\":4"})");
    const auto [b, a, none, d] = view.find_all(std::array<std::string_view, 4>{"b", "a", "c", "d"});
    EXPECT_EQ(b.text(), R"({"c":2})");
    EXPECT_EQ(a.text(), "[3]");
    EXPECT_FALSE(none);
    EXPECT_EQ(d.string(), R"("a":4)");
    EXPECT_FALSE(JsonView("[1]").find_all(std::array<std::string_view, 1>{"a"}).front());
}

TEST(JsonView, IsTruthyAsInJavaScript) {
    for (const char* yes : {"1", "-1", "\"a\"", "\"0\"", "{}", "[]", "true"})
        EXPECT_TRUE(JsonView(yes).truthy()) << yes;
    for (const char* no : {"0", "-0", "0.0", "\"\"", "null", "false", ""})
        EXPECT_FALSE(JsonView(no).truthy()) << no;
}

TEST(ToNumber, ReadsWhatJavaScriptReads) {
    const auto number = [](const char* json) { return to_number(JsonView(json)); };
    EXPECT_EQ(number("60"), 60);
    EXPECT_EQ(number("\" 60 \""), 60);
    EXPECT_EQ(number("\"0x10\""), 16);
    EXPECT_EQ(number("\"1e3\""), 1000);
    EXPECT_EQ(number("true"), 1);
    EXPECT_EQ(number("[5]"), 5);
    EXPECT_EQ(number("[\"5\"]"), 5);
    EXPECT_EQ(number("\"\""), 0);
    EXPECT_EQ(number("null"), 0);
    EXPECT_EQ(number("[]"), 0);
    for (const char* none : {"\"abc\"", "\"2abc\"", "[1,2]", "{}", "\"0x\"", "\"1 2\"", "[true]", "\"--1\"", "\"nan\""})
        EXPECT_TRUE(std::isnan(number(none))) << none;
}

}  // namespace
}  // namespace ark::reference
