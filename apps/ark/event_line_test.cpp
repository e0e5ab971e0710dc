#include "event_line.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

Context plain_context() {
    Invocation invocation;
    invocation.add("config", "/dev/null");
    invocation.add("time", "utc");
    invocation.add("color", "never");
    auto configuration = Configuration::load(invocation, [](const std::string&) { return std::nullopt; });
    return *Context::create(invocation, std::move(*configuration));
}

std::string line(std::string_view topic, const char* json) {
    static const auto context = plain_context();
    return EventLine(context, true).render(topic, *codec::JsonValue::parse(json));
}

TEST(EventLine, SaysWhenWhatWhoAndHowLong) {
    const auto text = line(
        "event", R"({"time":"2026-11-20T14:02:21.180Z","reason":"ToolCallComplete","phase":"complete","level":"Normal",
        "component":"tool","agent":"searcher","tool":"web_search","durationMs":1234.5,"sessionId":"s-1"})");
    EXPECT_THAT(text, HasSubstr("2026-11-20T14:02:21.180Z ✓ ▣ ToolCallComplete"));
    EXPECT_THAT(text, HasSubstr("searcher › web_search"));
    EXPECT_THAT(text, HasSubstr("1.2 s"));
    EXPECT_THAT(text, HasSubstr("s-1"));
}

TEST(EventLine, SaysWhatFailed) {
    const auto text =
        line("event", R"({"time":"2026-11-20T14:02:21Z","reason":"LLMCallError","phase":"error","level":"Warning",
        "component":"llm","agent":"writer","model":"gpt-4.1","error":{"type":"rate_limit","message":"429 Too Many"}})");
    EXPECT_THAT(text, HasSubstr("✕ ✦ LLMCallError"));
    EXPECT_THAT(text, HasSubstr("writer › gpt-4.1"));
    EXPECT_THAT(text, HasSubstr("rate_limit: 429 Too Many"));
}

TEST(EventLine, CountsTokens) {
    const auto text = line("event", R"({"time":"2026-11-20T14:02:21Z","reason":"LLMCallComplete","phase":"complete",
        "component":"llm","model":"gpt-4.1","tokens":{"input":2914,"output":655}})");
    EXPECT_THAT(text, HasSubstr("2.9k→655 tok"));
}

TEST(EventLine, ShowsRowsToo) {
    const auto text =
        line("session",
             R"({"id":"s-1","status":"active","name":"Compare three heat pumps","lastActivity":"2026-11-20T14:02:21Z",
        "spans":1902,"errors":2})");
    EXPECT_THAT(text, HasSubstr("session active"));
    EXPECT_THAT(text, HasSubstr("Compare three heat pumps"));
    EXPECT_THAT(text, HasSubstr("1,902 spans"));
    EXPECT_THAT(text, HasSubstr("2 errors"));
}

TEST(EventLine, ShowsWhatIsSaid) {
    const auto message = line("message", R"({"time":"2026-11-20T14:02:21Z","queryId":"q-1","conversationId":"c",
        "message":{"role":"user","content":"compare\nthree"}})");
    EXPECT_THAT(message, HasSubstr("user"));
    EXPECT_THAT(message, HasSubstr("q-1"));
    EXPECT_THAT(message, HasSubstr("compare"));
    const auto chunk = line("chunk", R"({"time":"2026-11-20T14:02:21Z","queryId":"q-1",
        "chunk":{"choices":[{"delta":{"content":"heat pumps"}}]}})");
    EXPECT_THAT(chunk, HasSubstr("chunk"));
    EXPECT_THAT(chunk, HasSubstr("heat pumps"));
    EXPECT_THAT(line("chunk", R"({"queryId":"q","chunk":"[DONE]","complete":true})"), HasSubstr("[DONE]"));
    EXPECT_THAT(line("message", R"({"preview":"{\"role\":","bytes":5000})"), HasSubstr("role"));
}

// Goal: whatever an agent says, the terminal only sees text.
TEST(EventLine, DefusesHostileText) {
    const auto text =
        line("event", R"({"time":"\u001b[2J","reason":"\u001b]0;x\u0007","component":"tool","tool":"\u001b[31m",
        "error":"\u001b[1A","sessionId":"\u001b[K","queryName":"a\nb"})");
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
    EXPECT_THAT(text, Not(HasSubstr("\n")));
    EXPECT_THAT(text, Not(HasSubstr("\x07")));
}

TEST(EventLine, SurvivesAnythingThatIsJson) {
    for (const char* json : {"null", "[]", "{}", "1", R"({"tokens":1,"error":[],"durationMs":"x","time":5})"}) {
        for (const char* topic : {"event", "span", "session", "message", "chunk", "whatever"})
            line(topic, json);
    }
}

}  // namespace
}  // namespace ark::cli
