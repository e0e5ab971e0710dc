#include "tools/mcp/client.hpp"

#include "tools/testing.hpp"

#include <thread>

#include <gmock/gmock.h>

namespace ark::tools::mcp {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

std::string result_of(const Seen& request, std::string_view result) {
    return R"({"jsonrpc":"2.0","id":)" + request.json["id"].dump() + R"(,"result":)" + std::string(result) + "}";
}
std::string event(std::string_view data) {
    return "data: " + std::string(data) + "\n\n";
}

class McpTest : public ServerTest {
protected:
    std::unique_ptr<Client> client(ClientConfig config = {}) {
        config.url = url() + "/mcp";
        config.timeout = milliseconds(2'000);
        return Client::create(*http, std::move(config));
    }
    Result<ToolResult> call(Client& with, CallContext call_context = {}, std::string arguments = "{}") {
        return run(with.call("tool", std::move(arguments), std::move(call_context)));
    }
    /// The handshake of a session server; `rest` answers everything else.
    static Say session(const Seen& request, const Script& rest) {
        const auto method = request.json["method"].text();
        if (method == "server/discover")
            return Say{400,
                       "application/json",
                       R"({"jsonrpc":"2.0","error":{"code":-32000,"message":"no session"},"id":null})",
                       {}};
        if (method == "initialize") {
            net::Fields fields;
            fields.add("mcp-session-id", "s1");
            return Say{200, "text/event-stream",
                       event(result_of(request,
                                       R"({"protocolVersion":"2025-06-18","serverInfo":{"name":"s","version":"1"}})")),
                       fields};
        }
        if (method == "notifications/initialized") return Say{202, "", "", {}};
        return rest(request);
    }
};

TEST_F(McpTest, SpeaksTheStatelessProtocol) {
    serve([](const Seen& request) {
        const auto method = request.json["method"].text();
        if (method == "server/discover")
            return Say{200,
                       "application/json",
                       result_of(request, R"({"supportedVersions":["2026-07-28"],"capabilities":{}})"),
                       {}};
        if (method == "tools/list")
            return Say{200,
                       "application/json",
                       result_of(request, R"({"tools":[{"name":"tool","inputSchema":{"type":"object",
                "properties":{"r":{"type":"string","x-mcp-header":"Region"}}}}]})"),
                       {}};
        return Say{
            200,
            "text/event-stream",
            event(R"({"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":1}})") +
                event(result_of(request, R"({"resultType":"complete","content":[{"type":"text","text":"done"}]})")),
            {}};
    });
    const auto mcp = client();
    EXPECT_EQ(run(mcp->connect({}))->protocol_version, modern_version);
    const auto tools = run(mcp->tools({}));
    ASSERT_TRUE(tools) << tools.error().message();
    ASSERT_EQ(tools->size(), 1u);
    CallContext traced;
    traced.fields.add("traceparent", "00-a-b-01");
    int progress = 0;
    traced.on_progress = [&](double, double, std::string_view) { ++progress; };
    EXPECT_EQ(call(*mcp, traced, R"({"r":"eu"})")->text, "done");
    EXPECT_EQ(progress, 1);
    const auto last = seen().back();
    EXPECT_EQ(last.fields.find("mcp-protocol-version"), modern_version);
    EXPECT_EQ(last.fields.find("mcp-method"), "tools/call");
    EXPECT_EQ(last.fields.find("mcp-name"), "tool");
    EXPECT_EQ(last.fields.find("mcp-param-region"), "eu");
    EXPECT_EQ(last.json["params"]["_meta"]["traceparent"].text(), "00-a-b-01");
}

