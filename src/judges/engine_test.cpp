#include "judges/engine.hpp"

#include "agents/testing/world.hpp"
#include "runs/testing/engine_world.hpp"
#include "runs/testing/quiet_network.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::judges {
namespace {

using agents::testing::says;
using agents::testing::ScriptedModel;
using codec::JsonValue;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ScriptedNetwork final : public runs::QuietNetwork {
public:
    awaitable<Result<agents::Brain>> model(runs::Lookup&, resources::ResourcePtr resource, runs::Overrides) override {
        agents::Brain brain;
        brain.resource = resource->name();
        brain.model = resource->name();
        brain.provider = "openai";
        brain.chat = chat;
        co_return brain;
    }
    std::shared_ptr<ScriptedModel> chat = std::make_shared<ScriptedModel>();
};

/// A broker, or an evaluator, that answers what it is told, in order; the last answer for ever.
class ScriptedRemote final : public Remote {
public:
    awaitable<Result<Answer>> post(std::string url, std::string body, std::chrono::milliseconds,
                                   std::stop_token) override {
        urls.push_back(std::move(url));
        bodies.push_back(std::move(*JsonValue::parse(body)));
        auto answer = answers.front();
        if (answers.size() > 1) answers.pop_front();
        co_return answer;
    }
    void will(int status, std::string_view body) { answers.push_back(Answer{status, *JsonValue::parse(body)}); }

    std::deque<Answer> answers;
    std::vector<std::string> urls;
    std::vector<JsonValue> bodies;
};

class JudgesTest : public runs::EngineWorld<Engine> {
protected:
    JudgesTest() {
        for (const auto* name : {"default", "strict"})
            create("Model",
                   R"({"metadata":{"name":")" + std::string(name) +
                       R"("},"spec":{"provider":"openai","model":{"value":"m"},)"
                       R"("config":{"openai":{"baseUrl":{"value":"http://127.0.0.1:1/v1"},"apiKey":{"value":"k"}}}}})");
    }
    ~JudgesTest() override { stop(); }

    void evaluation(std::string name, std::string spec) {
        create("Evaluation", R"({"metadata":{"name":")" + name + R"("},"spec":)" + spec + "}");
    }
    void answered_query(std::string name, std::string labels = "{}") {
        create("Query", R"({"metadata":{"name":")" + name + R"(","labels":)" + labels +
                            R"(},"spec":{"input":"Tide in {{.port}}?","parameters":[{"name":"port","value":"Dover"}],)"
                            R"("target":{"type":"model","name":"default"}}})");
        ASSERT_TRUE(store_.merge("Query", name,
                                 R"({"status":{"phase":"done","response":{"target":{"type":"model","name":"default"},)"
                                 R"("content":"At 14:05."}}})",
                                 resources::Part::status));
    }
    void start(std::string broker = "http://broker", std::size_t concurrent_max = 16) {
        restart_process();
        runs_.emplace(runs::Services{store_.store(), network_, tracer_, *steps_, store_.clock});
        const Services services{*runs_, remote_, remote_, std::move(broker)};
        engine_ = Engine::create(services, {concurrent_max}, context_.get_executor());
        engine_->start();
    }
    std::string phase(const std::string& name) {
        const auto found = store_.get("Evaluation", name);
        return found ? std::string(found->value["status"]["phase"].text()) : "gone";
    }
    JsonValue status(const std::string& name) { return store_.get("Evaluation", name)->value["status"]; }
    JsonValue ended(const std::string& name) {
        until([&] { return is_final(phase(name)) && engine_->counters().running == 0; });
        return status(name);
    }
    static bool is_final(const std::string& phase) {
        return phase == "done" || phase == "error" || phase == "canceled" || phase == "gone";
    }
    void will_score(double score, std::string_view reasoning = "because") {
        network_.chat->answers.push_back(says(
            fmt::format("SCORE: {}\nPASSED: true\nREASONING: {}\nCRITERIA_SCORES: accuracy=0.5", score, reasoning)));
    }

    ScriptedNetwork network_;
    ScriptedRemote remote_;
    std::optional<runs::Services> runs_;
};

