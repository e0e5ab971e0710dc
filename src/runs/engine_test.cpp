#include "runs/engine.hpp"

#include "agents/testing/world.hpp"
#include "runs/testing/engine_world.hpp"
#include "runs/testing/fake_memory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::runs {
namespace {

using agents::testing::says;
using agents::testing::ScriptedModel;
using emit::testing::text_of;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

/// Every Model is one that says what the test tells it.
class ScriptedNetwork final : public Network {
public:
    awaitable<Result<agents::Brain>> model(Lookup&, resources::ResourcePtr resource, Overrides) override {
        agents::Brain brain;
        brain.resource = resource->name();
        brain.model = "scripted";
        brain.provider = "openai";
        brain.chat = chat;
        co_return brain;
    }
    awaitable<Result<agents::CallablePtr>> tool(Lookup&, resources::ResourcePtr tool, llm::ToolDefinition,
                                                Overrides) override {
        agents::CallablePtr made = std::make_shared<agents::testing::ScriptedTool>(
            std::string(tool->name()),
            [](const std::string& arguments) { return agents::testing::answers("got " + arguments); });
        co_return made;
    }
    awaitable<Result<Peer>> peer(Lookup&, resources::ResourcePtr) override {
        co_return fail(Errc::unsupported, "no peers here");
    }
    awaitable<Result<std::shared_ptr<Memory>>> memory(Lookup&, resources::ResourcePtr) override {
        std::shared_ptr<Memory> made = remembered;
        co_return made;
    }
    runtime::WorkPool& filter_pool() override { return filters; }
    std::shared_ptr<Memory> broker_memory() override { return remembered; }
    const std::string& broker() const override { return broker_url; }
    awaitable<Status> forget_events(std::string uid, std::stop_token) override {
        if (remembered->away) co_return fail(Errc::connect, "scripted");
        forgotten.push_back(std::move(uid));
        co_return ok();
    }
    std::unique_ptr<emit::ChunkStream> stream(std::string, std::string_view) override {
        return std::make_unique<KeptStream>(lines, streams_complete);
    }

