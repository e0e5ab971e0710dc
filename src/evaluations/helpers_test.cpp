#include "evaluations/helpers/agent.hpp"
#include "evaluations/helpers/llm.hpp"
#include "evaluations/helpers/memory.hpp"
#include "evaluations/helpers/query.hpp"
#include "evaluations/helpers/sequence.hpp"
#include "evaluations/helpers/team.hpp"
#include "evaluations/helpers/tool.hpp"

#include <gtest/gtest.h>

// What the acceptance vectors (vectors_test.cpp) do not reach: odd streams.
namespace ark::evaluations {
namespace {

/// "ToolCallStart 12:00:01 toolName=search toolId=t-1": one event a line, times of one day.
std::vector<JsonValue> script(std::string_view lines) {
    std::vector<JsonValue> events;
    while (!lines.empty()) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(lines.size(), line.size() + 1));
        std::vector<std::string> words;
        for (std::size_t at = 0; at < line.size();) {
            const auto end = std::min(line.find(' ', at), line.size());
            if (end > at) words.emplace_back(line.substr(at, end - at));
            at = end + 1;
        }
        if (words.empty()) continue;
        JsonValue::Object metadata;
        for (std::size_t i = 2; i < words.size(); ++i) {
            const auto equals = words[i].find('=');
            metadata.emplace_back(words[i].substr(0, equals), JsonValue{words[i].substr(equals + 1)});
        }
        JsonValue::Object event{{"reason", JsonValue{words[0]}}, {"metadata", JsonValue{std::move(metadata)}}};
        if (words[1] != "-") event.emplace_back("timestamp", JsonValue{"2026-03-01T" + words[1] + "Z"});
        events.push_back(JsonValue{std::move(event)});
    }
    return events;
}

class Helpers : public testing::Test {
protected:
    Events given(std::string_view lines) {
        log_.emplace(script(lines));
        evidence.clear();
        return in_time_order(log_->select([](const Event&) { return true; }));
    }
    Evidence evidence;

private:
    std::optional<EventLog> log_;
};

TEST_F(Helpers, CountsDistinctIdsWithinTheirQuery) {
    const auto events = given(
        "ToolCallStart 12:00:01 toolName=x toolId=1 queryId=q\n"
        "ToolCallStart 12:00:02 toolName=x toolId=1 queryId=q\n"
        "ToolCallStart 12:00:03 toolName=x toolId=1 queryId=r\n"
        "ToolCallComplete 12:00:04 toolName=x\n");
    EXPECT_EQ(tool::get_call_count(events, {}, evidence), 2);
    EXPECT_EQ(tool::get_call_count(events, "y", evidence), 0);
    EXPECT_EQ(evidence.total(), 4u);
}

TEST_F(Helpers, RunningAndCanceledCallsAreNoSuccessAndNoFailure) {
    const auto events = given(
        "ToolCallStart 12:00:01 toolName=x\nToolCallCanceled 12:00:02 toolName=x\n"
        "ToolCallStart 12:00:03 toolName=x\n");
    EXPECT_EQ(tool::get_success_rate(events, {}, evidence), 0.0);
    EXPECT_FALSE(tool::had_error(events, {}, evidence));
    EXPECT_EQ(tool::get_call_count(events, {}, evidence), 2);
}

TEST_F(Helpers, ParametersMayBeTextOfJson) {
    const auto events = given(R"(ToolCallStart 12:00:01 toolName=x parameters={"n":3,"list":[1],"none":null})"
                              "\nToolCallStart 12:00:02 toolName=x parameters=garbage\n");
    EXPECT_EQ(tool::get_parameters(events, "x", evidence).dump(), R"([{"n":3,"list":[1],"none":null}])");
    EXPECT_TRUE(tool::parameter_contains(events, "x", "list", "[1]", evidence));
    for (const auto* type : {"integer", "float", "number"})
        EXPECT_TRUE(tool::parameter_type(events, "x", "n", type, evidence)) << type;
    EXPECT_TRUE(tool::parameter_type(events, "x", "none", "null", evidence));
    EXPECT_FALSE(tool::parameter_type(events, "x", "missing", "null", evidence));
    EXPECT_FALSE(tool::is_parameter_type("int"));
}

TEST_F(Helpers, StatusOfAnAgentFollowsItsLastEnd) {
    const auto status = [&](std::string_view lines) {
        return std::string(agent::get_execution_summary(given(lines), "a", evidence)["status"].text());
    };
    EXPECT_EQ(status(""), "not_executed");
    EXPECT_EQ(status("AgentExecutionStart 12:00:01 agentName=a\n"), "running");
    EXPECT_EQ(status("AgentExecutionStart 12:00:01 agentName=a\nAgentExecutionComplete 12:00:02 agentName=a\n"),
              "completed");
    EXPECT_EQ(status("AgentExecutionComplete 12:00:03 agentName=a\nAgentExecutionError 12:00:02 agentName=a\n"),
              "completed");
    EXPECT_EQ(status("AgentExecutionComplete 12:00:01 agentName=a\nAgentExecutionError 12:00:02 agentName=a\n"),
              "error");
}