TEST_F(JudgesTest, AModelJudgesAPairOfTexts) {
    will_score(0.9, "It is right.");
    evaluation("d", R"({"config":{"input":"2 + 2?","output":"4"}})");
    start();
    const auto after = ended("d");
    EXPECT_EQ(after["phase"].text(), "done") << after.dump();
    EXPECT_EQ(after["score"].text(), "0.900");
    EXPECT_TRUE(after["passed"].boolean());
    EXPECT_EQ(after["metadata"]["reasoning"].text(), "It is right.");
    EXPECT_EQ(after["metadata"]["criteria_accuracy"].text(), "0.500");
    EXPECT_EQ(after["tokenUsage"]["totalTokens"].integer(), 12);
    EXPECT_EQ(after["conditions"][0]["reason"].text(), "EvaluationSucceeded");
    EXPECT_EQ(store_.get("Evaluation", "d")->value["metadata"]["annotations"]["evaluation.metadata/reasoning"].text(),
              "It is right.");
    EXPECT_THAT(recorded_.reasons(),
                ElementsAre("EvaluationStart", "LLMCallStart", "LLMCallComplete", "EvaluationComplete"));
    const auto* told = recorded_.find_event("EvaluationComplete");
    EXPECT_EQ(emit::testing::text_of(told->attributes, "evaluationName"), "d");
    for (const auto& span : recorded_.spans)
        EXPECT_EQ(span.trace_id, recorded_.spans[0].trace_id);
}

TEST_F(JudgesTest, TermsComeFromTheEvaluatorAndTheEvaluation) {
    create("Evaluator", R"({"metadata":{"name":"e"},"spec":{"parameters":[{"name":"min-score","value":"0.9"},)"
                        R"({"name":"model.name","value":"strict"},{"name":"scope","value":"tone"}]}})");
    will_score(0.8);
    will_score(0.8);
    evaluation("a", R"({"config":{"input":"i","output":"o"},"evaluator":{"name":"e"}})");
    start();
    EXPECT_FALSE(ended("a")["passed"].boolean());
    EXPECT_EQ(status("a")["metadata"]["model"].text(), "strict");
    EXPECT_THAT(network_.chat->asked[0].messages[0].content, HasSubstr("criteria: tone."));
    evaluation("b", R"({"config":{"input":"i","output":"o"},)"
                    R"("evaluator":{"name":"e","parameters":[{"name":"min-score","value":"0.75"}]}})");
    until([&] { return phase("b") == "done"; });
    EXPECT_TRUE(status("b")["passed"].boolean());
    EXPECT_FALSE(store_.create("Evaluation", R"({"metadata":{"name":"c"},"spec":{"config":{"input":"i","output":"o"},)"
                                             R"("evaluator":{"name":"nobody"}}})"));
}

TEST_F(JudgesTest, AQueryIsJudgedByItsResponse) {
    answered_query("q");
    will_score(0.7);
    evaluation("e", R"({"type":"query","config":{"queryRef":{"name":"q","responseTarget":"model:default"}}})");
    evaluation("other", R"({"type":"query","config":{"queryRef":{"name":"q","responseTarget":"agent:x"}}})");
    evaluation("none", R"({"type":"query","config":{"queryRef":{"name":"nobody"}}})");
    start();
    EXPECT_TRUE(ended("e")["passed"].boolean()) << status("e").dump();
    EXPECT_THAT(network_.chat->asked[0].messages[1].content, HasSubstr("Tide in Dover?"));
    EXPECT_THAT(network_.chat->asked[0].messages[1].content, HasSubstr("At 14:05."));
    EXPECT_THAT(std::string(status("other")["message"].text()), HasSubstr("agent:x did not respond"));
    EXPECT_THAT(std::string(status("none")["message"].text()), HasSubstr("Query lab/nobody"));
}

TEST_F(JudgesTest, AQueryThatRunsIsWaitedFor) {
    create("Query", R"({"metadata":{"name":"q"},"spec":{"input":"hi","target":{"type":"model","name":"default"}}})");
    will_score(1);
    evaluation("e", R"({"type":"query","config":{"queryRef":{"name":"q"}}})");
    start();
    until([&] { return phase("e") == "running"; });
    EXPECT_TRUE(network_.chat->asked.empty());
    ASSERT_TRUE(store_.merge("Query", "q", R"({"status":{"phase":"done","response":{"content":"hello"}}})",
                             resources::Part::status));
    EXPECT_EQ(ended("e")["phase"].text(), "done");
}

