// Goal: servers become Tools and Agents, what they offer no more goes, and one that hangs keeps nobody waiting.
// Method: a real store, real HTTP servers that the test scripts, on the test's thread.
#include "reconcile/testing/reconcile_world.hpp"

#include <gmock/gmock.h>

namespace ark::reconcile {
namespace {

using ::testing::HasSubstr;
using tools::Seen;

class ServersTest : public ReconcileTest {
protected:
    /// An MCP server with these tools ("a", "b"), that wants a token.
    void serve_tools(std::vector<std::string> names) {
        names_ = std::move(names);
        serve([this](const Seen& request) {
            const auto method = request.json["method"].text();
            if (request.path == "/hangs") return Say{200, "-", "", {}};
            if (request.path == "/.well-known/agent-card.json") {
                return Say{200,
                           "application/json",
                           R"({"name":"Weather Desk","description":"Weather","version":"1","url":")" + url() +
                               R"(/a2a","protocolVersion":"0.3.0","capabilities":{"streaming":true},"skills":[]})",
                           {}};
            }
            const auto token = request.fields.find("authorization");
            if (token != "Bearer t-1") return Say{401, "text/plain", "who are you?", {}};
            if (method == "server/discover") {
                return answer_of(request, R"({"supportedVersions":["2026-07-28"],"capabilities":{},
                    "serverInfo":{"name":"charts","version":"2"}})");
            }
            std::string list;
            for (const auto& name : names_)
                list += (list.empty() ? "" : ",") + (R"({"name":")" + name + R"(","inputSchema":{"type":"object"}})");
            return answer_of(request, R"({"tools":[)" + list + "]}");
        });
    }
    static Say answer_of(const Seen& request, const std::string& result) {
        return Say{200,
                   "application/json",
                   R"({"jsonrpc":"2.0","id":)" + request.json["id"].dump() + R"(,"result":)" + result + "}",
                   {}};
    }

    void add_mcp(const std::string& name, const std::string& path, const std::string& more = "") {
        create("MCPServer", R"({"metadata":{"name":")" + name + R"("},"spec":{"address":{"value":")" + url() + path +
                                R"("},"pollInterval":"100ms","timeout":"2s")" + more + "}}");
    }
    void add_token() { create("Secret", R"({"metadata":{"name":"t"},"stringData":{"access_token":"t-1"}})"); }
    static constexpr const char* authorized = R"(,"authorization":{"tokenSecretRef":{"name":"t"}})";

    std::vector<std::string> names_;
};

TEST_F(ServersTest, ToolsComeAndGoWithWhatTheServerOffers) {
    serve_tools({"look_up", "plot"});
    add_token();
    add_mcp("charts", "/mcp", authorized);
    const std::vector<std::string> both{"charts-look-up", "charts-plot"};
    EXPECT_TRUE(becomes([&] { return names_of("Tool") == both; }));
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].status") == "True"; }));
    EXPECT_EQ(condition("MCPServer", "charts", "Available].reason"), "ToolsDiscovered");
    EXPECT_EQ(condition("MCPServer", "charts", "Discovering].status"), "False");
    names_ = {"plot", "measure"};
    const std::vector<std::string> other{"charts-measure", "charts-plot"};
    EXPECT_TRUE(becomes([&] { return names_of("Tool") == other; }));
    remove("MCPServer", "charts");
    EXPECT_TRUE(becomes([&] { return names_of("Tool").empty() && reconciler_->counters().servers == 0; }));
}

TEST_F(ServersTest, WhatFailsIsSaidAndPutRightByAChange) {
    serve_tools({"plot"});
    add_mcp("charts", "/mcp");
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].status") == "False"; }));
    EXPECT_EQ(condition("MCPServer", "charts", "Available].reason"), "AuthorizationRequired");
    EXPECT_TRUE(becomes([&] { return names_of("Event").size() == 1; }));
    add_token();
    change("MCPServer", "charts", R"({"spec":{"authorization":{"tokenSecretRef":{"name":"t"}}}})");
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].status") == "True"; }));
    EXPECT_TRUE(becomes([&] { return names_of("Event").size() == 2; }));
}

TEST_F(ServersTest, NobodyWaitsForAServerThatHangs) {
    serve_tools({"plot"});
    add_token();
    add_mcp("asleep", "/hangs", authorized);
    add_mcp("charts", "/mcp", authorized);
    const std::vector<std::string> found{"charts-plot"};
    EXPECT_TRUE(becomes([&] { return names_of("Tool") == found; }));
    EXPECT_EQ(condition("MCPServer", "asleep", "Available].status"), "Unknown");
}

TEST_F(ServersTest, AToolOfSomebodyElseIsLeftAlone) {
    serve_tools({"plot", "measure"});
    add_token();
    create("Tool", R"({"metadata":{"name":"charts-plot"},"spec":{"type":"http","http":{"url":"http://x/"}}})");
    add_mcp("charts", "/mcp", authorized);
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].reason") == "ToolCreationFailed"; }));
    EXPECT_THAT(condition("MCPServer", "charts", "Available].message"), HasSubstr("Tool charts-plot: "));
    EXPECT_EQ(condition("MCPServer", "charts", "Available].status"), "True");
    EXPECT_EQ(names_of("Tool").size(), 2u);
}

TEST_F(ServersTest, ACardBecomesAnAgent) {
    serve_tools({});
    create("A2AServer", R"({"metadata":{"name":"desk"},"spec":{"address":{"value":")" + url() + R"("}}})");
    const std::vector<std::string> found{"weather-desk"};
    EXPECT_TRUE(becomes([&] { return names_of("Agent") == found; }));
    EXPECT_TRUE(becomes([&] { return condition("A2AServer", "desk", "Ready].status") == "True"; }));
    EXPECT_EQ(condition("A2AServer", "desk", "Ready].reason"), "AgentDiscovered");
}

}  // namespace
}  // namespace ark::reconcile