TEST_F(McpTest, AsksPeopleInBothEras) {
    int round = 0;
    serve([&round](const Seen& request) {
        if (request.json["method"].text() == "server/discover")
            return Say{200, "application/json", result_of(request, R"({"supportedVersions":["2026-07-28"]})"), {}};
        if (round++ == 0)
            return Say{200,
                       "application/json",
                       result_of(request, R"({"resultType":"input_required","requestState":"st",
                "inputRequests":{"q":{"method":"elicitation/create",
                "params":{"message":"Sure?","requestedSchema":{}}}}})"),
                       {}};
        return Say{200, "application/json", result_of(request, R"({"content":[{"type":"text","text":"ok"}]})"), {}};
    });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    CallContext asking;
    std::string asked;
    asking.ask = [&asked](Question question) -> awaitable<Answer> {
        asked = question.message;
        Answer answer;
        answer.action = Answer::Action::accept;
        answer.content = R"({"yes":true})";
        co_return answer;
    };
    EXPECT_EQ(call(*mcp, asking)->text, "ok");
    EXPECT_EQ(asked, "Sure?");
    const auto params = seen().back().json["params"];
    EXPECT_EQ(params["requestState"].text(), "st");
    EXPECT_EQ(params["inputResponses"]["q"].dump(), R"({"action":"accept","content":{"yes":true}})");
}

TEST_F(McpTest, OpensALostSessionAgain) {
    int calls = 0;
    serve([&calls](const Seen& request) {
        return session(request, [&](const Seen& r) {
            if (r.json["method"].text() != "tools/call") return Say{202, "", "", {}};
            if (calls++ == 0)
                return Say{404,
                           "application/json",
                           R"({"jsonrpc":"2.0","error":{"code":-32001,"message":"gone"},"id":null})",
                           {}};
            return Say{200, "application/json", result_of(r, R"({"content":[],"isError":true})"), {}};
        });
    });
    const auto mcp = client();
    EXPECT_EQ(run(mcp->connect({}))->name, "s");
    const auto result = call(*mcp);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_TRUE(result->is_error);
    EXPECT_EQ(seen().back().fields.find("mcp-session-id"), "s1");
    EXPECT_EQ(seen().back().fields.find("mcp-protocol-version"), "2025-06-18");
    run_void(mcp->close());
    EXPECT_EQ(seen().back().method, "DELETE");
}

TEST_F(McpTest, AnswersTheServersRequests) {
    serve([](const Seen& request) {
        return session(request, [](const Seen& r) {
            if (r.json["method"].text() != "tools/call") return Say{202, "", "", {}};
            return Say{
                200,
                "text/event-stream",
                event(R"({"jsonrpc":"2.0","id":"e1","method":"elicitation/create","params":{"message":"Name?"}})") +
                    event(R"({"jsonrpc":"2.0","id":7,"method":"sampling/createMessage","params":{}})") +
                    event(result_of(r, R"({"content":[{"type":"text","text":"x"}]})")),
                {}};
        });
    });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    EXPECT_EQ(call(*mcp)->text, "x");
    const auto all = seen();
    EXPECT_EQ(all[all.size() - 2].json.dump(), R"({"jsonrpc":"2.0","id":"e1","result":{"action":"decline"}})");
    EXPECT_EQ(all.back().json["error"]["code"].integer(), -32601);
}

TEST_F(McpTest, TakesAStreamUpAgain) {
    serve([](const Seen& request) {
        return session(request, [](const Seen& r) {
            if (r.method == "GET")
                return Say{200,
                           "text/event-stream",
                           event(R"({"jsonrpc":"2.0","id":3,"result":{"content":[{"type":"text","text":"late"}]}})"),
                           {}};
            if (r.json["method"].text() != "tools/call") return Say{202, "", "", {}};
            return Say{200, "cut", "retry: 1\nid: 42\ndata:\n\n", {}};
        });
    });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    const auto result = call(*mcp);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->text, "late");
    EXPECT_EQ(seen().back().fields.find("last-event-id"), "42");
}