TEST_F(JudgesTest, ABaselineIsTheMeanOverGoldenExamples) {
    // One at a time, so that the script's order is theirs: answer, judgement, answer, judgement.
    network_.chat->answers = {says("4"), says("SCORE: 1"), says("a lake"), says("SCORE: 0.5")};
    evaluation("b", R"({"type":"baseline","config":{"concurrency":1},"evaluator":{"parameters":[)"
                    R"({"name":"golden-examples","value":"[{\"input\":\"2+2\",\"expectedOutput\":\"4\",\"category\":)"
                    R"(\"sums\"},{\"input\":\"Geneva?\",\"expectedOutput\":\"a city\",\"difficulty\":\"hard\"}]"}]}})");
    start();
    const auto after = ended("b");
    EXPECT_EQ(after["score"].text(), "0.750") << after.dump();
    EXPECT_TRUE(after["passed"].boolean());
    EXPECT_EQ(after["metadata"]["category_sums"].text(), "1.000");
    EXPECT_EQ(after["metadata"]["difficulty_hard"].text(), "0.500");
    EXPECT_EQ(after["metadata"]["passed_examples"].text(), "1");
    EXPECT_EQ(after["tokenUsage"]["totalTokens"].integer(), 48);
    EXPECT_THAT(network_.chat->asked[1].messages[1].content, HasSubstr("What a good answer says"));
}

TEST_F(JudgesTest, ABatchIsItsChildren) {
    answered_query("q1", R"({"suite":"tides"})");
    answered_query("q2", R"({"suite":"tides"})");
    for (int i = 0; i < 3; ++i)
        will_score(0.8);
    std::size_t most = 0;
    network_.chat->before_answer = [&] { most = std::max(most, engine_->counters().running); };
    evaluation("b", R"({"type":"batch","config":{"concurrency":1,"items":[{"name":"sum","type":"direct",)"
                    R"("config":{"input":"2+2","output":"4"}}],"template":{"type":"query"},)"
                    R"("querySelector":{"matchLabels":{"suite":"tides"}}}})");
    start();
    const auto after = ended("b");
    EXPECT_EQ(after["phase"].text(), "done") << after.dump();
    EXPECT_EQ(after["score"].text(), "0.800");
    EXPECT_TRUE(after["passed"].boolean());
    EXPECT_EQ(after["tokenUsage"]["totalTokens"].integer(), 36);
    EXPECT_EQ(after["batchProgress"]["completed"].integer(), 3);
    EXPECT_EQ(phase("b-q1"), "done");
    EXPECT_LE(most, 2u) << "the batch and one child";
    EXPECT_THAT(recorded_.reasons(), Contains("EvaluationChanged").Times(3));
    ASSERT_TRUE(store_.remove("Evaluation", "b"));
    until([&] { return phase("b-sum") == "gone"; });
}

TEST_F(JudgesTest, ABatchEndsAtTheFirstThatFailsUnlessToldOtherwise) {
    const std::string items =
        R"("items":[{"config":{"input":"i","output":"o"}},{"type":"query","config":{"queryRef":{"name":"no"}}},)"
        R"({"config":{"input":"i","output":"o"}}]}})";
    will_score(1);
    evaluation("stops", R"({"type":"batch","config":{"concurrency":1,)" + items);
    start();
    auto after = ended("stops");
    EXPECT_EQ(after["phase"].text(), "error");
    EXPECT_THAT(std::string(after["message"].text()), HasSubstr("stops-002: "));
    EXPECT_EQ(after["metadata"]["not_begun"].text(), "1");
    will_score(1);
    will_score(0.5);
    evaluation("goes-on", R"({"type":"batch","config":{"continueOnFailure":true,"concurrency":1,)" + items);
    until([&] { return phase("goes-on") == "done"; });
    after = status("goes-on");
    EXPECT_EQ(after["score"].text(), "0.750");
    EXPECT_FALSE(after["passed"].boolean());
    evaluation("nested", R"({"type":"batch","config":{"items":[{"type":"batch"}]}})");
    until([&] { return phase("nested") == "error"; });
    EXPECT_THAT(std::string(status("nested")["message"].text()), HasSubstr("a batch cannot be in a batch"));
}

