// Goal: a person sees what happens under what, each step's beginning and end, and nothing that tells nothing.
#include "query_steps.hpp"

#include <gmock/gmock.h>

namespace ark::cli {
namespace {

using codec::JsonValue;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class QueryStepsTest : public ::testing::Test {
protected:
    std::string render(std::string_view event) { return steps_.render(*JsonValue::parse(event)); }

    Context context_ = *Context::create({}, *Configuration::load({}, [](const std::string&) { return std::nullopt; }));
    QuerySteps steps_{context_, false};
};

TEST_F(QueryStepsTest, StepsStandUnderWhatTheyBelongTo) {
    EXPECT_EQ(render(R"({"reason":"QueryExecutionStart","component":"query","phase":"start","spanId":"1"})"), "");
    EXPECT_EQ(render(R"({"reason":"TargetExecutionStart","component":"other","phase":"start","spanId":"2",
        "parentSpanId":"1"})"),
              "");
    EXPECT_EQ(render(R"({"reason":"TeamExecutionStart","component":"team","phase":"start","spanId":"3",
        "parentSpanId":"2","team":"newsroom"})"),
              "  ▸ ◆ newsroom");
    EXPECT_EQ(render(R"({"reason":"TeamMemberStart","component":"team","phase":"start","spanId":"4",
        "parentSpanId":"3","team":"newsroom"})"),
              "");
    EXPECT_EQ(render(R"({"reason":"AgentExecutionStart","component":"agent","phase":"start","spanId":"5",
        "parentSpanId":"4","agent":"editor"})"),
              "  ▸   ● editor");
    const auto call = render(R"({"reason":"LLMCallComplete","component":"llm","phase":"complete","spanId":"6",
        "parentSpanId":"5","model":"scripted","durationMs":1900,"tokens":{"input":812,"output":143}})");
    EXPECT_THAT(call, StartsWith("  ✓     ✦ scripted"));
    EXPECT_THAT(call, HasSubstr("1.9 s  812→143 tok"));
    EXPECT_FALSE(steps_.ended());
    render(R"({"reason":"QueryExecutionComplete","component":"query","phase":"complete","spanId":"1"})");
    EXPECT_TRUE(steps_.ended());
}

TEST_F(QueryStepsTest, WhatAModelSaysComesInLines) {
    render(R"({"reason":"LLMCallStart","component":"llm","phase":"start","spanId":"8","model":"scripted"})");
    const auto chunk = [&](const std::string& text) {
        return steps_.render_chunk(
            *JsonValue::parse(R"({"chunk":{"id":"chatcmpl-8","choices":[{"delta":{"content":")" + text + R"("}}]}})"));
    };
    EXPECT_EQ(chunk("Once upon a time"), "");
    EXPECT_EQ(chunk(" there was.\\nThen"), "      │ Once upon a time there was.");
    std::string words;
    for (int i = 0; i < 20; ++i)
        words += " words";
    const auto line = chunk(words);
    EXPECT_THAT(line, StartsWith("      │ Then words words"));
    EXPECT_LE(line.size(), 110u);
    EXPECT_EQ(steps_.render_chunk(*JsonValue::parse(R"({"chunk":"[DONE]","complete":true})")), "");
    const auto end = render(R"({"reason":"LLMCallComplete","component":"llm","phase":"complete","spanId":"8",
        "model":"scripted","durationMs":5})");
    EXPECT_THAT(end, StartsWith("      │ words"));
    EXPECT_THAT(end, HasSubstr("\n  ✓ ✦ scripted"));
}

TEST_F(QueryStepsTest, FailuresSayWhy) {
    render(R"({"reason":"ToolCallStart","component":"tool","phase":"start","spanId":"7","tool":"tides"})");
    const auto line = render(R"({"reason":"ToolCallError","component":"tool","phase":"error","spanId":"7",
        "tool":"tides","failed":true,"durationMs":12,"error":{"type":"http_500","message":"out of\u001b[31m order"}})");
    EXPECT_THAT(line, StartsWith("  ✕ ▣ tides"));
    EXPECT_THAT(line, HasSubstr("http_500: out of"));
    EXPECT_THAT(line, ::testing::Not(HasSubstr("\x1b"))) << "an agent must not drive the terminal";
    EXPECT_EQ(steps_.summary(), "1 tool call · 1 failed");
}

}  // namespace
}  // namespace ark::cli
