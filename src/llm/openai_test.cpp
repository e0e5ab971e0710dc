#include "llm/testing.hpp"

#include <gmock/gmock.h>

namespace ark::llm {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

ModelConfig openai_config() {
    ModelConfig config;
    config.model = "small";
    config.base_url = "https://llm.example/v1/";
    config.api_key = "key";
    config.properties = {{"temperature", "0.2"}, {"user", "me"}};
    return config;
}

TEST(OpenAi, WritesRequests) {
    auto request = weather_request();
    request.tool_choice = ToolChoice::required;
    request.format = ResponseFormat{"out", R"({"type":"object"})"};
    const auto wire = make_openai(openai_config())->write(request, true);
    EXPECT_EQ(wire.url, "https://llm.example/v1/chat/completions");
    EXPECT_EQ(wire.fields.find("authorization"), "Bearer key");
    EXPECT_EQ(
        wire.body,
        R"({"model":"small","messages":[{"role":"system","content":"Be brief."},{"role":"user","content":"Weather?"},)"
        R"({"role":"assistant","content":null,"tool_calls":[)"
        R"({"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}},)"
        R"({"id":"c2","type":"function","function":{"name":"weather","arguments":"{broken"}}]},)"
        R"({"role":"tool","content":"rain","tool_call_id":"c1"},)"
        R"({"role":"tool","content":"arguments are not JSON","tool_call_id":"c2"}],)"
        R"("tools":[{"type":"function","function":{"name":"weather","description":"Tells the weather",)"
        R"("parameters":{"type":"object"}}},)"
        R"({"type":"function","function":{"name":"none","parameters":{"type":"object","properties":{}}}}],)"
        R"("tool_choice":"required","response_format":{"type":"json_schema",)"
        R"("json_schema":{"name":"out","strict":true,"schema":{"type":"object"}}},)"
        R"("temperature":0.2,"user":"me","stream":true,"stream_options":{"include_usage":true}})");
}

TEST(OpenAi, FindsAzureAtBothPaths) {
    auto config = openai_config();
    config.provider = Provider::azure;
    config.base_url = "https://r.openai.azure.com";
    config.api_version = "2024-10-21";
    const auto classic = make_openai(config)->write({}, false);
    EXPECT_EQ(classic.url,
              "https://r.openai.azure.com/openai/deployments/small/chat/completions?api-version=2024-10-21");
    EXPECT_EQ(classic.fields.find("api-key"), "key");
    config.base_url = "https://r.openai.azure.com/openai/v1";
    EXPECT_EQ(make_openai(config)->write({}, false).url, "https://r.openai.azure.com/openai/v1/chat/completions");
}

TEST(OpenAi, AsksForTheListWhereItHasModels) {
    auto config = openai_config();
    const auto dialect = make_openai(config);
    const auto wire = dialect->write_listing();
    ASSERT_TRUE(wire);
    EXPECT_EQ(wire->url, "https://llm.example/v1/models");
    EXPECT_EQ(wire->fields.find("authorization"), "Bearer key");
    EXPECT_TRUE(dialect->is_listed(R"({"data":[{"id":"large"},{"id":"small"}]})"));
    EXPECT_FALSE(dialect->is_listed(R"({"data":[{"id":"smaller"}]})"));
    EXPECT_FALSE(dialect->is_listed("<html>"));
    config.provider = Provider::azure;
    EXPECT_FALSE(make_openai(config)->write_listing()) << "Azure lists what could be deployed";
}

TEST(OpenAi, ReadsWholeAnswers) {
    const auto parsed =
        make_openai(openai_config())->parse(R"({"id":"x","object":"chat.completion","model":"small-2","choices":[
        {"index":0,"finish_reason":"stop","message":{"role":"assistant","content":null,"tool_calls":[
        {"id":"","type":"function","function":{"name":"weather","arguments":"{}"}}]}}],
        "usage":{"prompt_tokens":10,"completion_tokens":4,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":6},
        "completion_tokens_details":{"reasoning_tokens":2}}})");
    const auto& reply = std::get<ChatReply>(parsed);
    EXPECT_EQ(reply.finish, FinishReason::tool_calls);
    EXPECT_EQ(reply.message.tool_calls[0].id, "call_x_0");
    EXPECT_EQ(reply.usage.total, 14);
    EXPECT_EQ(reply.usage.cached, 6);
    EXPECT_EQ(reply.usage.reasoning, 2);
    EXPECT_EQ(reply.model, "small-2");
    for (const char* bad :
         {"", "{}", "[]", "nonsense", R"({"choices":[{}]})", R"({"choices":[{"message":{"role":"cook"}}]})"})
        EXPECT_TRUE(std::holds_alternative<Failure>(make_openai(openai_config())->parse(bad))) << bad;
    const auto failed = make_openai(openai_config())->parse(R"({"error":{"message":"no","code":502}})");
    EXPECT_EQ(std::get<Failure>(failed).http_status, 502);
    EXPECT_TRUE(std::get<Failure>(failed).retryable);
}

