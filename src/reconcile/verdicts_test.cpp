// Goal: what a status says of a resource follows from what the resource needs, and changes with it.
// Method: a reconciler over a real store; every case is told as a user would make it happen.
#include "reconcile/testing/reconcile_world.hpp"

#include <gmock/gmock.h>

namespace ark::reconcile {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Matches;
using ::testing::Not;

constexpr const char* available = "Available].status";
constexpr const char* reason = "Available].reason";
constexpr const char* message = "Available].message";

class VerdictsTest : public ReconcileTest {
protected:
    void add_model(const std::string& name, const std::string& key = R"({"value":"k"})") {
        create("Model", R"({"metadata":{"name":")" + name +
                            R"("},"spec":{"model":{"value":"m"},"provider":"openai","pollInterval":"100ms","config":)"
                            R"({"openai":{"baseUrl":{"value":"http://127.0.0.1:1/v1"},"apiKey":)" +
                            key + "}}}}");
    }
    void add_agent(const std::string& name, const std::string& more) {
        create("Agent", R"({"metadata":{"name":")" + name + R"("},"spec":{"prompt":"x","modelRef":{"name":"small"})" +
                            more + "}}");
    }
    void add_team(const std::string& name, const std::string& members) {
        create("Team", R"({"metadata":{"name":")" + name + R"("},"spec":{"strategy":"sequential","members":[)" +
                           members + "]}}");
    }
    void fail_probes(const std::string& model) {
        llm::Failure failure;
        failure.type = llm::ErrorType::auth;
        failure.http_status = 401;
        failure.code = "invalid_api_key";
        network_.failures[model] = failure;
    }
    bool is(std::string_view kind, const std::string& name, const std::string& state, const std::string& why) {
        return becomes(
            [&] { return condition(kind, name, available) == state && condition(kind, name, reason) == why; });
    }
};

TEST_F(VerdictsTest, AnAgentIsAvailableWhenItsModelAnswers) {
    add_agent("clerk", "");
    EXPECT_TRUE(is("Agent", "clerk", "False", "ModelNotFound"));
    EXPECT_EQ(condition("Agent", "clerk", message), "Model lab/small does not exist");
    EXPECT_TRUE(becomes([&] { return !events().empty(); }));
    EXPECT_THAT(events(), Contains("ModelNotFound of Agent clerk ×1"));

    fail_probes("small");
    add_model("small");
    EXPECT_TRUE(is("Agent", "clerk", "False", "ModelNotAvailable"));
    EXPECT_EQ(condition("Agent", "clerk", message), "Model lab/small: auth: invalid_api_key (401)");
    EXPECT_EQ(condition("Model", "small", "ModelAvailable].reason"), "ModelProbeFailed");
    EXPECT_EQ(reconciler_->counters().models_failing, 1u);

    network_.failures.clear();
    EXPECT_TRUE(is("Agent", "clerk", "True", "Available"));
    EXPECT_EQ(condition("Model", "small", "ModelAvailable].message"), "Model is available");
    EXPECT_EQ(status("Model", "small", "resolvedAddress"), "http://127.0.0.1:1/v1");
    EXPECT_TRUE(becomes([&] { return events().size() == 5; }));
    for (const auto* told : {"ModelProbeFailed of Model small ×1", "ModelNotAvailable of Agent clerk ×1",
                             "ModelProbeSucceeded of Model small ×1", "StatusChanged of Agent clerk ×1"})
        EXPECT_THAT(events(), Contains(told));
}

TEST_F(VerdictsTest, WhatSaysTheSameIsNotWrittenAgain) {
    add_model("small");
    add_agent("clerk", "");
    EXPECT_TRUE(is("Agent", "clerk", "True", "Available"));
    const auto version = store_->status().version;
    const auto probes = network_.probes["small"];
    EXPECT_TRUE(becomes([&] { return network_.probes["small"] >= probes + 3; }));
    EXPECT_EQ(store_->status().version, version);
}