TEST_F(Helpers, TurnsThatTouchDoNotOverlap) {
    const auto pattern = [&](std::string_view lines) {
        return team::detect_collaboration_pattern(given(lines), "t", evidence);
    };
    EXPECT_EQ(pattern(""), "unknown");
    EXPECT_EQ(pattern("TeamMemberStart 12:00:01 teamName=t memberName=a\n"), "sequential");
    EXPECT_EQ(pattern("TeamExecutionStart 12:00:00 teamName=t executionMode=graph\n"), "graph");
    EXPECT_EQ(
        pattern(
            "TeamMemberStart 12:00:01 teamName=t memberName=a\nTeamMemberComplete 12:00:02 teamName=t memberName=a\n"
            "TeamMemberStart 12:00:02 teamName=t memberName=b\nTeamMemberError 12:00:03 teamName=t memberName=b\n"),
        "sequential");
    EXPECT_EQ(
        pattern("TeamMemberStart 12:00:01 teamName=t memberName=a\nTeamMemberStart 12:00:02 teamName=t memberName=b\n"
                "TeamMemberComplete 12:00:03 teamName=t memberName=a\nTeamMemberComplete 12:00:04 teamName=t "
                "memberName=b\n"),
        "parallel");
}

TEST_F(Helpers, TokensComeFromTheStartWhereTheEndLacksThem) {
    const auto events = given(
        "LLMCallStart 12:00:01 modelName=m callId=c promptTokens=100\n"
        "LLMCallComplete 12:00:02 modelName=m callId=c completionTokens=20\n"
        "LLMCallComplete 12:00:03 modelName=n tokenCount=7\n");
    EXPECT_EQ(llm::get_total_tokens(events, {}, evidence), 127);
    EXPECT_EQ(llm::get_total_tokens(events, "n", evidence), 7);
    EXPECT_EQ(llm::get_models_used(events, evidence), (Names{"m", "n"}));
}

TEST_F(Helpers, AQueryWithoutTimesTakesAsLongAsItsEndSays) {
    EXPECT_EQ(query::get_execution_time(given("ResolveStart - a=b\nResolveComplete - duration=4\n"), evidence), 4.0);
    EXPECT_FALSE(query::get_execution_time(given("ResolveStart 12:00:00 a=b\n"), evidence));
    EXPECT_TRUE(query::was_query_timeout(given("ResolveStart 12:00:00 a=b\nX 12:00:11 a=b\n"), 10, evidence));
    EXPECT_FALSE(
        query::was_query_timeout(given("ResolveStart 12:00:00 a=b\nResolveComplete 12:00:10 a=b\n"), 10, evidence));
    EXPECT_FALSE(query::was_query_timeout(given(""), 0, evidence));
}

TEST_F(Helpers, MembersOfATeamAreNoTargets) {
    const auto events = given(
        "TeamExecutionStart 12:00:01 teamName=t\nTeamMemberStart 12:00:02 teamName=t memberName=a\n"
        "AgentExecutionStart 12:00:03 agentName=a\nAgentExecutionStart 12:00:04 agentName=b\n");
    EXPECT_EQ(query::get_query_targets(events, evidence), 2);
}

TEST_F(Helpers, OrderIsOfNeighboursOnlyWhenStrict) {
    const auto events = given("ResolveStart 12:00:01 a=b\nX 12:00:02 a=b\nResolveComplete 12:00:03 a=b\n");
    const sequence::Reasons ends{"QueryResolveStart", "QueryExecutionComplete"};
    EXPECT_FALSE(sequence::check_execution_order(events, ends, true, evidence));
    EXPECT_TRUE(sequence::check_execution_order(events, ends, false, evidence));
    EXPECT_TRUE(sequence::check_execution_order(events, {}, true, evidence));
    EXPECT_FALSE(sequence::check_execution_order(given(""), ends, true, evidence));
}

TEST_F(Helpers, GroupsAreAnchoredAtTheirFirstEvent) {
    const auto events = given("A 12:00:00 a=b\nB 12:00:01 a=b\nC 12:00:02 a=b\nD 12:00:09 a=b\n");
    const auto groups = sequence::detect_parallel_execution(events, 1.0, evidence);
    ASSERT_EQ(groups.size(), 1u);
    EXPECT_EQ(groups[0].size(), 2u);
}

TEST_F(Helpers, MemoryGoesByEitherName) {
    const auto events = given("MemoryAddMessagesStart 12:00:01 a=b\nMemoryRetrieveComplete 12:00:02 a=b\n");
    EXPECT_TRUE(memory::was_stored(events, evidence));
    EXPECT_EQ(memory::get_retrieve_count(events, evidence), 1);
}

}  // namespace
}  // namespace ark::evaluations