constexpr std::string_view openai_recorded =
    ": keep-alive\n\n"
    "data: {\"id\":\"c\",\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[]}\n\n"
    "data: "
    "{\"id\":\"c\",\"model\":\"m-1\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}"
    "\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning_content\":\"let me see\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hä\"}}],\"obfuscation\":\"xyz\"}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"llo\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":1,\"id\":\"b\",\"type\":\"function\","
    "\"function\":{\"name\":\"two\",\"arguments\":\"\"}},{\"index\":0,\"id\":\"a\",\"function\":{\"name\":\"one\","
    "\"arguments\":\"{\"}}]}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"}\"}},"
    "{\"index\":1,\"function\":{\"arguments\":\"[]\"}}]}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"usage\":null}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":5,\"total_tokens\":8}}\n\n"
    "data: [DONE]\n\n";

TEST(OpenAi, PutsStreamsTogetherHoweverTheyAreCut) {
    const auto dialect = make_openai(openai_config());
    for (std::size_t piece = 1; piece < openai_recorded.size(); piece += 13) {
        const auto streamed = read_stream(*dialect, openai_recorded, piece);
        const auto& reply = std::get<ChatReply>(streamed.result);
        EXPECT_EQ(streamed.text, "Hällo");
        EXPECT_EQ(streamed.reasoning, "let me see");
        EXPECT_EQ(reply.message.content, "Hällo");
        ASSERT_EQ(reply.message.tool_calls.size(), 2u);
        EXPECT_EQ(reply.message.tool_calls[0].name, "two");
        EXPECT_EQ(reply.message.tool_calls[0].arguments, "[]");
        EXPECT_EQ(reply.message.tool_calls[1].id, "a");
        EXPECT_EQ(reply.message.tool_calls[1].arguments, "{}");
        EXPECT_EQ(reply.usage.total, 8);
        EXPECT_EQ(reply.model, "m-1");
    }
}

TEST(OpenAi, ReadsCallsWithoutIndex) {
    const auto dialect = make_openai(openai_config());
    const auto whole = read_stream(
        *dialect,
        "data: "
        "{\"choices\":[{\"delta\":{\"tool_calls\":[{\"id\":\"a\",\"function\":{\"name\":\"one\",\"arguments\":\"{}\"}},"
        "{\"id\":\"b\",\"function\":{\"name\":\"two\",\"arguments\":{\"x\":1}}}]},\"finish_reason\":\"stop\"}]}"
        "\n\ndata: [DONE]\n\n");
    const auto& calls = std::get<ChatReply>(whole.result).message.tool_calls;
    ASSERT_EQ(calls.size(), 2u);
    EXPECT_EQ(calls[1].arguments, R"({"x":1})");
}

TEST(OpenAi, NoticesWhatWentWrongWithinAStream) {
    const auto dialect = make_openai(openai_config());
    const auto cut = read_stream(*dialect, openai_recorded.substr(0, 600));
    EXPECT_TRUE(std::get<Failure>(cut.result).retryable);
    EXPECT_EQ(std::get<Failure>(cut.result).error.code, Errc::closed);
    const auto told = read_stream(*dialect, "data: {\"error\":{\"message\":\"too many\",\"code\":429}}\n\n");
    EXPECT_EQ(std::get<Failure>(told.result).type, ErrorType::rate_limit);
    const auto garbage = read_stream(*dialect, "data: <html>\n\n");
    EXPECT_EQ(std::get<Failure>(garbage.result).error.code, Errc::protocol);
}

}  // namespace
}  // namespace ark::llm
