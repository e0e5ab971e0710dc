#include "tools/mcp/message.hpp"

#include <gmock/gmock.h>

namespace ark::tools::mcp {
namespace {

using codec::JsonValue;

TEST(Mcp, WritesRequestsOfBothEras) {
    Meta legacy;
    legacy.context.add("traceparent", "00-a");
    legacy.progress_token = 3;
    EXPECT_EQ(request_text(3, "tools/call", R"({"name":"t"})", legacy),
              R"({"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"t",)"
              R"("_meta":{"progressToken":3,"traceparent":"00-a"}}})");
    Meta modern;
    modern.modern = true;
    const auto text = JsonValue::parse(request_text(1, "tools/list", "", modern));
    EXPECT_EQ((*text)["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"].text(), modern_version);
    EXPECT_TRUE((*text)["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"].is_object());
}

TEST(Mcp, TellsMessagesApart) {
    EXPECT_TRUE(Message::parse(R"({"jsonrpc":"2.0","id":4,"result":{}})")->is_response_to(4));
    EXPECT_FALSE(Message::parse(R"({"jsonrpc":"2.0","id":4,"result":{}})")->is_response_to(5));
    EXPECT_TRUE(Message::parse(R"({"jsonrpc":"2.0","id":"x","method":"ping"})")->is_request());
    EXPECT_TRUE(Message::parse(R"({"jsonrpc":"2.0","method":"notifications/progress"})")->is_notification());
    for (const char* bad : {"", "[]", "{}", "1", R"({"jsonrpc":"1.0"})", R"([{"jsonrpc":"2.0"}])"})
        EXPECT_FALSE(Message::parse(bad)) << bad;
}

TEST(Mcp, ReadsToolsAndLeavesOutWhatIsNone) {
    const auto tools = parse_tools(*JsonValue::parse(R"({"tools":[{"name":"a","inputSchema":{"type":"object",
        "properties":{"x":{"type":"string","x-mcp-header":"X"}}}},{"name":"","inputSchema":{}},{"name":"b"},1]})"));
    ASSERT_EQ(tools.size(), 1u);
    EXPECT_EQ(tools[0].header_parameters[0].second, "X");
}

TEST(Mcp, DescribesContent) {
    const auto result = parse_result(*JsonValue::parse(R"({"content":[{"type":"text","text":"one"},
        {"type":"image","data":"AAAA","mimeType":"image/png"},{"type":"resource_link","uri":"file:///x"},
        {"type":"resource","resource":{"uri":"u","text":"two"}}],"isError":true,"structuredContent":{"a":1}})"));
    EXPECT_EQ(result.text, "one\n[image, image/png, 3 bytes]\n[resource file:///x]\ntwo");
    EXPECT_EQ(result.structured, R"({"a":1})");
    EXPECT_TRUE(result.is_error);
    EXPECT_EQ(parse_result(*JsonValue::parse(R"({"structuredContent":[1]})")).text, "[1]");
}

TEST(Mcp, WritesAnswersAndHeaderValues) {
    Answer answer;
    EXPECT_EQ(answer_text(answer), R"({"action":"decline"})");
    answer.action = Answer::Action::accept;
    answer.content = R"({"a":1})";
    EXPECT_EQ(answer_text(answer), R"({"action":"accept","content":{"a":1}})");
    answer.content = "nonsense";
    EXPECT_EQ(answer_text(answer), R"({"action":"accept"})");
    EXPECT_EQ(header_value("plain"), "plain");
    EXPECT_EQ(header_value("ä"), "=?base64?w6Q=?=");
    EXPECT_EQ(header_value("=?base64?x?="), "=?base64?PT9iYXNlNjQ/eD89?=");
}

}  // namespace
}  // namespace ark::tools::mcp
