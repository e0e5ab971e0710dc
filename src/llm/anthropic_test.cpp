#include "llm/testing.hpp"

#include <gtest/gtest.h>

namespace ark::llm {
namespace {

ModelConfig anthropic_config() {
    ModelConfig config;
    config.provider = Provider::anthropic;
    config.model = "claude";
    config.base_url = "https://api.anthropic.com";
    config.api_key = "key";
    return config;
}

TEST(Anthropic, WritesBlocks) {
    auto request = weather_request();
    request.messages[2].provider_blocks = R"([{"type":"thinking","thinking":"t","signature":"s"}])";
    const auto wire = make_anthropic(anthropic_config())->write(request, false);
    EXPECT_EQ(wire.url, "https://api.anthropic.com/v1/messages");
    EXPECT_EQ(wire.fields.find("x-api-key"), "key");
    EXPECT_EQ(
        wire.body,
        R"({"model":"claude","max_tokens":4096,"system":[{"type":"text","text":"Be brief.",)"
        R"("cache_control":{"type":"ephemeral"}}],)"
        R"("messages":[{"role":"user","content":[{"type":"text","text":"Weather?"}]},)"
        R"({"role":"assistant","content":[{"type":"thinking","thinking":"t","signature":"s"},)"
        R"({"type":"tool_use","id":"c1","name":"weather","input":{"city":"Oslo"}},)"
        R"({"type":"tool_use","id":"c2","name":"weather","input":{}}]},)"
        R"({"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"rain"},)"
        R"({"type":"tool_result","tool_use_id":"c2","content":"arguments are not JSON","is_error":true}]}],)"
        R"("tools":[{"name":"weather","description":"Tells the weather","input_schema":{"type":"object"}},)"
        R"({"name":"none","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}]})");
}

TEST(Anthropic, AsksForTheModelItself) {
    const auto dialect = make_anthropic(anthropic_config());
    const auto wire = dialect->write_listing();
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->url, anthropic_config().base_url + "/v1/models/" + anthropic_config().model);
    EXPECT_EQ(wire->fields.find("x-api-key"), anthropic_config().api_key);
    EXPECT_TRUE(dialect->is_listed(R"({"type":"model","id":"claude","display_name":"Claude"})"));
    EXPECT_FALSE(dialect->is_listed(R"({"type":"error","error":{"type":"not_found_error"}})"));
    EXPECT_FALSE(dialect->is_listed("<html>"));
}

TEST(Anthropic, ReadsWholeAnswers) {
    const auto parsed =
        make_anthropic(anthropic_config())->parse(R"({"id":"m","type":"message","model":"claude-1","content":[
        {"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"I look."},
        {"type":"tool_use","id":"t","name":"weather","input":{"city":"Oslo"}}],"stop_reason":"tool_use",
        "usage":{"input_tokens":5,"cache_read_input_tokens":7,"cache_creation_input_tokens":2,"output_tokens":4}})");
    const auto& reply = std::get<ChatReply>(parsed);
    EXPECT_EQ(reply.message.content, "I look.");
    EXPECT_EQ(reply.message.reasoning, "hm");
    EXPECT_EQ(reply.message.provider_blocks, R"([{"type":"thinking","thinking":"hm","signature":"s"}])");
    EXPECT_EQ(reply.message.tool_calls[0].arguments, R"({"city":"Oslo"})");
    EXPECT_EQ(reply.usage.prompt, 14);
    EXPECT_EQ(reply.usage.cached, 7);
    EXPECT_EQ(reply.usage.total, 18);
    EXPECT_EQ(reply.finish, FinishReason::tool_calls);
}

constexpr std::string_view anthropic_recorded =
    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"claude-1\","
    "\"usage\":{\"input_tokens\":5,\"cache_read_input_tokens\":7,\"output_tokens\":1}}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\","
    "\"thinking\":\"\",\"signature\":\"\"}}\n\n"
    "event: ping\ndata: {\"type\":\"ping\"}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"sig\"}}\n\n"
    "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"I \"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{\"type\":\"text_delta\",\"text\":\"look.\"}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":2,\"content_block\":{\"type\":\"tool_use\",\"id\":\"t\",\"name\":"
    "\"weather\",\"input\":{}}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":\"{"
    "\\\"city\\\":\"}}\n\n"
    "event: content_block_delta\ndata: "
    "{\"type\":\"content_block_delta\",\"index\":2,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":"
    "\"\\\"Oslo\\\"}\"}}\n\n"
    "event: content_block_start\ndata: "
    "{\"type\":\"content_block_start\",\"index\":3,\"content_block\":{\"type\":\"tool_use\",\"id\":\"u\",\"name\":"
    "\"none\",\"input\":{}}}\n\n"
    "event: message_delta\ndata: "
    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"},\"usage\":{\"output_tokens\":9}}\n\n"
    "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

TEST(Anthropic, PutsStreamsTogetherHoweverTheyAreCut) {
    const auto dialect = make_anthropic(anthropic_config());
    for (std::size_t piece = 1; piece < anthropic_recorded.size(); piece += 17) {
        const auto streamed = read_stream(*dialect, anthropic_recorded, piece);
        const auto& reply = std::get<ChatReply>(streamed.result);
        EXPECT_EQ(streamed.text, "I look.");
        EXPECT_EQ(streamed.reasoning, "hm");
        EXPECT_EQ(reply.message.provider_blocks, R"([{"type":"thinking","thinking":"hm","signature":"sig"}])");
        ASSERT_EQ(reply.message.tool_calls.size(), 2u);
        EXPECT_EQ(reply.message.tool_calls[0].arguments, R"({"city":"Oslo"})");
        EXPECT_EQ(reply.message.tool_calls[1].arguments, "{}");
        EXPECT_EQ(reply.usage.prompt, 12);
        EXPECT_EQ(reply.usage.completion, 9);
    }
}

TEST(Anthropic, NoticesWhatWentWrongWithinAStream) {
    const auto dialect = make_anthropic(anthropic_config());
    const auto cut = read_stream(*dialect, anthropic_recorded.substr(0, 700));
    EXPECT_EQ(std::get<Failure>(cut.result).error.code, Errc::closed);
    const auto told =
        read_stream(*dialect,
                    "event: error\ndata: "
                    "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n");
    EXPECT_TRUE(std::get<Failure>(told.result).retryable);
    EXPECT_EQ(std::get<Failure>(told.result).code, "overloaded_error");
}

}  // namespace
}  // namespace ark::llm
