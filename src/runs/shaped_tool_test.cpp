// Goal: what an agent's entry of a tool decides is decided, and what it filters is filtered; overrides reach whom they
// mean.
#include "runs/shaped_tool.hpp"

#include "agents/testing/world.hpp"
#include "resources/testing/test_store.hpp"
#include "runs/overrides.hpp"
#include "tools/jq.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::runs {
namespace {

using testing::HasSubstr;

/// Says its arguments back; has three parameters.
class EchoTool final : public agents::Callable {
public:
    EchoTool() {
        definition_.name = "echo";
        definition_.parameters = R"({"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"},)"
                                 R"("key":{"type":"string"}},"required":["city","days"]})";
    }
    const llm::ToolDefinition& definition() const override { return definition_; }
    std::string_view type() const override { return "http"; }
    awaitable<agents::CallResult> call(std::string arguments, agents::CallPlace) const override {
        agents::CallResult result;
        result.text = std::move(arguments);
        co_return result;
    }

private:
    llm::ToolDefinition definition_;
};

class ShapedToolTest : public testing::Test {
protected:
    Result<agents::CallablePtr> shape(std::string_view entry) {
        lookup_.set_query_parameters(resources::json(R"({"town":"Dover"})"));
        const auto json = resources::json(entry);
        return store_.run(shape_tool(std::make_shared<EchoTool>(), json, lookup_, "lab", "Agent lab/a", pool_));
    }
    agents::CallResult call(const agents::Callable& tool, std::string arguments) {
        agents::Execution execution{.tracer = world_.tracer, .steps = world_.steps, .stop = {}};
        agents::TokenUsage usage;
        agents::CallPlace place{execution, world_.root, "/tool.0.0", usage};
        auto task = asio::co_spawn(world_.context, tool.call(std::move(arguments), std::move(place)), asio::use_future);
        world_.context.restart();
        world_.context.run();
        return task.get();
    }

    resources::TestStore store_;
    Lookup lookup_{store_.store()};
    agents::testing::World world_;
    runtime::WorkPool pool_{1};
};

TEST_F(ShapedToolTest, WhatIsDecidedIsNeitherSeenNorChanged) {
    ASSERT_TRUE(store_.create("Secret", R"({"metadata":{"name":"s"},"data":{"k":"czNjcmV0"}})"));
    const auto tool = shape(R"({"name":"echo","partial":{"parameters":[{"name":"city","value":"{{.Query.town}}"},)"
                            R"({"name":"days","value":"3"},)"
                            R"({"name":"key","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}}]}})");
    ASSERT_TRUE(tool) << tool.error().message();
    EXPECT_EQ((*tool)->definition().parameters, R"({"type":"object","properties":{},"required":[]})");
    const auto said = resources::json(call(**tool, R"({"city":"London","more":1})").text);
    EXPECT_EQ(said["city"].text(), "Dover");
    EXPECT_TRUE(said["days"] == resources::json("3"));
    EXPECT_EQ(said["key"].text(), "s3cret");
    EXPECT_EQ(said["more"].integer(), 1);
}

TEST_F(ShapedToolTest, AnswersAreFiltered) {
    const auto tool =
        shape(R"({"name":"echo","functions":[{"name":"jq","value":".a[]"},{"name":"jq","value":"length"}]})");
    ASSERT_TRUE(tool) << tool.error().message();
    EXPECT_EQ(call(**tool, R"({"a":[1,2,3]})").text, "3");
    EXPECT_EQ(call(**tool, "no JSON").text, "no JSON");
    const auto failed = call(**tool, R"({"a":1})");
    EXPECT_TRUE(failed.is_error);
    EXPECT_EQ(failed.error_type, "filter_error");
}

TEST_F(ShapedToolTest, MistakesAreToldBeforeAnythingRuns) {
    const auto said = [&](std::string_view entry) {
        const auto tool = shape(entry);
        return tool ? std::string("fine") : tool.error().message();
    };
    EXPECT_THAT(said(R"({"name":"echo","functions":[{"name":"jq","value":".["}]})"), HasSubstr("syntax error"));
    EXPECT_THAT(said(R"({"name":"echo","functions":[{"name":"awk","value":"1"}]})"), HasSubstr("only jq"));
    EXPECT_THAT(said(R"({"name":"echo","partial":{"parameters":[{"name":"city","value":"{{.Query.nowhere}}"}]}})"),
                HasSubstr("partial parameter city"));
}

TEST_F(ShapedToolTest, OverridesReachWhomTheyMean) {
    ASSERT_TRUE(store_.create("Model",
                              R"({"metadata":{"name":"m","labels":{"tier":"gold"}},"spec":{"provider":"openai",)"
                              R"("model":{"value":"m"},"config":{"openai":{"baseUrl":{"value":"http://127.0.0.1/v1"},)"
                              R"("apiKey":{"value":"k"}}}}})"));
    lookup_.set_query_parameters(resources::json(R"({"tenant":"t-7"})"));
    const auto list = resources::json(
        R"([{"resourceType":"model","labelSelector":{"matchLabels":{"tier":"gold"}},"headers":[{"name":"X-Tenant",)"
        R"("value":{"valueFrom":{"queryParameterRef":{"name":"tenant"}}}}]},)"
        R"({"resourceType":"model","labelSelector":{"matchLabels":{"tier":"tin"}},"headers":[{"name":"x-tin",)"
        R"("value":{"value":"1"}}]},{"resourceType":"mcpserver","headers":[{"name":"x-mcp","value":{"value":"1"}}]}])");
    Overrides overrides;
    const auto added = store_.run(overrides.add(list, lookup_, "lab", "Query lab/q"));
    ASSERT_TRUE(added) << added.error().message();
    ASSERT_TRUE(overrides.add_server_settings(R"({"lab/charts":{"headers":{"X-Who":"me"}}})"));
    net::Fields fields;
    fields.set("x-tenant", "nobody");
    overrides.apply(fields, "model", *store_.get("Model", "m"));
    EXPECT_EQ(fields.find("x-tenant"), "t-7");
    EXPECT_FALSE(fields.has("x-tin"));
    EXPECT_FALSE(fields.has("x-mcp"));
    ASSERT_TRUE(
        store_.create("MCPServer", R"({"metadata":{"name":"charts"},"spec":{"address":{"value":"http://m/mcp"}}})"));
    overrides.apply(fields, "mcpserver", *store_.get("MCPServer", "charts"));
    EXPECT_EQ(fields.find("x-mcp"), "1");
    EXPECT_EQ(fields.find("x-who"), "me");
    EXPECT_FALSE(overrides.add_server_settings(R"({"lab/charts":{"toolCalls":[{"name":"login"}]}})"));
}

}  // namespace
}  // namespace ark::runs

// jq programs run in this executable, started again.
int main(int argc, char** argv) {
    if (ark::tools::is_jq_worker(argc, argv)) return ark::tools::run_jq_worker();
    testing::InitGoogleMock(&argc, argv);
    return RUN_ALL_TESTS();
}
