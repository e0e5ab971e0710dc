#include "query/conversation.hpp"

#include "query/testing/asking.hpp"

#include <gtest/gtest.h>

namespace ark::query {
namespace {

Message said(std::string role, std::string content) {
    Message message;
    message.role = std::move(role);
    message.content = std::move(content);
    return message;
}

Speech speech(model::Kind kind, std::uint64_t start, std::uint64_t end, std::vector<Message> input,
              std::vector<Message> output, std::uint64_t trace = 1) {
    Speech out;
    out.kind = kind;
    out.trace_id = testing::trace_id(trace);
    out.span_id = testing::span_id(start);
    out.start = UnixNanos{start};
    out.end = UnixNanos{end};
    out.messages = {std::move(input), std::move(output)};
    return out;
}

std::vector<std::string> spoken(const std::vector<Speech>& speeches) {
    std::vector<std::string> out;
    for (const auto& turn : assemble(speeches))
        out.push_back(turn.message.role + ": " + turn.message.content);
    return out;
}

using Lines = std::vector<std::string>;

TEST(Conversation, FoldsTheHistoryThatEveryCallRepeats) {
    Message calls = said("assistant", "");
    calls.tool_calls.push_back({"c1", "search", "{}"});
    Message answer = said("tool", "42");
    answer.tool_call_id = "c1";
    const auto system = said("system", "be brief");
    const auto user = said("user", "hello");
    const auto done = said("assistant", "It is 42.");
    const std::vector<Speech> speeches{
        speech(model::Kind::query, 10, 100, {user}, {done}),
        speech(model::Kind::llm, 20, 30, {system, user}, {calls}),
        speech(model::Kind::llm, 40, 50, {system, user, calls, answer}, {done}),
    };
    EXPECT_EQ(spoken(speeches),
              (Lines{"user: hello", "system: be brief", "assistant: ", "tool: 42", "assistant: It is 42."}));
}

TEST(Conversation, RepeatedWordsAreNotLost) {
    const auto yes = said("user", "yes");
    const auto ok = said("assistant", "ok");
    std::vector<Speech> speeches{
        speech(model::Kind::query, 10, 19, {yes}, {ok}, 1),
        speech(model::Kind::llm, 11, 18, {yes}, {ok}, 1),
        speech(model::Kind::query, 20, 29, {yes}, {ok}, 2),
        speech(model::Kind::llm, 21, 28, {yes, ok, yes}, {ok}, 2),
    };
    for (auto& one : speeches)
        one.conversation = "c";
    EXPECT_EQ(spoken(speeches), (Lines{"user: yes", "assistant: ok", "user: yes", "assistant: ok"}));
}

TEST(Conversation, WithoutModelCallsTheQuerySpeaksForItself) {
    EXPECT_EQ(spoken({speech(model::Kind::query, 10, 20, {said("user", "hi")}, {said("assistant", "ho")})}),
              (Lines{"user: hi", "assistant: ho"}));
    auto running = speech(model::Kind::query, 10, 0, {said("user", "hi")}, {});
    EXPECT_EQ(spoken({running}), (Lines{"user: hi"}));
}

TEST(Conversation, CoarseClocksKeepTheOrder) {
    const auto user = said("user", "a");
    const auto one = said("assistant", "one");
    // The second call begins in the tick in which the first ended.
    EXPECT_EQ(spoken({speech(model::Kind::llm, 20, 30, {user, one}, {said("assistant", "two")}),
                      speech(model::Kind::llm, 10, 20, {user}, {one})}),
              (Lines{"user: a", "assistant: one", "assistant: two"}));
    EXPECT_EQ(spoken({speech(model::Kind::llm, 10, 10, {user}, {one})}), (Lines{"user: a", "assistant: one"}));
}

TEST(Messages, ReadsEveryDialectOfJson) {
    auto messages = messages_from_json(
        R"([{"role":"user","parts":[{"type":"text","content":"look"},{"type":"uri","modality":"image","uri":"x"}]},
            {"role":"assistant","parts":[{"type":"reasoning","content":"hm"},
                                         {"type":"tool_call","id":"1","name":"f","arguments":{"a":1}}]},
            {"role":"tool","parts":[{"type":"tool_call_response","id":"1","response":{"b":2}}]}])",
        "user");
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].content, "look");
    EXPECT_EQ(messages[0].attachments, (std::vector<std::string>{"image"}));
    EXPECT_EQ(messages[1].reasoning, "hm");
    EXPECT_EQ(messages[1].tool_calls[0].arguments, R"({"a":1})");
    EXPECT_EQ(messages[2].tool_call_id, "1");
    EXPECT_EQ(messages[2].content, R"({"b":2})");

    messages = messages_from_json(
        R"({"messages":[{"role":"human","content":"hi"},{"role":"assistant","content":null,
            "tool_calls":[{"id":"2","type":"function","function":{"name":"g","arguments":"{}"}}]},
            {"role":"tool","tool_call_id":"2","content":[{"type":"text","text":"done"}]}]})",
        "user");
    ASSERT_EQ(messages.size(), 3u);
    EXPECT_EQ(messages[0].role, "user");
    EXPECT_EQ(messages[1].tool_calls[0].name, "g");
    EXPECT_EQ(messages[2].content, "done");

    EXPECT_TRUE(messages_from_json(R"({"city":"Oslo"})", "user").empty());
    EXPECT_TRUE(messages_from_json("plain words", "user").empty());
    EXPECT_TRUE(messages_from_json("[1,2", "user").empty());
}