    std::shared_ptr<ScriptedModel> chat = std::make_shared<ScriptedModel>();
    std::shared_ptr<FakeMemory> remembered = std::make_shared<FakeMemory>();
    runtime::WorkPool filters{1};
    std::string broker_url = "http://broker";
    std::vector<std::string> forgotten;
    std::vector<std::string> lines;
    int streams_complete = 0;
};

class EngineTest : public EngineWorld<Engine> {
protected:
    EngineTest() {
        create("Model",
               R"({"metadata":{"name":"default"},"spec":{"provider":"openai","model":{"value":"m"},)"
               R"("config":{"openai":{"baseUrl":{"value":"http://127.0.0.1:1/v1"},"apiKey":{"value":"k"}}}}})");
        create("Agent", R"({"metadata":{"name":"clerk"},"spec":{"prompt":"You are a clerk."}})");
    }
    ~EngineTest() override { stop(); }

    void query(std::string name, std::string spec) {
        create("Query", R"({"metadata":{"name":")" + name + R"("},"spec":)" + spec + "}");
    }
    void start(std::size_t concurrent_max = 32) {
        restart_process();
        Services services{store_.store(), network_, tracer_, *steps_, store_.clock};
        engine_ = Engine::create(services, {concurrent_max}, context_.get_executor());
        engine_->start();
    }
    std::string phase(const std::string& name) {
        const auto found = store_.get("Query", name);
        return found ? std::string(found->value["status"]["phase"].text()) : "gone";
    }
    codec::JsonValue status(const std::string& name) { return store_.get("Query", name)->value["status"]; }
    void wait_for(const std::string& name, const std::string& wanted) {
        until([&] { return phase_now(name) == wanted; });
    }
    /// Without running the context: from what the store says at once.
    std::string phase_now(const std::string& name) {
        if (engine_->counters().running > 0 || engine_->counters().waiting > 0) return "busy";
        return phase(name);
    }

    ScriptedNetwork network_;
};

TEST_F(EngineTest, RunsWhatIsPendingAndSaysHowItEnded) {
    network_.chat->answers = {says("High tide: 14:05.")};
    query("q", R"({"input":"When is high tide in {{.port}}?","parameters":[{"name":"port","value":"Dover"}],)"
               R"("target":{"type":"agent","name":"clerk"},"sessionId":"s-42"})");
    start();
    wait_for("q", "done");
    const auto after = status("q");
    EXPECT_EQ(after["response"]["content"].text(), "High tide: 14:05.");
    EXPECT_EQ(after["tokenUsage"]["totalTokens"].integer(), 12);
    EXPECT_EQ(after["conditions"][0]["reason"].text(), "QuerySucceeded");
    EXPECT_EQ(network_.chat->asked[0].messages[1].content, "When is high tide in Dover?");
    EXPECT_THAT(recorded_.reasons(), ElementsAre("QueryExecutionStart", "TargetExecutionStart", "AgentExecutionStart",
                                                 "LLMCallStart", "LLMCallComplete", "AgentExecutionComplete",
                                                 "TargetExecutionComplete", "QueryExecutionComplete"));
    EXPECT_EQ(text_of(recorded_.find_event("LLMCallStart")->attributes, "sessionId"), "s-42");
    for (const auto& span : recorded_.spans)
        EXPECT_EQ(span.trace_id, recorded_.spans[0].trace_id);
}

TEST_F(EngineTest, ModelsAndToolsAreTargetsToo) {
    network_.chat->answers = {says("hello")};
    create("Tool", R"({"metadata":{"name":"echo"},"spec":{"type":"http","http":{"url":"http://127.0.0.1:1/"}}})");
    query("m", R"({"input":"hi","target":{"type":"model","name":"default"}})");
    query("t", R"({"input":"hi","target":{"type":"tool","name":"echo"}})");
    start();
    until([&] { return phase_now("m") == "done" && phase_now("t") == "done"; });
    EXPECT_EQ(status("m")["response"]["content"].text(), "hello");
    EXPECT_EQ(status("t")["response"]["content"].text(), "got {\"input\":\"hi\"}");
}

TEST_F(EngineTest, FailuresAreClear) {
    create("Agent", R"({"metadata":{"name":"broken"},"spec":{"prompt":"{{.x}} {{.y}}",)"
                    R"("parameters":[{"name":"x","value":"1"}]}})");
    query("prompt", R"({"input":"hi","target":{"type":"agent","name":"broken"}})");
    query("selector", R"({"input":"hi","selector":{"matchLabels":{"no":"body"}}})");
    query("model", R"({"input":"hi","target":{"type":"agent","name":"clerk"}})");
    start();
    until([&] { return phase_now("prompt") == "error" && phase_now("model") == "error"; });
    EXPECT_THAT(std::string(status("prompt")["response"]["content"].text()), HasSubstr("{{.y}} has no value"));
    EXPECT_EQ(status("prompt")["conditions"][0]["reason"].text(), "QueryErrored");
    EXPECT_THAT(std::string(status("selector")["response"]["content"].text()), HasSubstr("matches spec.selector"));
    EXPECT_THAT(std::string(status("model")["response"]["content"].text()), HasSubstr("model default"));
    EXPECT_THAT(recorded_.reasons(), Contains("QueryExecutionError").Times(3));
}

class ApprovalTest : public EngineTest {
protected:
    ApprovalTest() {
        create("Tool", R"({"metadata":{"name":"pay"},"spec":{"type":"http","http":{"url":"http://127.0.0.1:1/"}}})");
        create("Agent", R"({"metadata":{"name":"buyer"},"spec":{"prompt":"You buy.","tools":[)"
                        R"({"type":"builtin","name":"noop"},{"type":"http","name":"pay",)"
                        R"("approval":{"required":true,"timeout":"10m"}}]}})");
        network_.chat->answers = {
            agents::testing::calls({{"c1", "noop", R"({"message":"m"})"}, {"c2", "pay", R"({"sum":5,"pin":"1234"})"}}),
            says("done")};
        query("q", R"({"input":"buy","target":{"type":"agent","name":"buyer"},"timeout":"1m"})");
    }
    void wait_for_question(const std::string& name = "q") {
        until([&] { return engine_->counters().asking == 1 && phase(name) == "input-required"; });
    }
    std::string task() { return std::string(status("q")["questions"][0]["task"].text()); }
    void answer(const std::string& input) {
        codec::JsonValue body;
        codec::JsonValue spec;
        spec.set("input", codec::JsonValue{input});
        body.set("spec", std::move(spec));
        ASSERT_TRUE(store_.merge("A2ATask", task(), body.dump()));
    }
    /// What the model was told about the second call of the batch.
    std::string told() { return network_.chat->asked.at(1).messages.back().content; }
};

// Goal: a call waits for a person, the rest of its batch does not, and nothing of the batch is lost. Whoever waits
// holds no place and spends no time of the query.
TEST_F(ApprovalTest, WaitsForAPersonAndKeepsTheBatch) {
    start(1);
    wait_for_question();
    const auto waiting = status("q");
    EXPECT_EQ(waiting["questions"][0]["tool"].text(), "pay");
    EXPECT_EQ(waiting["questions"][0]["arguments"].text(), R"({"sum":5,"pin":"***"})");
    EXPECT_EQ(waiting["conditions"][0]["reason"].text(), "InputRequired");
    EXPECT_EQ("a2a-task-" + std::string(waiting["response"]["a2a"]["taskId"].text()), task());
    EXPECT_EQ(store_.get("A2ATask", task())->value["status"]["phase"].text(), "input-required");

    network_.chat->answers.push_front(says("quick"));
    query("other", R"({"input":"hi","target":{"type":"agent","name":"clerk"}})");
    until([&] { return phase("other") == "done"; });
    store_.clock.advance_ms(5 * 60'000);

    answer("perhaps");
    until([&] {
        return store_.get("A2ATask", task())->value["status"]["conditions"][0]["reason"].text() ==
               "InvalidApprovalDecision";
    });
    const auto name = task();
    answer(R"({"decision":"approved","by":"ada"})");
    wait_for("q", "done");
    const auto& messages = network_.chat->asked.at(2).messages;
    ASSERT_EQ(messages.size(), 5u) << "the prompt, the input, the calls and both answers";
    EXPECT_EQ(messages[0].content, "You buy.");
    EXPECT_EQ(messages[3].tool_call_id, "c1");
    EXPECT_EQ(messages[4].content, R"(got {"sum":5,"pin":"1234"})");
    EXPECT_EQ(status("q")["questions"].size(), 0u);
    EXPECT_EQ(store_.get("A2ATask", name)->value["status"]["conditions"][0]["reason"].text(), "ApprovalGranted");
    const auto* asked = recorded_.find_event("ApprovalAsked");
    EXPECT_EQ(text_of(asked->attributes, "parameters"), R"({"sum":5,"pin":"***"})");
    EXPECT_EQ(text_of(asked->attributes, "agentName"), "buyer");
    EXPECT_EQ(text_of(asked->attributes, "toolId"), "c2");
    EXPECT_TRUE(asked->span_id.valid());
    EXPECT_EQ(text_of(recorded_.find_event("ApprovalAnswered")->attributes, "answeredBy"), "ada");
}

// Goal: the question survives the process that asked it, and is not asked again; a no is an answer for the model.
TEST_F(ApprovalTest, TheNextProcessWaitsOn) {
    start();
    wait_for_question();
    stop();
    EXPECT_EQ(phase("q"), "input-required");
    EXPECT_EQ(recorded_.find_event("ApprovalCanceled"), nullptr);
    store_.clock.advance_ms(5 * 60'000);
    answer(R"({"decision":"rejected","reason":"too dear"})");
    start();
    wait_for("q", "done");
    EXPECT_EQ(network_.chat->asked.size(), 2u);
    EXPECT_THAT(told(), HasSubstr("too dear"));
    EXPECT_TRUE(network_.chat->asked[1].messages.back().is_error);
    EXPECT_THAT(recorded_.reasons(), Contains("ApprovalAsked").Times(1));
    EXPECT_THAT(recorded_.reasons(), Contains("ApprovalAnswered").Times(1));
    EXPECT_THAT(recorded_.reasons(), Contains("AgentExecutionStart").Times(1));
    EXPECT_EQ(text_of(recorded_.find_event("ToolCallError")->attributes, "errorType"), "rejected");
}

TEST_F(ApprovalTest, SilenceMeansNo) {
    start();
    wait_for_question();
    const auto name = task();
    stop();
    store_.clock.advance_ms(11 * 60'000);
    start();
    wait_for("q", "done");
    EXPECT_THAT(told(), HasSubstr("in time"));
    EXPECT_THAT(recorded_.reasons(), Contains("ApprovalExpired").Times(1));
    EXPECT_EQ(store_.get("A2ATask", name)->value["status"]["conditions"][0]["reason"].text(),
              "ApprovalTimeoutRejected");
}

TEST_F(ApprovalTest, ACanceledQueryAsksNobody) {
    start();
    wait_for_question();
    const auto name = task();
    ASSERT_TRUE(store_.merge("Query", "q", R"({"spec":{"cancel":true}})"));
    wait_for("q", "canceled");
    EXPECT_THAT(recorded_.reasons(), Contains("ApprovalCanceled").Times(1));
    EXPECT_EQ(store_.get("A2ATask", name)->value["status"]["phase"].text(), "cancelled");
    EXPECT_EQ(network_.chat->asked.size(), 1u);
}

// Goal: whoever comes back from a person waits for a place, and can be canceled meanwhile.
TEST_F(ApprovalTest, AnAnswerWaitsForAPlace) {
    start(1);
    wait_for_question();
    query("r", R"({"input":"buy","target":{"type":"agent","name":"buyer"}})");
    network_.chat->answers = {agents::testing::calls({{"c9", "pay", "{}"}})};
    // While the other one has the place, the first is answered and then canceled.
    network_.chat->before_answer = [&] {
        answer(R"({"decision":"approved"})");
        static_cast<void>(store_.merge("Query", "q", R"({"spec":{"cancel":true}})"));
    };
    until([&] { return phase("q") == "canceled" && phase("r") == "input-required"; });
    until([&] { return engine_->counters().asking == 1; });
}

// Goal: killed at any moment, a query is answered once by the next process, without repeating a completed call.
TEST_F(EngineTest, TheNextProcessGoesOn) {
    create("Agent", R"({"metadata":{"name":"looper"},"spec":{"tools":[{"type":"builtin","name":"noop"}]}})");
    network_.chat->answers = {agents::testing::calls({{"c", "noop", "{}"}})};
    // The second call never ends in this process.
    int asked = 0;
    bool stopped = false;
    network_.chat->before_answer = [&] {
        if (++asked == 2) asio::co_spawn(context_, engine_->stop(), [&](std::exception_ptr) { stopped = true; });
    };
    query("q", R"({"input":"go","target":{"type":"agent","name":"looper"}})");
    start();
    until([&] { return stopped; });
    engine_.reset();
    EXPECT_EQ(phase("q"), "running");
    EXPECT_EQ(recorded_.find_event("QueryExecutionCanceled"), nullptr) << "a process that stops cancels nothing";

    network_.chat->before_answer = {};
    network_.chat->answers = {says("done")};
    start();
    wait_for("q", "done");
    EXPECT_EQ(network_.chat->asked.size(), 3u) << "two before, one after";
    EXPECT_EQ(status("q")["response"]["content"].text(), "done");
    EXPECT_EQ(status("q")["tokenUsage"]["totalTokens"].integer(), 24);
    EXPECT_THAT(recorded_.reasons(), Contains("QueryExecutionStart").Times(1));
    EXPECT_THAT(recorded_.reasons(), Contains("ToolCallComplete").Times(1));
}

TEST_F(EngineTest, WhatIsUnwantedIsCanceledBeforeItAsksAnybody) {
    network_.chat->answers = {says("never")};
    query("q", R"({"input":"go","target":{"type":"agent","name":"clerk"},"cancel":true})");
    start();
    wait_for("q", "canceled");
    EXPECT_EQ(status("q")["conditions"][0]["reason"].text(), "QueryCanceled");
    EXPECT_TRUE(network_.chat->asked.empty());
    EXPECT_THAT(recorded_.reasons(), Contains("QueryExecutionCanceled"));
}

TEST_F(EngineTest, CancelEndsWhatRuns) {
    create("Agent", R"({"metadata":{"name":"looper"},"spec":{"tools":[{"type":"builtin","name":"noop"}]}})");
    int asked = 0;
    network_.chat->before_answer = [&] {
        if (++asked == 1) static_cast<void>(store_.merge("Query", "q", R"({"spec":{"cancel":true}})"));
    };
    for (int i = 0; i < 100; ++i)
        network_.chat->answers.push_back(agents::testing::calls({{"c", "noop", "{}"}}));
    query("q", R"({"input":"go","target":{"type":"agent","name":"looper"}})");
    start();
    wait_for("q", "canceled");
    EXPECT_LT(asked, 50) << "well before its budget ends it";
    EXPECT_THAT(recorded_.reasons(), Contains("AgentExecutionCanceled"));
}

TEST_F(EngineTest, ATimeoutIsAnErrorThatSaysSo) {
    query("q", R"({"input":"go","target":{"type":"agent","name":"clerk"},"timeout":"1ms"})");
    network_.chat->before_answer = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
    network_.chat->answers = {agents::testing::calls({{"c", "nothing", "{}"}}), says("late")};
    start();
    wait_for("q", "error");
    EXPECT_THAT(std::string(status("q")["response"]["content"].text()), HasSubstr("timeout"));
}

TEST_F(EngineTest, WhatIsPastItsTimeToLiveGoes) {
    network_.chat->answers = {says("hi")};
    query("q", R"({"input":"go","target":{"type":"agent","name":"clerk"},"ttl":"1h"})");
    start();
    wait_for("q", "done");
    stop();
    EXPECT_EQ(store_.disk.list("runs")->size(), 1u);
    store_.clock.advance_ms(2 * 3600 * 1000);
    start();
    until([&] { return phase("q") == "gone"; });
    // Its steps go with it: once the engine heard of it, and the outbox gave it on.
    bool settling = false;
    until([&] {
        if (!std::exchange(settling, true)) {
            asio::co_spawn(context_, exporter_->settle(), [&](std::exception_ptr, const Status&) { settling = false; });
        }
        return store_.disk.list("runs")->empty();
    });
    until([&] { return !settling; });
}

TEST_F(EngineTest, NoMoreRunAtOnceThanAllowed) {
    std::size_t most = 0;
    network_.chat->before_answer = [&] { most = std::max(most, engine_->counters().running); };
    for (int i = 0; i < 10; ++i) {
        network_.chat->answers.push_back(says("hi"));
        query("q" + std::to_string(i), R"({"input":"go","target":{"type":"agent","name":"clerk"}})");
    }
    start(3);
    until([&] { return engine_->counters().ended == 10; });
    EXPECT_LE(most, 3u);
    EXPECT_GT(most, 0u);
}

TEST_F(EngineTest, ARestartReusesTheStepsBefore) {
    create("Agent", R"({"metadata":{"name":"looper"},"spec":{"tools":[{"type":"builtin","name":"noop"}]}})");
    network_.chat->answers = {agents::testing::calls({{"c", "noop", "{}"}}), says("first")};
    query("q", R"({"input":"go","target":{"type":"agent","name":"looper"}})");
    start();
    wait_for("q", "done");
    const std::string uid(store_.get("Query", "q")->uid());
    network_.chat->answers = {says("second")};
    create("Query", R"({"metadata":{"name":"again","annotations":{"ark.mckinsey.com/restart-of":")" + uid +
                        R"(","ark.mckinsey.com/restart-from":"/agent.looper/llm.1"}},)"
                        R"("spec":{"input":"go","target":{"type":"agent","name":"looper"}}})");
    wait_for("again", "done");
    EXPECT_EQ(status("again")["response"]["content"].text(), "second");
    EXPECT_EQ(network_.chat->asked.size(), 3u);
}

// Goal: what is wrong with a run's parts is an event of its own, found by its name.
TEST_F(EngineTest, WhatIsMissingIsToldByName) {
    create("Agent", R"({"metadata":{"name":"asks"},"spec":{"prompt":"{{.x}}","parameters":[{"name":"x",)"
                    R"("valueFrom":{"queryParameterRef":{"name":"who"}}}]}})");
    create("Agent", R"({"metadata":{"name":"calls"},"spec":{"tools":[{"type":"builtin","name":"terminate"}]}})");
    query("parameter", R"({"input":"hi","target":{"type":"agent","name":"asks"}})");
    start();
    wait_for("parameter", "error");
    const auto* event = recorded_.find_event("QueryParameterNotFound");
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(text_of(event->attributes, "parameterName"), "who");
    EXPECT_EQ(text_of(event->attributes, "queryName"), "parameter");
    EXPECT_TRUE(event->span_id.valid());

    network_.chat->answers = {agents::testing::calls({{"c", "terminate", R"({"wrong":1})"}}), says("well then")};
    query("arguments", R"({"input":"hi","target":{"type":"agent","name":"calls"}})");
    wait_for("arguments", "done");
    event = recorded_.find_event("ValidationError");
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(text_of(event->attributes, "validationType"), "arguments");
    EXPECT_EQ(text_of(event->attributes, "agentName"), "calls");
}

TEST_F(EngineTest, ConversationsGoOn) {
    network_.chat->answers = {says("14:05."), says("At 02:11.")};
    const std::string rest = R"(,"target":{"type":"agent","name":"clerk"},"conversationId":"c-1"})";
    query("first", R"({"input":"High tide?")" + rest);
    start();
    wait_for("first", "done");
    query("second", R"({"input":"And the next?")" + rest);
    wait_for("second", "done");
    ASSERT_EQ(network_.chat->asked[1].messages.size(), 4u) << "system, two of the first query, the question";
    EXPECT_EQ(network_.chat->asked[1].messages[1].content, "High tide?");
    EXPECT_EQ(network_.chat->asked[1].messages[2].content, "14:05.");
    EXPECT_EQ(network_.remembered->kept.size(), 4u);
    EXPECT_EQ(status("second")["conversationId"].text(), "c-1");
    EXPECT_EQ(status("second")["conditions"][1]["reason"].text(), "MemoryReachable");
    EXPECT_EQ(text_of(recorded_.find_event("MemoryStoreComplete")->attributes, "conversationId"), "c-1");
    EXPECT_TRUE(recorded_.find_event("MemoryRetrieveComplete")->span_id.valid());
}

// Goal: whoever watches sees the answer as it is written, in the reference's lines, and its end.
TEST_F(EngineTest, AnswersAreStreamedToThoseWhoAsk) {
    create("Agent", R"({"metadata":{"name":"looper"},"spec":{"tools":[{"type":"builtin","name":"noop"}]}})");
    network_.chat->answers = {agents::testing::calls({{"c", "noop", "{}"}}), says("done")};
    create("Query", R"({"metadata":{"name":"q","annotations":{"ark.mckinsey.com/streaming-enabled":"true"}},)"
                    R"("spec":{"input":"go","target":{"type":"agent","name":"looper"},"sessionId":"s-1"}})");
    start();
    wait_for("q", "done");
    std::string text;
    for (const auto& line : network_.lines) {
        const auto chunk = resources::json(line);
        text += chunk["choices"][0]["delta"]["content"].text();
        EXPECT_EQ(chunk["ark"]["session"].text(), "s-1");
        EXPECT_EQ(chunk["ark"]["query"].text(), store_.get("Query", "q")->uid());
    }
    EXPECT_EQ(text, "done");
    const auto calls = resources::json(network_.lines[1]);
    EXPECT_EQ(calls["choices"][0]["delta"]["tool_calls"][0]["function"]["name"].text(), "noop");
    EXPECT_EQ(calls["choices"][0]["finish_reason"].text(), "tool_calls");
    EXPECT_EQ(calls["ark"]["agent"].text(), "looper");
    const auto last = resources::json(network_.lines.back());
    EXPECT_EQ(last["ark"]["completedQuery"]["status"]["response"]["content"].text(), "done");
    EXPECT_EQ(network_.streams_complete, 1);

    network_.lines.clear();
    network_.chat->answers = {says("unseen")};
    query("quiet", R"({"input":"go","target":{"type":"agent","name":"looper"}})");
    wait_for("quiet", "done");
    EXPECT_TRUE(network_.lines.empty());
}

class DeletionTest : public EngineTest {
protected:
    DeletionTest() {
        network_.chat->answers = {says("14:05.")};
        query("q", R"({"input":"High tide?","target":{"type":"agent","name":"clerk"},"conversationId":"c-1"})");
        start();
        wait_for("q", "done");
        EXPECT_EQ(network_.remembered->kept.size(), 2u);
        uid_ = store_.get("Query", "q")->uid();
        until([&] { return has_finalizer(); });
    }
    bool has_finalizer() {
        const auto found = store_.get("Query", "q");
        return found && found->value["metadata"]["finalizers"][0].text() == "ark.mckinsey.com/finalizer";
    }
    void let_it_try() {
        const auto before = network_.remembered->forgets;
        until([&] { return network_.remembered->forgets > before; });
    }

    std::string uid_;
};

TEST_F(DeletionTest, TakesAlongWhatOthersKeepOfAQuery) {
    network_.remembered->kept.push_back({"c-1", "another", resources::json(R"({"role":"user","content":"x"})")});
    network_.remembered->kept.push_back({"c-2", "q", resources::json(R"({"role":"user","content":"x"})")});
    EXPECT_FALSE(store_.remove("Query", "q")->gone);
    until([&] { return phase("q") == "gone"; });
    EXPECT_THAT(network_.forgotten, ElementsAre(uid_));
    ASSERT_EQ(network_.remembered->kept.size(), 2u) << "neither another query's nor another conversation's";
    EXPECT_EQ(network_.remembered->kept[0].query, "another");
}

// Goal: a broker that is away is waited for, over a restart too, but not for ever.
TEST_F(DeletionTest, WaitsForWhoIsAway) {
    network_.remembered->away = true;
    EXPECT_FALSE(store_.remove("Query", "q")->gone);
    let_it_try();
    start();
    let_it_try();
    EXPECT_EQ(phase("q"), "done") << "still there";
    network_.remembered->away = false;
    store_.clock.advance_ms(20'000);
    until([&] { return phase("q") == "gone"; });
    EXPECT_THAT(network_.forgotten, ElementsAre(uid_));
    EXPECT_TRUE(network_.remembered->kept.empty());
}

TEST_F(DeletionTest, DoesNotWaitForEver) {
    network_.remembered->away = true;
    EXPECT_FALSE(store_.remove("Query", "q")->gone);
    let_it_try();
    store_.clock.advance_ms(301'000);
    until([&] { return phase("q") == "gone"; });
    EXPECT_TRUE(network_.forgotten.empty());
}

// Goal: what runs is canceled first; what it says of that is deleted with the rest.
TEST_F(EngineTest, DeletingWhatRunsCancelsItAndCleansUp) {
    create("Tool", R"({"metadata":{"name":"pay"},"spec":{"type":"http","http":{"url":"http://127.0.0.1:1/"}}})");
    create("Agent", R"({"metadata":{"name":"buyer"},"spec":{"prompt":"You buy.","tools":[)"
                    R"({"type":"http","name":"pay","approval":{"required":true}}]}})");
    network_.chat->answers = {agents::testing::calls({{"c", "pay", "{}"}})};
    query("q", R"({"input":"buy","target":{"type":"agent","name":"buyer"}})");
    start();
    until([&] { return engine_->counters().asking == 1 && phase("q") == "input-required"; });
    const std::string uid(store_.get("Query", "q")->uid());
    EXPECT_TRUE(store_.remove("Query", "q"));
    until([&] { return phase("q") == "gone" && !network_.forgotten.empty(); });
    EXPECT_THAT(network_.forgotten, ElementsAre(uid));
    EXPECT_THAT(recorded_.reasons(), Contains("QueryExecutionCanceled").Times(1));
}

}  // namespace
}  // namespace ark::runs
