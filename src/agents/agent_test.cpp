#include "agents/agent.hpp"

#include "agents/messages.hpp"
#include "agents/testing/world.hpp"
#include "codec/json_value.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::agents {
namespace {

using agents::testing::answers;
using agents::testing::calls;
using agents::testing::failing;
using agents::testing::says;
using agents::testing::ScriptedTool;
using agents::testing::World;
using emit::testing::text_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Agent, AnswersWithWhatTheModelSays) {
    World world;
    world.model->answers = {says("High tide: 14:05.")};
    const auto agent = make_agent(world.agent("clerk"));
    const auto outcome = world.run(*agent, "When?");
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(outcome->answer(), "High tide: 14:05.");
    ASSERT_EQ(world.model->asked[0].messages.size(), 2u);
    EXPECT_EQ(world.model->asked[0].messages[0].content, "You are clerk.");
    EXPECT_EQ(world.model->asked[0].messages[1].content, "When?");
    EXPECT_EQ(world.usage.total, 12);
    EXPECT_THAT(world.recorded.reasons(),
                ElementsAre("AgentExecutionStart", "LLMCallStart", "LLMCallComplete", "AgentExecutionComplete"));
    // The trace goes along, under the span of the call.
    const auto* llm = world.recorded.find_span("llm.gpt-small");
    ASSERT_NE(llm, nullptr);
    EXPECT_THAT(std::string(world.model->fields[0].find("traceparent")), HasSubstr(llm->span_id.hex()));
    EXPECT_THAT(std::string(world.model->fields[0].find("baggage")), HasSubstr("ark.session.id=s-1"));
}

TEST(Agent, CallsWhatTheModelAsksForAndShowsItTheAnswersInOrder) {
    World world;
    auto spec = world.agent("clerk");
    auto tides = std::make_shared<ScriptedTool>("tides", [](const std::string&) { return answers("14:05"); });
    auto broken = std::make_shared<ScriptedTool>("broken", [](const std::string&) {
        auto result = answers("no route");
        result.is_error = true;
        result.error_type = "unavailable";
        return result;
    });
    spec.tools = {tides, broken};
    world.model->answers = {
        calls({{"c1", "tides", R"({"port":"Dover"})"}, {"c2", "broken", "{}"}, {"c3", "none", "{}"}}), says("done")};
    const auto outcome = world.run(*make_agent(spec), "When?");
    ASSERT_TRUE(outcome) << outcome.error().message();
    const auto& shown = world.model->asked[1].messages;
    ASSERT_EQ(shown.size(), 6u);
    EXPECT_EQ(shown[3].content, "14:05");
    EXPECT_EQ(shown[3].tool_call_id, "c1");
    EXPECT_EQ(shown[4].content, "error: no route");
    EXPECT_TRUE(shown[4].is_error);
    EXPECT_THAT(shown[5].content, HasSubstr("no tool named none"));
    EXPECT_EQ(text_of(world.recorded.find_event("ToolCallError")->attributes, "errorType"), "unavailable");
    EXPECT_EQ(text_of(world.recorded.find_event("ToolCallComplete")->attributes, "toolName"), "tides");
    EXPECT_EQ(text_of(world.recorded.find_event("ToolCallComplete")->attributes, "agentName"), "clerk");
    EXPECT_EQ(world.recorded.find_span("tool.broken")->status_code, 2u);
    EXPECT_EQ(outcome->messages.size(), 5u);
}

// Goal: wherever a run dies, the next process repeats no completed call, tells nothing twice, and answers the same.
// Method: end the telemetry-complete world after each recorded step in turn, by a stop, and run again.
TEST(Agent, GoesOnAfterTheLastCompletedStep) {
    for (std::size_t survive = 0; survive < 4; ++survive) {
        World world;
        auto spec = world.agent("clerk");
        auto tides = std::make_shared<ScriptedTool>("tides", [](const std::string&) { return answers("14:05"); });
        spec.tools = {tides};
        world.model->answers = {calls({{"c1", "tides", "1"}, {"c2", "tides", "2"}}), says("both")};
        const auto agent = make_agent(spec);
        ASSERT_TRUE(world.run(*agent, "When?"));
        ASSERT_EQ(world.steps.order.size(), 4u);
        const auto spans = world.recorded.spans;

        // As if killed behind the first `survive` steps.
        World next;
        for (std::size_t i = 0; i < survive; ++i)
            next.steps.steps[world.steps.order[i]] = world.steps.steps[world.steps.order[i]];
        next.steps.begins = world.steps.begins;
        // An end is there when its step is; the agent's own is not.
        for (std::size_t i = 0; i < survive; ++i)
            next.steps.ends[world.steps.order[i]] = Ended::well;
        if (survive == 0) next.model->answers.push_back(calls({{"c1", "tides", "1"}, {"c2", "tides", "2"}}));
        if (survive < 4) next.model->answers.push_back(says("both"));
        auto again = next.agent("clerk");
        auto tides_again = std::make_shared<ScriptedTool>("tides", [](const std::string&) { return answers("14:05"); });
        again.tools = {tides_again};
        const auto outcome = next.run(*make_agent(again), "When?");
        ASSERT_TRUE(outcome) << outcome.error().message();
        EXPECT_EQ(outcome->answer(), "both");
        EXPECT_EQ(next.usage.total, 24);
        EXPECT_EQ(next.recorded.spans.size(), 5 - survive) << "one for each step that was left, and the agent's";
        EXPECT_EQ(tides_again->times, survive == 0 ? 2 : static_cast<int>(3 - std::min<std::size_t>(survive, 3)));
        EXPECT_EQ(next.recorded.find_event("AgentExecutionStart"), nullptr) << "it was announced before";
        EXPECT_EQ(next.recorded.find_span("agent.lab/clerk")->span_id, spans.back().span_id);
    }
}