TEST_F(JudgesTest, ABatchThatIsCanceledCancelsItsChildren) {
    create("Query", R"({"metadata":{"name":"q"},"spec":{"input":"hi","target":{"type":"model","name":"default"}}})");
    evaluation(
        "b",
        R"({"type":"batch","config":{"items":[{"name":"one","type":"query","config":{"queryRef":{"name":"q"}}}]}})");
    start();
    until([&] { return phase("b-one") == "running"; });
    ASSERT_TRUE(store_.merge("Evaluation", "b", R"({"status":{"phase":"canceled"}})", resources::Part::status));
    EXPECT_EQ(ended("b")["phase"].text(), "canceled");
    EXPECT_EQ(ended("b-one")["phase"].text(), "canceled");
}

TEST_F(JudgesTest, RulesOverEventsAreTheBrokers) {
    answered_query("q");
    remote_.will(404, R"({"detail":"not yet"})");
    remote_.will(201, R"({"id":"ev-1","score":"0.500","passed":false,"metadata":{"total_rules":"2"},)"
                      R"("rules":[{"name":"r","passed":false}]})");
    evaluation("e", R"({"type":"event","config":{"queryRef":{"name":"q"},"rules":[{"name":"r","expression":"true"}]},)"
                    R"("evaluator":{"name":"nobody","parameters":[{"name":"min-score","value":"0.8"}]}})");
    start();
    const auto after = ended("e");
    EXPECT_EQ(after["phase"].text(), "done") << after.dump();
    EXPECT_EQ(after["score"].text(), "0.500");
    EXPECT_FALSE(after["passed"].boolean());
    EXPECT_EQ(after["rules"][0]["name"].text(), "r");
    ASSERT_EQ(remote_.urls.size(), 2u) << "what the broker does not know yet is asked for again";
    EXPECT_EQ(remote_.urls[0], "http://broker/v1/evaluations");
    EXPECT_EQ(remote_.bodies[0]["query"].text(), store_.get("Query", "q")->uid());
    EXPECT_EQ(remote_.bodies[0]["evaluation"]["parameters"]["min-score"].text(), "0.8");
    EXPECT_THAT(recorded_.reasons(), Not(Contains("EvaluationComplete"))) << "the broker tells it";
    stop();
    evaluation("f",
               R"({"type":"event","config":{"queryRef":{"name":"q"},"rules":[{"name":"r","expression":"true"}]}})");
    start("");
    until([&] { return phase("f") == "error"; });
    EXPECT_THAT(std::string(status("f")["message"].text()), HasSubstr("no broker"));
}

TEST_F(JudgesTest, AnEvaluatorWithAnAddressIsAsked) {
    create("Evaluator", R"({"metadata":{"name":"svc"},"spec":{"address":{"value":"http://judge.test/"},)"
                        R"("parameters":[{"name":"provider","value":"ragas"}]}})");
    remote_.will(200, R"({"score":"0.95","passed":true,"metadata":{"why":"fine"},"tokenUsage":{"totalTokens":7}})");
    evaluation("e", R"({"config":{"input":"i","output":"o"},"evaluator":{"name":"svc"}})");
    start();
    auto after = ended("e");
    EXPECT_EQ(after["score"].text(), "0.950") << after.dump();
    EXPECT_EQ(after["metadata"]["why"].text(), "fine");
    EXPECT_EQ(after["tokenUsage"]["totalTokens"].integer(), 7);
    EXPECT_EQ(remote_.urls[0], "http://judge.test/evaluate");
    EXPECT_EQ(remote_.bodies[0]["evaluatorName"].text(), "svc");
    EXPECT_EQ(remote_.bodies[0]["parameters"]["provider"].text(), "ragas");
    remote_.answers.clear();
    remote_.will(200, R"({"score":"2"})");
    evaluation("odd", R"({"config":{"input":"i","output":"o"},"evaluator":{"name":"svc"}})");
    until([&] { return phase("odd") == "error"; });
    EXPECT_THAT(std::string(status("odd")["message"].text()), HasSubstr("from 0 to 1"));
}

