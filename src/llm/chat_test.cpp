#include "llm/chat.hpp"

#include <gtest/gtest.h>

namespace ark::llm {
namespace {

std::string text_of(const Message& message, MessageForm form) {
    std::string text;
    codec::JsonWriter json(text);
    append_message(json, message, form);
    return text;
}

TEST(Message, ARecordReadsBackWhole) {
    Message message;
    message.role = Role::assistant;
    message.content = "ä \"quoted\"";
    message.name = "clerk";
    message.tool_calls = {{"1", "look", "{\"a\":1}"}, {"2", "broken", "{"}};
    message.reasoning = "hm";
    message.provider_blocks = R"([{"type":"thinking","signature":"s"}])";
    const auto text = text_of(message, MessageForm::record);
    const auto back = parse_message(*codec::JsonValue::parse(text));
    ASSERT_TRUE(back);
    EXPECT_EQ(text_of(*back, MessageForm::record), text);
    EXPECT_EQ(back->tool_calls[1].arguments, "{");
    EXPECT_EQ(text_of(message, MessageForm::wire).find("thinking"), std::string::npos);
}

TEST(Message, ReadsWhatOthersWrite) {
    const auto parts = parse_message(*codec::JsonValue::parse(
        R"({"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]})"));
    EXPECT_EQ(parts->content, "ab");
    const auto object =
        parse_message(*codec::JsonValue::parse(R"({"role":"assistant","content":null,"tool_calls":[)"
                                               R"({"id":"x","function":{"name":"n","arguments":{"a":1}}}]})"));
    EXPECT_EQ(object->tool_calls[0].arguments, R"({"a":1})");
    EXPECT_FALSE(parse_message(*codec::JsonValue::parse(R"({"role":"cook"})")));
    EXPECT_FALSE(parse_message(*codec::JsonValue::parse(R"([])")));
}

}  // namespace
}  // namespace ark::llm
