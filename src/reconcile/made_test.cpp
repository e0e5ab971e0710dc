// Goal: what servers offer becomes resources that the store takes, whatever names and schemas come along.
#include "reconcile/made.hpp"

#include <gmock/gmock.h>

namespace ark::reconcile {
namespace {

using ::testing::ElementsAre;

JsonValue parsed(std::string_view text) {
    return std::move(*JsonValue::parse(text));
}

resources::Resource server(std::string_view kind) {
    auto object = parsed(R"({"metadata":{"name":"charts","namespace":"lab","uid":"u-1","annotations":{
        "ark.mckinsey.com/dashboard-icon":"map","kubectl.kubernetes.io/x":"y"}},"spec":{}})");
    return {resources::kind_named(kind), std::move(object), 1};
}

tools::mcp::ToolInfo tool(std::string name) {
    tools::mcp::ToolInfo info;
    info.definition.name = std::move(name);
    info.definition.parameters = R"({"type":"object","properties":{"port":{"type":"string"}}})";
    info.annotations = parsed(R"({"readOnlyHint":true,"title":"Look up","openWorldHint":"perhaps","other":1})");
    return info;
}

TEST(Made, NamesAreThoseOfResources) {
    EXPECT_EQ(resource_name("charts-Look_Up"), "charts-look-up");
    EXPECT_EQ(resource_name("  Ünicode & more!! "), "nicode-more");
    EXPECT_EQ(resource_name("abc-def", 4), "abc");
}

TEST(Made, AToolIsItsServers) {
    const auto owner = server("MCPServer");
    const auto made = tools_of(owner, {tool("Look_Up")});
    ASSERT_EQ(made.size(), 1u);
    EXPECT_EQ(made[0].name, "charts-look-up");
    const auto& object = made[0].object;
    EXPECT_EQ(object["metadata"]["labels"]["mcp/server"].text(), "charts");
    EXPECT_EQ(object["metadata"]["annotations"], parsed(R"({"ark.mckinsey.com/dashboard-icon":"map"})"));
    EXPECT_EQ(object["spec"]["annotations"], parsed(R"({"readOnlyHint":true,"title":"Look up"})"));
    EXPECT_EQ(object["spec"]["mcp"],
              parsed(R"({"mcpServerRef":{"name":"charts","namespace":"lab"},"toolName":"Look_Up"})"));
    const resources::Resource resource(resources::kind_named("Tool"), object, 2);
    EXPECT_TRUE(is_owned_by(resource, owner));
}

TEST(Made, ToolsWithOneNameAreToldApart) {
    const auto made = tools_of(server("MCPServer"), {tool("look_up"), tool("look-up"), tool("LookUp")});
    std::vector<std::string> names;
    for (const auto& one : made)
        names.push_back(one.name);
    EXPECT_THAT(names, ElementsAre("charts-look-up", "charts-look-up-2", "charts-lookup"));
}

TEST(Made, ACardIsAnAgent) {
    tools::a2a::AgentCard card;
    card.name = "Weather_Desk Oslo";
    card.description = "Knows the weather.";
    card.streaming = true;
    const auto made = agent_of(server("A2AServer"), card, "http://127.0.0.1:1/");
    EXPECT_EQ(made.name, "weather-desk-oslo");
    EXPECT_EQ(made.object["spec"]["executionEngine"]["name"].text(), "a2a");
    EXPECT_EQ(made.object["spec"]["prompt"].text(), "You are Weather_Desk Oslo. Knows the weather.");
    const auto& annotations = made.object["metadata"]["annotations"];
    EXPECT_EQ(annotations["ark.mckinsey.com/a2a-server-name"].text(), "charts");
    EXPECT_EQ(annotations["ark.mckinsey.com/a2a-server-address"].text(), "http://127.0.0.1:1/");
    EXPECT_EQ(annotations["ark.mckinsey.com/a2a-streaming-supported"].text(), "true");
    EXPECT_EQ(made.object["metadata"]["labels"]["a2a/server"].text(), "charts");
}

}  // namespace
}  // namespace ark::reconcile
