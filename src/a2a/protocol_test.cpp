#include "a2a/protocol.hpp"

#include <gtest/gtest.h>

namespace ark::a2a {
namespace {

using codec::JsonValue;

JsonValue json(std::string_view text) {
    auto value = JsonValue::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? std::move(*value) : JsonValue{};
}

JsonValue query(std::string_view status) {
    return json(
        R"({"metadata":{"name":"a2a-1","namespace":"lab","uid":"u"},"spec":{"input":"hi","conversationId":"c"},)"
        R"("status":)" +
        std::string(status) + "}");
}

TEST(A2aProtocol, UnderstandsBothVersions) {
    const auto old = parse_request(R"({"jsonrpc":"2.0","id":"a","method":"message/send","params":{"message":{)"
                                   R"("messageId":"m","parts":[{"kind":"text","text":"hi"}]}}})",
                                   "");
    ASSERT_TRUE(old) << old.error().message;
    EXPECT_EQ(old->version, Version::v0_3);
    EXPECT_EQ(parse_message(*old)->text, "hi");
    const auto now = parse_request(R"({"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{)"
                                   R"("messageId":"m","parts":[{"data":{"a":1}}]},)"
                                   R"("configuration":{"returnImmediately":true}}})",
                                   "1.0");
    ASSERT_TRUE(now);
    EXPECT_EQ(now->version, Version::v1_0);
    EXPECT_EQ(parse_message(*now)->text, R"({"a":1})");
    EXPECT_FALSE(parse_message(*now)->waits);
}

TEST(A2aProtocol, RefusesInItsOwnWords) {
    EXPECT_EQ(parse_request("{", "").error().code, -32700);
    EXPECT_EQ(parse_request("{}", "").error().code, -32600);
    EXPECT_EQ(parse_request(R"({"jsonrpc":"2.0","id":1,"method":"x"})", "").error().code, -32601);
    EXPECT_EQ(parse_request(R"({"jsonrpc":"2.0","id":1,"method":"message/send"})", "2.0").error().code, -32009);
    EXPECT_EQ(parse_request(R"({"jsonrpc":"2.0","id":1,"method":"tasks/pushNotificationConfig/set"})", "").error().code,
              -32003);
    const auto empty = parse_request(R"({"jsonrpc":"2.0","id":1,"method":"message/send","params":{}})", "");
    EXPECT_EQ(parse_message(*empty).error().code, -32602);
    const auto file = parse_request(
        R"({"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"parts":[{"url":"http://x"}]}}})", "");
    EXPECT_EQ(parse_message(*file).error().code, -32005);
}

TEST(A2aProtocol, SaysHowAQueryIs) {
    const auto done = query(R"({"phase":"done","response":{"content":"14:05"},"tokenUsage":{"totalTokens":7}})");
    const auto old = task_of(Version::v0_3, done);
    EXPECT_EQ(old["kind"].text(), "task");
    EXPECT_EQ(old["status"]["state"].text(), "completed");
    EXPECT_EQ(old["contextId"].text(), "c");
    EXPECT_EQ(old["artifacts"][std::size_t{0}]["parts"][std::size_t{0}]["text"].text(), "14:05");
    const auto now = wrapped(Version::v1_0, "task", task_of(Version::v1_0, done));
    EXPECT_EQ(now["task"]["status"]["state"].text(), "TASK_STATE_COMPLETED");
    EXPECT_TRUE(now["task"]["kind"].is_null());
    const auto spent = message_of(Version::v0_3, done)["metadata"][std::string(query_extension) + "/ref"];
    EXPECT_EQ(spent["tokenUsage"]["total_tokens"].integer(), 7);
    EXPECT_TRUE(status_update(Version::v0_3, done)["final"].boolean());
    EXPECT_FALSE(is_settled(query(R"({"phase":"running"})")));
}

TEST(A2aProtocol, AQuestionIsAnsweredInWords) {
    const auto waiting = query(R"({"phase":"input-required","questions":[{"id":"q1","type":"approval","tool":"pay",)"
                               R"("arguments":"{}","agent":"buyer"}]})");
    EXPECT_TRUE(is_settled(waiting));
    EXPECT_FALSE(is_settled(waiting, "q1")) << "it is answered, and the run does not know yet";
    EXPECT_NE(task_of(Version::v0_3, waiting)["status"]["message"].dump().find("wants to call pay"), std::string::npos);
    const auto& approval = waiting["status"]["questions"][std::size_t{0}];
    EXPECT_EQ(json(answer_input(approval, "Approved"))["decision"].text(), "approved");
    EXPECT_EQ(json(answer_input(approval, R"({"decision":"rejected","reason":"no"})"))["reason"].text(), "no");
    EXPECT_EQ(answer_input(approval, "perhaps"), "");
    EXPECT_EQ(json(answer_input(json(R"({"type":"input"})"), "blue"))["answer"].text(), "blue");
}

TEST(A2aProtocol, TheCardIsReadableByBothVersions) {
    About about;
    about.name = "clerk";
    about.url = "http://h/a2a";
    const auto card = json(card_json(about));
    EXPECT_EQ(card["url"].text(), "http://h/a2a");
    EXPECT_EQ(card["supportedInterfaces"][std::size_t{0}]["protocolVersion"].text(), "1.0");
    EXPECT_GE(card["skills"].size(), 1u);
}

}  // namespace
}  // namespace ark::a2a
