#include "teams/team.hpp"

#include "agents/testing/world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::teams {
namespace {

using agents::testing::calls;
using agents::testing::failing;
using agents::testing::says;
using agents::testing::World;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class TeamTest : public ::testing::Test {
protected:
    TeamSpec team(Strategy strategy) {
        TeamSpec spec;
        spec.ns = "lab";
        spec.name = "newsroom";
        spec.strategy = strategy;
        spec.members = {make_agent(world_.agent("reporter")), make_agent(world_.agent("editor"))};
        if (strategy == Strategy::selector) {
            SelectorSpec selector;
            selector.agent = world_.agent("chair");
            selector.may_terminate = true;
            spec.selector = selector;
        }
        return spec;
    }
    std::vector<std::string> speakers(const agents::Outcome& outcome) {
        std::vector<std::string> names;
        for (const auto& message : outcome.messages)
            names.push_back(message.role == llm::Role::system ? "(note)" : message.name);
        return names;
    }
    static llm::ChatReply select(std::string name) {
        return calls({{"s", "select-next-speaker", R"({"name":")" + name + R"("})"}});
    }

    World world_;
};

TEST_F(TeamTest, SequentialMembersSeeWhatWasSaidBefore) {
    world_.model->answers = {says("draft"), says("final")};
    const auto outcome = world_.run(*make_team(team(Strategy::sequential)), "Write!");
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(outcome->answer(), "final");
    EXPECT_THAT(speakers(*outcome), ElementsAre("reporter", "editor"));
    const auto& shown = world_.model->asked[1].messages;
    ASSERT_EQ(shown.size(), 3u);
    EXPECT_EQ(shown[1].content, "draft");
    EXPECT_EQ(shown[1].name, "reporter");
    EXPECT_EQ(shown[2].content, "Write!");
    EXPECT_THAT(
        world_.recorded.reasons(),
        ElementsAre("TeamExecutionStart", "TeamTurnStart", "TeamMemberStart", "AgentExecutionStart", "LLMCallStart",
                    "LLMCallComplete", "AgentExecutionComplete", "TeamMemberComplete", "TeamTurnComplete",
                    "TeamTurnStart", "TeamMemberStart", "AgentExecutionStart", "LLMCallStart", "LLMCallComplete",
                    "AgentExecutionComplete", "TeamMemberComplete", "TeamTurnComplete", "TeamExecutionComplete"));
    EXPECT_EQ(world_.recorded.find_span("turn.1")->parent_span_id,
              world_.recorded.find_span("team.lab/newsroom")->span_id);
}

TEST_F(TeamTest, LoopsEndAtTheirLimitWithANote) {
    auto spec = team(Strategy::loops);
    spec.turns_max = 3;
    world_.model->answers = {says("1"), says("2"), says("3"), says("never")};
    const auto outcome = world_.run(*make_team(spec), "Go");
    ASSERT_TRUE(outcome);
    EXPECT_THAT(speakers(*outcome), ElementsAre("reporter", "editor", "reporter", "(note)"));
    EXPECT_EQ(outcome->answer(), "3");
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamMaxTurnsReached").Times(1));
}

TEST_F(TeamTest, TerminateEndsTheTeam) {
    auto spec = team(Strategy::loops);
    auto reporter = world_.agent("reporter");
    reporter.tools = {agents::make_terminate()};
    spec.members[0] = make_agent(reporter);
    world_.model->answers = {calls({{"t", "terminate", R"({"response":"enough"})"}})};
    const auto outcome = world_.run(*make_team(spec), "Go");
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->ending, agents::Ending::terminated);
    EXPECT_EQ(outcome->response, "enough");
}

TEST_F(TeamTest, ASelectorChoosesAndEnds) {
    world_.model->answers = {select("editor"), says("edited"), select("reporter"), says("reported"),
                             calls({{"t", "terminate", R"({"response":"thank you"})"}})};
    const auto outcome = world_.run(*make_team(team(Strategy::selector)), "Go");
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_THAT(speakers(*outcome), ElementsAre("editor", "reporter", "chair"));
    EXPECT_EQ(outcome->answer(), "thank you");
    EXPECT_THAT(world_.recorded.reasons(), Contains("ParticipantSelected").Times(2));
    EXPECT_THAT(world_.recorded.reasons(), Contains("SelectorAgentResponse").Times(3));
    const auto& asked = world_.model->asked[2];
    EXPECT_EQ(asked.tool_choice, llm::ToolChoice::required);
    EXPECT_EQ(asked.tools.size(), 2u);
    EXPECT_THAT(asked.messages[1].content, HasSubstr("# editor:\nedited"));
    EXPECT_THAT(asked.messages[1].content, HasSubstr("# user:\nGo"));
}

TEST_F(TeamTest, ASelectorThatNamesNobodyEndsTheTalkWithANote) {
    world_.model->answers = {select("nobody")};
    const auto outcome = world_.run(*make_team(team(Strategy::selector)), "Go");
    ASSERT_TRUE(outcome);
    EXPECT_THAT(speakers(*outcome), ElementsAre("(note)"));
}

TEST_F(TeamTest, AGraphLeavesOnlyLegalSuccessors) {
    auto spec = team(Strategy::selector);
    spec.edges = {{"reporter", "editor"}};
    world_.model->answers = {select("reporter"), says("draft"), says("final")};
    const auto outcome = world_.run(*make_team(spec), "Go");
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_THAT(speakers(*outcome), ElementsAre("reporter", "editor")) << "one successor is not asked for, none ends";
}

TEST_F(TeamTest, AGraphIsWalkedFromTheFirstMember) {
    auto spec = team(Strategy::graph);
    spec.edges = {{"reporter", "editor"}, {"editor", "reporter"}};
    spec.turns_max = 3;
    world_.model->answers = {says("1"), says("2"), says("3")};
    const auto outcome = world_.run(*make_team(spec), "Go");
    ASSERT_TRUE(outcome);
    EXPECT_THAT(speakers(*outcome), ElementsAre("reporter", "editor", "reporter", "(note)"));
}

TEST_F(TeamTest, AMemberThatFailsEndsTheTeam) {
    world_.model->answers = {says("draft"), failing(llm::ErrorType::timeout, Errc::deadline)};
    const auto outcome = world_.run(*make_team(team(Strategy::sequential)), "Go");
    ASSERT_FALSE(outcome);
    EXPECT_THAT(outcome.error().context, HasSubstr("agent editor in team newsroom"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamTurnError"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamMemberError"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamMemberFailed"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamExecutionError"));
}

TEST_F(TeamTest, AStopIsACancellation) {
    world_.model->before_answer = [&] { world_.stop.request_stop(); };
    ASSERT_FALSE(world_.run(*make_team(team(Strategy::sequential)), "Go"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamMemberCanceled"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamTurnCanceled"));
    EXPECT_THAT(world_.recorded.reasons(), Contains("TeamExecutionCanceled"));
}

TEST_F(TeamTest, TeamsNest) {
    auto outer = team(Strategy::sequential);
    auto inner = team(Strategy::sequential);
    inner.name = "desk";
    outer.members = {make_team(inner), outer.members[1]};
    world_.model->answers = {says("draft"), says("edited"), says("final")};
    const auto outcome = world_.run(*make_team(outer), "Go");
    ASSERT_TRUE(outcome) << outcome.error().message();
    EXPECT_EQ(outcome->answer(), "final");
    // The next process repeats none of it.
    EXPECT_EQ(world_.run(*make_team(outer), "Go")->answer(), "final");
}

}  // namespace
}  // namespace ark::teams
