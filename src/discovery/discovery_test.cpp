// Goal: servers become Tools and Agents, what they offer no more goes, and one that hangs keeps nobody waiting.
// Method: a real store, real HTTP servers that the test scripts, on the test's thread.
#include "discovery/discovery.hpp"

#include "codec/json_value.hpp"
#include "disk/faulty_disk.hpp"
#include "resources/embedded_store.hpp"
#include "resources/metadata.hpp"
#include "runtime/sleep.hpp"
#include "tools/testing.hpp"

#include <gmock/gmock.h>

namespace ark::discovery {
namespace {

using codec::JsonValue;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using tools::Seen;

JsonValue json(std::string_view text) {
    auto value = JsonValue::parse(text);
    EXPECT_TRUE(value) << text;
    return value ? std::move(*value) : JsonValue{};
}

class DiscoveryTest : public tools::ServerTest {
protected:
    DiscoveryTest() {
        resources::EmbeddedStoreConfig config;
        config.directory = "/data";
        store_ = std::move(*resources::EmbeddedStore::open(disk_, config, system_clock()));
        const Services services{*store_, *http, system_clock()};
        discovery_ = Discovery::create(services, context.get_executor());
        discovery_->start();
    }
    ~DiscoveryTest() override { run_void(discovery_->stop()); }

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

    void create(std::string_view kind, const std::string& text) {
        auto object = json(text);
        const auto made = run(store_->create(resources::kind_named(kind), "lab", std::move(object), {}));
        ASSERT_TRUE(made) << made.error().message;
    }
    void add_mcp(const std::string& name, const std::string& path, const std::string& more = "") {
        create("MCPServer", R"({"metadata":{"name":")" + name + R"("},"spec":{"address":{"value":")" + url() + path +
                                R"("},"pollInterval":"100ms","timeout":"2s")" + more + "}}");
    }
    void add_token() { create("Secret", R"({"metadata":{"name":"t"},"stringData":{"access_token":"t-1"}})"); }
    static constexpr const char* authorized = R"(,"authorization":{"tokenSecretRef":{"name":"t"}})";

    std::vector<std::string> names_of(std::string_view kind) {
        resources::ListOptions list;
        list.ns = "lab";
        const auto page = run(store_->list(resources::kind_named(kind), std::move(list)));
        std::vector<std::string> names;
        for (const auto& item : page->items)
            names.emplace_back(item->name());
        return names;
    }
    std::string condition(std::string_view kind, std::string name, const std::string& what) {
        resources::ObjectName which{"lab", std::move(name)};
        const auto found = run(store_->get(resources::kind_named(kind), std::move(which)));
        if (!found) return "";
        return std::string(resources::at_path((*found)->value, "status.conditions[" + what).text());
    }
    /// Lets the discovery work until it is so, at most five seconds.
    bool becomes(const std::function<bool()>& so) {
        for (int i = 0; i < 500; ++i) {
            if (so()) return true;
            auto nap = []() -> awaitable<bool> { co_return bool(co_await runtime::sleep_for(milliseconds(10))); };
            run(nap());
        }
        return false;
    }

    disk::FaultyDisk disk_;
    std::unique_ptr<resources::EmbeddedStore> store_;
    std::unique_ptr<Discovery> discovery_;
    std::vector<std::string> names_;
};

TEST_F(DiscoveryTest, ToolsComeAndGoWithWhatTheServerOffers) {
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
    resources::ObjectName name{"lab", "charts"};
    ASSERT_TRUE(run(store_->remove(resources::kind_named("MCPServer"), std::move(name), {})));
    EXPECT_TRUE(becomes([&] { return names_of("Tool").empty() && discovery_->counters().servers == 0; }));
}

TEST_F(DiscoveryTest, WhatFailsIsSaidAndPutRightByAChange) {
    serve_tools({"plot"});
    add_mcp("charts", "/mcp");
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].status") == "False"; }));
    EXPECT_EQ(condition("MCPServer", "charts", "Available].reason"), "AuthorizationRequired");
    EXPECT_TRUE(becomes([&] { return names_of("Event").size() == 1; }));
    add_token();
    resources::PatchBody patch;
    patch.body = json(R"({"spec":{"authorization":{"tokenSecretRef":{"name":"t"}}}})");
    resources::ObjectName name{"lab", "charts"};
    ASSERT_TRUE(run(store_->patch(resources::kind_named("MCPServer"), std::move(name), resources::Part::main,
                                  std::move(patch), {})));
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].status") == "True"; }));
    EXPECT_TRUE(becomes([&] { return names_of("Event").size() == 2; }));
}

TEST_F(DiscoveryTest, NobodyWaitsForAServerThatHangs) {
    serve_tools({"plot"});
    add_token();
    add_mcp("asleep", "/hangs", authorized);
    add_mcp("charts", "/mcp", authorized);
    const std::vector<std::string> found{"charts-plot"};
    EXPECT_TRUE(becomes([&] { return names_of("Tool") == found; }));
    EXPECT_EQ(condition("MCPServer", "asleep", "Available].status"), "Unknown");
}

TEST_F(DiscoveryTest, AToolOfSomebodyElseIsLeftAlone) {
    serve_tools({"plot", "measure"});
    add_token();
    create("Tool", R"({"metadata":{"name":"charts-plot"},"spec":{"type":"http","http":{"url":"http://x/"}}})");
    add_mcp("charts", "/mcp", authorized);
    EXPECT_TRUE(becomes([&] { return condition("MCPServer", "charts", "Available].reason") == "ToolCreationFailed"; }));
    EXPECT_THAT(condition("MCPServer", "charts", "Available].message"), HasSubstr("Tool charts-plot: "));
    EXPECT_EQ(condition("MCPServer", "charts", "Available].status"), "True");
    EXPECT_EQ(names_of("Tool").size(), 2u);
}

TEST_F(DiscoveryTest, ACardBecomesAnAgent) {
    serve_tools({});
    create("A2AServer", R"({"metadata":{"name":"desk"},"spec":{"address":{"value":")" + url() + R"("}}})");
    const std::vector<std::string> found{"weather-desk"};
    EXPECT_TRUE(becomes([&] { return names_of("Agent") == found; }));
    EXPECT_TRUE(becomes([&] { return condition("A2AServer", "desk", "Ready].status") == "True"; }));
    EXPECT_EQ(condition("A2AServer", "desk", "Ready].reason"), "AgentDiscovered");
}

}  // namespace
}  // namespace ark::discovery