TEST_F(McpTest, TellsTheServerOfALateCall) {
    serve([](const Seen& request) {
        return session(request, [](const Seen& r) {
            if (r.json["method"].text() == "tools/call") return Say{200, "-", "", {}};
            return Say{202, "", "", {}};
        });
    });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    CallContext late;
    late.timeout = milliseconds(30);
    EXPECT_EQ(call(*mcp, late).error().code, Errc::deadline);
    EXPECT_EQ(seen().back().json["method"].text(), "notifications/cancelled");
    EXPECT_EQ(seen().back().json["params"]["requestId"].integer(), 3);

    std::stop_source stop;
    CallContext stopped;
    stopped.stop = stop.get_token();
    std::thread other([&] { stop.request_stop(); });
    EXPECT_EQ(call(*mcp, stopped).error().code, Errc::stopped);
    other.join();
}

TEST_F(McpTest, TellsWhatBrokenServersDo) {
    std::string body;
    std::string type = "application/json";
    int status = 200;
    serve([&](const Seen& request) {
        return session(request, [&](const Seen&) { return Say{status, type, body, {}}; });
    });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    const auto code = [&](int s, std::string t, std::string b) {
        status = s;
        type = std::move(t);
        body = std::move(b);
        const auto result = call(*mcp);
        return result ? Errc::internal : result.error().code;
    };
    EXPECT_EQ(code(200, "application/json", "nonsense"), Errc::protocol);
    EXPECT_EQ(code(200, "text/event-stream", "data: nonsense\n\n"), Errc::protocol);
    EXPECT_EQ(code(200, "text/event-stream", ": nothing\n\n"), Errc::closed);
    EXPECT_EQ(code(200, "cut", "data: {\"half"), Errc::closed);
    EXPECT_EQ(code(500, "text/plain", "oops"), Errc::unavailable);
    EXPECT_EQ(code(401, "text/plain", "who?"), Errc::unauthorized);
    EXPECT_EQ(
        code(200, "application/json", R"({"jsonrpc":"2.0","id":1,"error":{"code":-32602,"message":"unknown tool"}})"),
        Errc::bad_argument);
    EXPECT_EQ(run(Client::create(*http,
                                 [&] {
                                     ClientConfig nobody;
                                     nobody.url = "http://127.0.0.1:1/mcp";
                                     return nobody;
                                 }())
                      ->connect({}))
                  .error()
                  .code,
              Errc::connect);
}

TEST_F(McpTest, FindsTheOlderTransportAndLeavesItWhenItFails) {
    serve([](const Seen& request) {
        if (request.method == "GET") return Say{200, "-", "event: endpoint\ndata: /messages?s=1\n\n", {}};
        if (request.path == "/messages") return Say{500, "text/plain", "no", {}};
        return Say{404, "text/plain", "", {}};
    });
    const auto mcp = client();
    EXPECT_EQ(run(mcp->connect({})).error().code, Errc::protocol);
    EXPECT_EQ(seen().back().json["method"].text(), "initialize");
    EXPECT_EQ(seen().back().path, "/messages");
}

TEST_F(McpTest, BoundsWhatItTakes) {
    serve([](const Seen& request) {
        return session(request, [](const Seen& r) {
            return Say{200,
                       "application/json",
                       result_of(r, R"({"content":[{"type":"text","text":")" + std::string(10 << 20, 'x') + R"("}]})"),
                       {}};
        });
    });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    CallContext small;
    small.result_bytes_max = 1 << 20;
    EXPECT_EQ(call(*mcp, small).error().code, Errc::too_large);
    EXPECT_EQ(call(*mcp)->text.size(), 10u << 20);
}

TEST_F(McpTest, ChecksArgumentsBeforeItAsks) {
    serve([](const Seen& request) { return session(request, [](const Seen&) { return Say{}; }); });
    const auto mcp = client();
    ASSERT_TRUE(run(mcp->connect({})));
    const auto before = seen().size();
    ToolInfo info;
    info.definition = {"tool", "", R"({"type":"object","required":["a"]})"};
    const auto tool = make_tool(*mcp, info, "server-tool");
    EXPECT_EQ(tool->definition().name, "server-tool");
    EXPECT_THAT(run(tool->call("{}", CallContext())).error().context, HasSubstr("'a' is missing"));
    EXPECT_EQ(seen().size(), before);
}

}  // namespace
}  // namespace ark::tools::mcp