TEST_F(VerdictsTest, ToolsHaveToBeThereAndOfTheirType) {
    add_model("small");
    add_agent("clerk", R"(,"tools":[{"type":"built-in","name":"noop"},{"type":"mcp","name":"tides"}])");
    EXPECT_TRUE(is("Agent", "clerk", "False", "ToolNotFound"));
    create("Tool", R"({"metadata":{"name":"tides"},"spec":{"type":"http","http":{"url":"http://x/"}}})");
    EXPECT_TRUE(
        becomes([&] { return condition("Agent", "clerk", message) == "Tool lab/tides is of type http, not mcp"; }));
    EXPECT_TRUE(becomes([&] { return status("Tool", "tides", "state") == "Ready"; }));
    change("Agent", "clerk", R"({"spec":{"tools":[{"type":"http","name":"tides"}]}})");
    EXPECT_TRUE(is("Agent", "clerk", "True", "Available"));
    remove("Tool", "tides");
    EXPECT_TRUE(is("Agent", "clerk", "False", "ToolNotFound"));
}

TEST_F(VerdictsTest, AToolSaysWhenWhatItCallsIsNotThere) {
    create("Tool", R"({"metadata":{"name":"ask"},"spec":{"type":"agent","agent":{"name":"clerk"}}})");
    EXPECT_TRUE(becomes([&] { return status("Tool", "ask", "state") == "Error"; }));
    EXPECT_EQ(status("Tool", "ask", "message"), "Agent lab/clerk does not exist");
    add_agent("clerk", "");
    EXPECT_TRUE(becomes([&] { return status("Tool", "ask", "state") == "Ready"; }));
}

TEST_F(VerdictsTest, ATeamIsAsAvailableAsItsMembers) {
    add_model("small");
    add_agent("a", "");
    add_agent("b", R"(,"tools":[{"type":"mcp","name":"tides"}])");
    add_team("inner", R"({"type":"agent","name":"a"})");
    add_team("outer", R"({"type":"team","name":"inner"},{"type":"agent","name":"b"})");
    EXPECT_TRUE(is("Team", "inner", "True", "Available"));
    EXPECT_TRUE(is("Team", "outer", "False", "MemberNotAvailable"));
    EXPECT_EQ(condition("Team", "outer", message), "Agent lab/b: Tool lab/tides does not exist");
    const std::string told("DependencyUnavailable of Team outer ×1");
    EXPECT_TRUE(becomes([&] { return Matches(Contains(told))(events()); }));
    change("Agent", "b", R"({"spec":{"tools":null}})");
    EXPECT_TRUE(is("Team", "outer", "True", "Available"));
    remove("Agent", "a");
    EXPECT_TRUE(is("Team", "inner", "False", "MemberNotFound"));
    EXPECT_TRUE(is("Team", "outer", "False", "MemberNotAvailable"));
}

TEST_F(VerdictsTest, ATeamWithinItselfIsToldSo) {
    add_model("small");
    add_agent("a", "");
    add_team("x", R"({"type":"agent","name":"a"})");
    add_team("y", R"({"type":"team","name":"x"})");
    change("Team", "x", R"({"spec":{"members":[{"type":"team","name":"y"}]}})");
    EXPECT_TRUE(is("Team", "x", "False", "MemberCheckFailed"));
    EXPECT_EQ(condition("Team", "x", message), "x → y → x: it would take part in itself");
    EXPECT_TRUE(is("Team", "y", "False", "MemberCheckFailed"));
    change("Team", "x", R"({"spec":{"members":[{"type":"agent","name":"a"}]}})");
    EXPECT_TRUE(is("Team", "y", "True", "Available"));
}

TEST_F(VerdictsTest, AddressesAreResolvedAndFollowWhatTheyComeFrom) {
    create("ExecutionEngine",
           R"({"metadata":{"name":"crew"},"spec":{"address":{"valueFrom":{"serviceRef":{"name":"crew"}}}}})");
    create("Agent", R"({"metadata":{"name":"far"},"spec":{"executionEngine":{"name":"crew"}}})");
    EXPECT_TRUE(is("Agent", "far", "False", "ExecutionEngineNotReady"));
    EXPECT_EQ(status("ExecutionEngine", "crew", "phase"), "error");
    EXPECT_THAT(status("ExecutionEngine", "crew", "message"), HasSubstr("Service lab/crew"));
    create("Service", R"({"metadata":{"name":"crew"},"spec":{"ports":[{"port":80}]}})");
    EXPECT_TRUE(is("Agent", "far", "True", "Available"));
    EXPECT_EQ(status("ExecutionEngine", "crew", "phase"), "ready");
    EXPECT_EQ(status("ExecutionEngine", "crew", "lastResolvedAddress"), "http://crew.lab.svc.cluster.local:80");
    // The Event is written after the status.
    EXPECT_TRUE(becomes([&] { return Matches(Contains("AddressResolved of ExecutionEngine crew ×1"))(events()); }));
    create("Memory", R"({"metadata":{"name":"default"},"spec":{"address":{"value":"http://m/"}}})");
    EXPECT_TRUE(becomes([&] { return status("Memory", "default", "phase") == "ready"; }));
}

TEST_F(VerdictsTest, AnAgentOfAnA2AServerNeedsItReady) {
    create("Agent", R"({"metadata":{"name":"far","annotations":{"ark.mckinsey.com/a2a-server-name":"desk"}},
                        "spec":{"executionEngine":{"name":"a2a"}}})");
    EXPECT_TRUE(is("Agent", "far", "False", "A2AServerNotFound"));
    create("A2AServer", R"({"metadata":{"name":"desk"},"spec":{"address":{"value":"http://127.0.0.1:1/"}}})");
    EXPECT_TRUE(is("Agent", "far", "False", "A2AServerNotReady"));
}

TEST_F(VerdictsTest, ASecretThatComesIsReasonToLookAgain) {
    create("Secret", R"({"metadata":{"name":"llm"},"stringData":{"key":"old"}})");
    fail_probes("small");
    add_model("small", R"({"valueFrom":{"secretKeyRef":{"name":"llm","key":"key"}}})");
    change("Model", "small", R"({"spec":{"pollInterval":"1h"}})");
    EXPECT_TRUE(becomes([&] { return reconciler_->counters().models_failing == 1; }));
    const auto probes = network_.probes["small"];
    network_.failures.clear();
    change("Secret", "llm", R"({"stringData":{"key":"new"}})");
    EXPECT_TRUE(becomes([&] { return condition("Model", "small", "ModelAvailable].status") == "True"; }));
    EXPECT_GT(network_.probes["small"], probes);
}

TEST_F(VerdictsTest, WithoutProbesAModelThatIsThereIsEnough) {
    ReconcilerConfig config;
    config.probe_models = false;
    restart(config);
    add_model("small");
    add_agent("clerk", "");
    EXPECT_TRUE(is("Agent", "clerk", "True", "Available"));
    EXPECT_EQ(condition("Model", "small", "ModelAvailable].status"), "");
    EXPECT_THAT(network_.probes, Not(Contains(::testing::Key("small"))));
}

}  // namespace
}  // namespace ark::reconcile
