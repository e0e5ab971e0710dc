#include "tools/a2a/client.hpp"
#include "tools/a2a/message.hpp"
#include "tools/testing.hpp"

#include <gmock/gmock.h>

namespace ark::tools::a2a {
namespace {

using codec::JsonValue;

class A2aTest : public ServerTest {
protected:
    std::unique_ptr<Client> client() {
        ClientConfig config;
        config.url = url();
        return Client::create(*http, std::move(config));
    }
    static Outgoing hello() {
        Outgoing message;
        message.text = "hello";
        message.message_id = "m1";
        return message;
    }
    std::string old_card(bool streaming) const {
        return R"({"name":"old","protocolVersion":"0.3.0","url":")" + url() + R"(/rpc","capabilities":{"streaming":)" +
               (streaming ? "true" : "false") + "}}";
    }
    static std::string result(std::string_view json) {
        return R"({"jsonrpc":"2.0","id":1,"result":)" + std::string(json) + "}";
    }
};

TEST_F(A2aTest, FindsTheCardAtTheOlderPlace) {
    serve([this](const Seen& request) {
        if (request.path == "/.well-known/agent.json") return Say{200, "application/json", old_card(false), {}};
        if (request.path == "/rpc")
            return Say{
                200,
                "application/json",
                result(R"({"kind":"message","role":"agent","contextId":"c1","parts":[{"kind":"text","text":"hi"}]})"),
                {}};
        return Say{404, "text/plain", "", {}};
    });
    const auto agent = client();
    CallContext traced;
    traced.fields.add("traceparent", "00-a");
    const auto reply = run(agent->send(hello(), traced));
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->text, "hi");
    EXPECT_EQ(reply->context_id, "c1");
    const auto last = seen().back();
    EXPECT_EQ(last.json["method"].text(), "message/send");
    EXPECT_EQ(last.json["params"]["configuration"]["blocking"].boolean(), true);
    EXPECT_EQ(last.fields.find("traceparent"), "00-a");
    EXPECT_FALSE(last.fields.has("a2a-version"));
}

TEST_F(A2aTest, SpeaksTheNewVersion) {
    serve([this](const Seen& request) {
        if (request.path == "/.well-known/agent-card.json")
            return Say{200,
                       "application/json",
                       R"({"name":"new","supportedInterfaces":[{"url":"x","protocolBinding":"GRPC"},{"url":")" + url() +
                           R"(/rpc","protocolBinding":"JSONRPC","protocolVersion":"1.0","tenant":"t"}]})",
                       {}};
        const auto method = request.json["method"].text();
        if (method == "CancelTask")
            return Say{
                200, "application/json", R"({"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"ended"}})", {}};
        return Say{200,
                   "application/json",
                   result(R"({"task":{"id":"t1","contextId":"c","status":{"state":"TASK_STATE_INPUT_REQUIRED",
            "message":{"parts":[{"text":"Which town?"}]}}}})"),
                   {}};
    });
    const auto agent = client();
    const auto reply = run(agent->send(hello(), CallContext()));
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_EQ(reply->state, TaskState::input_required);
    EXPECT_EQ(reply->text, "Which town?");
    EXPECT_EQ(seen().back().fields.find("a2a-version"), "1.0");
    EXPECT_EQ(seen().back().json["params"]["tenant"].text(), "t");
    EXPECT_EQ(seen().back().json["params"]["message"]["role"].text(), "ROLE_USER");
    EXPECT_EQ(run(agent->cancel("t1", CallContext())).error().code, Errc::conflict);
}