TEST_F(JudgesTest, FailuresAreClear) {
    network_.chat->answers = {says("I like it.")};
    evaluation("words", R"({"config":{"input":"i","output":"o"}})");
    evaluation("min", R"({"config":{"input":"i","output":"o"},)"
                      R"("evaluator":{"parameters":[{"name":"min-score","value":"7"}]}})");
    evaluation("golden", R"({"type":"baseline","config":{}})");
    start();
    EXPECT_THAT(std::string(ended("words")["message"].text()), HasSubstr("gave no SCORE"));
    EXPECT_EQ(status("words")["conditions"][0]["reason"].text(), "EvaluationErrored");
    EXPECT_THAT(std::string(status("min")["message"].text()), HasSubstr("min-score"));
    EXPECT_THAT(std::string(status("golden")["message"].text()), HasSubstr("golden-examples"));
    EXPECT_THAT(recorded_.reasons(), Contains("EvaluationError").Times(3));
}

// Goal: killed at any moment, an evaluation is finished by the next process, without repeating a completed call.
TEST_F(JudgesTest, TheNextProcessGoesOn) {
    network_.chat->answers = {says("4")};
    int asked = 0;
    bool stopped = false;
    network_.chat->before_answer = [&] {
        if (++asked == 2) asio::co_spawn(context_, engine_->stop(), [&](std::exception_ptr) { stopped = true; });
    };
    evaluation("b", R"({"type":"baseline","config":{"concurrency":1},"evaluator":{"parameters":[)"
                    R"({"name":"golden-examples","value":"[{\"input\":\"2+2\",\"expectedOutput\":\"4\"}]"}]}})");
    start();
    until([&] { return stopped; });
    engine_.reset();
    EXPECT_EQ(phase("b"), "running");
    EXPECT_EQ(recorded_.find_event("EvaluationCanceled"), nullptr) << "a process that stops cancels nothing";
    network_.chat->before_answer = {};
    network_.chat->answers = {says("SCORE: 1")};
    start();
    EXPECT_EQ(ended("b")["phase"].text(), "done");
    EXPECT_EQ(network_.chat->asked.size(), 3u) << "two before, one after";
    EXPECT_THAT(recorded_.reasons(), Contains("EvaluationStart").Times(1));
}

TEST_F(JudgesTest, WhoeverSetsItCanceledStopsIt) {
    create("Query", R"({"metadata":{"name":"q"},"spec":{"input":"hi","target":{"type":"model","name":"default"}}})");
    evaluation("e", R"({"type":"query","config":{"queryRef":{"name":"q"}}})");
    evaluation("late", R"({"type":"query","config":{"queryRef":{"name":"q"}},"timeout":"20ms"})");
    start();
    until([&] { return phase("e") == "running"; });
    ASSERT_TRUE(store_.merge("Evaluation", "e", R"({"status":{"phase":"canceled"}})", resources::Part::status));
    EXPECT_EQ(ended("e")["phase"].text(), "canceled");
    EXPECT_THAT(recorded_.reasons(), Contains("EvaluationCanceled"));
    EXPECT_THAT(std::string(ended("late")["message"].text()), HasSubstr("timeout"));
}

TEST_F(JudgesTest, WhatIsPastItsTimeToLiveGoes) {
    will_score(1);
    evaluation("e", R"({"config":{"input":"i","output":"o"},"ttl":"1h"})");
    start();
    EXPECT_EQ(ended("e")["phase"].text(), "done");
    stop();
    store_.clock.advance_ms(2 * 3600 * 1000);
    start();
    until([&] { return phase("e") == "gone"; });
    int turns = 0;
    until([&] {
        if (++turns % 50 == 0) asio::co_spawn(context_, exporter_->settle(), [](std::exception_ptr, const Status&) {});
        return store_.disk.list("runs")->empty();
    });
}

}  // namespace
}  // namespace ark::judges
