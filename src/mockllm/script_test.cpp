#include "mockllm/script.hpp"

#include <gmock/gmock.h>

namespace ark::mockllm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Conversation conversation(std::string_view json) {
    return *Conversation::of(*codec::JsonValue::parse(json));
}

std::string rule_for(const Script& script, std::string_view json) {
    std::vector<std::string> groups;
    const auto* rule = choose(
        script, conversation(json), [](const Rule&) { return true; }, groups);
    return rule == nullptr ? "none" : rule->name;
}

TEST(TextMatch, KnowsThreeKinds) {
    EXPECT_TRUE(TextMatch::parse("Weather")->matches("the WEATHER in"));
    EXPECT_FALSE(TextMatch::parse("=weather")->matches("the weather"));
    EXPECT_TRUE(TextMatch::parse("=weather")->matches("weather"));
    std::vector<std::string> groups;
    EXPECT_TRUE(TextMatch::parse("/weather in (\\w+)/")->matches("Weather in Oslo?", &groups));
    EXPECT_THAT(groups, ElementsAre("Oslo"));
    EXPECT_FALSE(TextMatch::parse("/(/"));
}

TEST(Script, ChoosesByTheConversation) {
    const auto script = Script::parse(R"(
rules:
  - {name: tired, when: {turn: 3}, reply: enough}
  - {name: result, when: {tool_results: [weather], tool_result: rain}, reply: "Wet: {{tool.weather}}"}
  - name: ask
    when: {user: /weather in (\w+)/, tool_results: none, tools: weather}
    reply: {calls: [{name: weather, arguments: {city: "{{1}}"}}]}
  - {name: large, when: {model: =large, system: pirate}, reply: arr}
  - {name: rest, reply: hm}
)");
    ASSERT_TRUE(script) << script.error().message();
    EXPECT_EQ(rule_for(*script, R"({"model":"m","messages":[{"role":"user","content":"hi"}]})"), "rest");
    const std::string tools = R"(,"tools":[{"type":"function","function":{"name":"weather"}}])";
    const std::string ask = R"({"role":"user","content":[{"type":"text","text":"Weather in Oslo?"}]})";
    EXPECT_EQ(rule_for(*script, R"({"model":"m","messages":[)" + ask + "]" + tools + "}"), "ask");
    EXPECT_EQ(rule_for(*script, R"({"model":"m","messages":[)" + ask + "]}"), "rest");
    const std::string called = R"({"role":"assistant","content":null,"tool_calls":[)"
                               R"({"id":"1","type":"function","function":{"name":"weather","arguments":"{}"}}]})";
    const std::string answered = R"({"role":"tool","tool_call_id":"1","content":"Rain"})";
    EXPECT_EQ(rule_for(*script, R"({"model":"m","messages":[)" + ask + "," + called + "," + answered + "]}"), "result");
    EXPECT_EQ(rule_for(*script, R"({"model":"large","messages":[{"role":"system","content":"a Pirate"},
        {"role":"user","content":"x"}]})"),
              "large");
    EXPECT_EQ(
        rule_for(*script, R"({"model":"m","messages":[)" + ask + "," + called + "," + called + "," + called + "]}"),
        "tired");
}

TEST(Script, FillsPlaceholders) {
    Conversation c;
    c.user = "U";
    c.results = {{"a", "1"}, {"b", "2"}, {"a", "3"}};
    EXPECT_EQ(fill("{{user}} {{tool}} {{tool.a}} {{tool.b}} {{1}}{{2}} {{what}} {{open", c, {"g"}),
              "U 3 3 2 g {{what}} {{open");
    const auto tree = codec::JsonValue::parse(R"({"x":["{{user}}",{"y":"{{1}}"}],"n":1})");
    EXPECT_EQ(fill(*tree, c, {"g"}).dump(), R"({"x":["U",{"y":"g"}],"n":1})");
}

TEST(Script, SaysWhatIsWrongAndWhere) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"", "one document"},
        {"rules: []", "rules: a list of rules"},
        {"{}", "no rules"},
        {"rules: [{reply: x}]\nspeed: 3", "speed: not known; known are models, api_key, pace, rules"},
        {"rules: [{name: a, when: {usr: x}, reply: y}]", "rule 1 (a): when.usr: not known; known are user"},
        {"rules: [{reply: x}, {when: {turn: soon}, reply: y}]", "rule 2: when.turn: a whole number"},
        {"rules: [{when: {user: '/(/'}, reply: y}]", "rule 1: when.user: '/(/' is no regular expression"},
        {"rules: [{when: {user: x}}]", "rule 1: neither reply nor error"},
        {"rules: [{error: {status: 200}}]", "rule 1: error.status: from 400 to 599"},
        {"rules: [{error: {retry_after: 3}}]", "rule 1: error.retry_after: a time such as 250ms"},
        {"rules: [{reply: {calls: [{arguments: {}}]}}]", "rule 1: reply.calls: a call needs a name"},
        {"pace: {words: 0}\nrules: [{reply: x}]", "pace.words: at least 1"},
    };
    for (const auto& [yaml, words] : cases) {
        const auto script = Script::parse(yaml);
        ASSERT_FALSE(script) << yaml;
        EXPECT_THAT(script.error().context, HasSubstr(words));
    }
}

TEST(Conversation, RefusesWhatIsNone) {
    for (const char* bad : {R"({})", R"({"model":"m"})", R"({"model":"m","messages":[]})", R"([])",
                            R"({"model":"m","messages":[{"role":"tool","tool_call_id":"1","content":"x"}]})",
                            R"({"model":"m","messages":[{"role":"cook","content":"x"}]})"})
        EXPECT_FALSE(Conversation::of(*codec::JsonValue::parse(bad))) << bad;
}

}  // namespace
}  // namespace ark::mockllm