TEST(Agent, OtherInputsAreOtherSteps) {
    World world;
    world.model->answers = {says("one"), says("two")};
    auto spec = world.agent("clerk");
    ASSERT_TRUE(world.run(*make_agent(spec), "When?"));
    spec.prompt = "You are somebody else.";
    EXPECT_EQ(world.run(*make_agent(spec), "When?")->answer(), "two");
}

TEST(Agent, AModelThatFailsIsTheAgentsFailure) {
    World world;
    world.model->answers = {failing(llm::ErrorType::auth, Errc::unauthorized)};
    const auto outcome = world.run(*make_agent(world.agent("clerk")), "When?");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::unauthorized);
    EXPECT_EQ(text_of(world.recorded.find_event("LLMCallError")->attributes, "errorType"), "auth");
    EXPECT_EQ(text_of(world.recorded.find_event("AgentExecutionError")->attributes, "errorType"), "auth");
    EXPECT_TRUE(world.steps.steps.empty());
}

TEST(Agent, AStopIsACancellationEverywhere) {
    World world;
    world.model->before_answer = [&] { world.stop.request_stop(); };
    const auto outcome = world.run(*make_agent(world.agent("clerk")), "When?");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::stopped);
    EXPECT_THAT(world.recorded.reasons(),
                ElementsAre("AgentExecutionStart", "LLMCallStart", "LLMCallCanceled", "AgentExecutionCanceled"));
}

TEST(Agent, TerminateEndsTheTurn) {
    World world;
    auto spec = world.agent("clerk");
    spec.tools = {make_terminate()};
    world.model->answers = {calls({{"c1", "terminate", R"({"response":"enough"})"}})};
    const auto outcome = world.run(*make_agent(spec), "When?");
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->ending, Ending::terminated);
    EXPECT_EQ(outcome->response, "enough");
    EXPECT_EQ(world.recorded.find_span("tool.terminate")->status_code, 1u);
}

TEST(Agent, WrongArgumentsAreToldToTheModel) {
    World world;
    auto spec = world.agent("clerk");
    spec.tools = {make_terminate()};
    world.model->answers = {calls({{"c1", "terminate", "{broken"}}), calls({{"c2", "terminate", "{}"}}), says("sorry")};
    const auto outcome = world.run(*make_agent(spec), "When?");
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->answer(), "sorry");
    EXPECT_THAT(world.model->asked[2].messages.back().content, HasSubstr("`response` is required"));
}

TEST(Agent, NoLoopIsEndless) {
    World world;
    auto spec = world.agent("clerk");
    spec.tools = {make_noop()};
    spec.turns_max = 3;
    for (int i = 0; i < 5; ++i)
        world.model->answers.push_back(calls({{"c", "noop", "{}"}}));
    const auto outcome = world.run(*make_agent(spec), "When?");
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().context, HasSubstr("within 3 model calls"));
}

TEST(Agent, AnAgentIsATool) {
    World world;
    auto inner = make_agent(world.agent("expert"));
    auto spec = world.agent("clerk");
    llm::ToolDefinition definition;
    definition.name = "ask-expert";
    spec.tools = {make_participant_tool(definition, inner)};
    world.model->answers = {calls({{"c", "ask-expert", R"({"input":"tides?"})"}}), says("14:05"), says("It is 14:05.")};
    const auto outcome = world.run(*make_agent(spec), "When?");
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(outcome->answer(), "It is 14:05.");
    EXPECT_EQ(world.usage.total, 36);
    EXPECT_EQ(world.recorded.find_span("agent.lab/expert")->parent_span_id,
              world.recorded.find_span("tool.ask-expert")->span_id);
    // All of it is known to the next process, what was spent inside too.
    world.usage = {};
    EXPECT_EQ(world.run(*make_agent(spec), "When?")->answer(), "It is 14:05.");
    EXPECT_EQ(world.usage.total, 36);
}

TEST(Agent, AStepThatCannotBeRecordedEndsTheRun) {
    World world;
    world.steps.broken = true;
    world.model->answers = {says("lost")};
    const auto outcome = world.run(*make_agent(world.agent("clerk")), "When?");
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, Errc::disk_full);
}

// Goal: what a model was shown is cut to whole messages, the newest. Method: a conversation of growing length, and one
// message that is too long by itself.
TEST(InputMessages, TheNewestThatFitAreKept) {
    EXPECT_EQ(input_messages_text({}), "[]");
    std::vector<llm::Message> messages;
    for (int i = 0; i < 100; ++i) {
        llm::Message message;
        message.role = llm::Role::user;
        message.content = std::to_string(i) + ":" + std::string(1000, i % 2 == 0 ? 'x' : '\n');
        messages.push_back(message);
        const auto text = input_messages_text(messages);
        const auto json = codec::JsonValue::parse(text);
        ASSERT_TRUE(json) << text;
        ASSERT_LE(text.size(), emit::content_bytes_max);
        const auto kept = json->array().size();
        ASSERT_GE(kept, std::min<std::size_t>(messages.size(), 30));
        ASSERT_EQ(json->array()[kept - 1]["parts"].array()[0]["content"].text(), message.content);
        ASSERT_EQ(json->array()[0]["parts"].array()[0]["content"].text(), messages[messages.size() - kept].content);
    }
    messages.back().content = std::string(100'000, 'y');
    const auto json = codec::JsonValue::parse(input_messages_text(messages));
    ASSERT_TRUE(json);
    ASSERT_EQ(json->array().size(), 1u);
    EXPECT_EQ(json->array()[0]["parts"].array()[0]["content"].text().size(), emit::content_bytes_max);
}

}  // namespace
}  // namespace ark::agents