TEST(SessionMessages, AreAssembledFromTheJournal) {
    testing::Asking ask;
    views::SessionRow row;
    row.id = "s";
    ask.views.session_rows = {row};
    otlp::Span call;
    call.trace_id = testing::trace_id(1);
    call.span_id = testing::span_id(1);
    call.name = "chat m";
    call.start = UnixNanos{1'700'000'000'000'000'000};
    call.end = call.start + 1'000'000;
    call.attributes = {{"openinference.span.kind", "LLM"},
                       {"llm.input_messages.0.message.role", "user"},
                       {"llm.input_messages.0.message.content", "What is 6×7?"},
                       {"llm.output_messages.0.message.role", "assistant"},
                       {"llm.output_messages.0.message.tool_calls.0.tool_call.id", "c"},
                       {"llm.output_messages.0.message.tool_calls.0.tool_call.function.name", "multiply"},
                       {"llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments", "[6,7]"}};
    ask.journal.put_spans({call});
    ask.views.spans = {testing::entry(1, 0, 0, 1, model::Kind::llm, "chat m")};
    ask.views.context.agent = "counter";

    const auto page = ask.json("/v1/sessions/s/messages");
    ASSERT_EQ(page["items"].size(), 2u);
    EXPECT_EQ(page["items"][0]["content"].text(), "What is 6×7?");
    EXPECT_EQ(page["items"][0]["agent"].text(), "counter");
    EXPECT_EQ(page["items"][1]["toolCalls"][0]["name"].text(), "multiply");
    EXPECT_TRUE(page["complete"].boolean());
    const auto first = ask.json("/v1/sessions/s/messages?limit=1");
    ASSERT_FALSE(first["nextCursor"].is_null());
    const auto second = ask.json("/v1/sessions/s/messages?limit=1&cursor=" + std::string(first["nextCursor"].text()));
    EXPECT_EQ(second["items"][0]["role"].text(), "assistant");
    EXPECT_TRUE(second["nextCursor"].is_null());
    EXPECT_EQ(ask.json("/v1/sessions/s/messages?agent=nobody")["items"].size(), 0u);
    EXPECT_EQ(ask.problem("/v1/sessions/none/messages"), ProblemKind::not_found);
}

}  // namespace
}  // namespace ark::query