TEST_F(A2aTest, FollowsAStreamAndAsksForTheTaskWhenItBreaks) {
    bool broken = false;
    const std::string begin =
        "data: " + result(R"({"kind":"task","id":"t1","contextId":"c","status":{"state":"submitted"}})") +
        "\n\ndata: " +
        result(R"({"kind":"artifact-update","taskId":"t1","contextId":"c",)"
               R"("artifact":{"artifactId":"a","parts":[{"kind":"text","text":"one "}]}})") +
        "\n\ndata: " +
        result(R"({"kind":"artifact-update","taskId":"t1","contextId":"c","append":true,)"
               R"("artifact":{"artifactId":"a","parts":[{"kind":"text","text":"two"}]}})") +
        "\n\n";
    const std::string end =
        "data: " +
        result(
            R"({"kind":"status-update","taskId":"t1","contextId":"c","status":{"state":"completed"},"final":true})") +
        "\n\n";
    serve([&](const Seen& request) {
        if (request.method == "GET") return Say{200, "application/json", old_card(true), {}};
        if (request.json["method"].text() == "tasks/get")
            return Say{200,
                       "application/json",
                       result(R"({"kind":"task","id":"t1","contextId":"c","status":{"state":"working"}})"),
                       {}};
        return broken ? Say{200, "cut", begin, {}} : Say{200, "text/event-stream", begin + end, {}};
    });
    const auto agent = client();
    std::string artifacts;
    const auto note = [&](const Update& update) { artifacts += update.artifact ? update.text : ""; };
    const auto whole = run(agent->stream(hello(), CallContext(), note));
    ASSERT_TRUE(whole) << whole.error().message();
    EXPECT_EQ(whole->text, "one two");
    EXPECT_EQ(whole->state, TaskState::completed);
    EXPECT_EQ(artifacts, "one two");
    broken = true;
    const auto cut = run(agent->stream(hello(), CallContext(), note));
    ASSERT_TRUE(cut) << cut.error().message();
    EXPECT_EQ(cut->state, TaskState::working);
    EXPECT_EQ(seen().back().json["method"].text(), "tasks/get");
}

TEST_F(A2aTest, TellsWhatBrokenAgentsDo) {
    Say say;
    serve([&](const Seen& request) {
        if (request.method == "GET") return Say{200, "application/json", old_card(false), {}};
        return say;
    });
    const auto agent = client();
    const auto code = [&](int status, std::string body) {
        say = Say{status, "application/json", std::move(body), {}};
        return run(agent->send(hello(), CallContext())).error().code;
    };
    EXPECT_EQ(code(200, "nonsense"), Errc::protocol);
    EXPECT_EQ(code(200, result("3")), Errc::protocol);
    EXPECT_EQ(code(200, result("{}")), Errc::protocol);
    EXPECT_EQ(code(502, "<html>"), Errc::unavailable);
    EXPECT_EQ(code(401, ""), Errc::unauthorized);
    EXPECT_EQ(code(200, R"({"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"m"}})"), Errc::not_found);
    EXPECT_EQ(code(500, R"({"jsonrpc":"2.0","id":1,"error":{"code":-32603,"message":"m"}})"), Errc::unavailable);
}

TEST(AgentCard, IsReadInBothVersions) {
    EXPECT_FALSE(AgentCard::parse("[]"));
    EXPECT_FALSE(AgentCard::parse(R"({"name":"g","preferredTransport":"GRPC","url":"x"})"));
    EXPECT_EQ(AgentCard::parse(R"({"name":"g","preferredTransport":"GRPC","url":"x",
        "additionalInterfaces":[{"transport":"JSONRPC","url":"y"}]})")
                  ->url,
              "y");
}

TEST(Reply, PrefersArtifactsToWords) {
    const auto task =
        parse_reply(*JsonValue::parse(R"({"id":"t","status":{"state":"completed","message":{"parts":[{"text":"w"}]}},
        "artifacts":[{"parts":[{"text":"a"},{"data":{"x":1}}]},{"parts":[{"text":"b"}]}]})"));
    EXPECT_EQ(task->text, "a{\"x\":1}\nb");
    const auto words = parse_reply(*JsonValue::parse(R"({"id":"t","status":{"state":"completed"},
        "history":[{"role":"agent","parts":[{"text":"1"}]},{"role":"agent","parts":[{"text":"2"}]},
        {"role":"user","parts":[]}]})"));
    EXPECT_EQ(words->text, "2");
}

}  // namespace
}  // namespace ark::tools::a2a
