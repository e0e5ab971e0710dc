#include "model/dictionary.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ark::model {
namespace {

// The design's list, word by word (design, "Events").
const std::vector<std::string> designed = {
    "ResolveStart",           "ResolveComplete",     "ResolveError",           "AgentExecutionStart",
    "AgentExecutionComplete", "AgentExecutionError", "ToolCallStart",          "ToolCallComplete",
    "ToolCallError",          "TeamExecutionStart",  "TeamExecutionComplete",  "TeamExecutionError",
    "TeamMemberStart",        "TeamMemberComplete",  "TeamTurnStart",          "TeamTurnComplete",
    "LLMCallStart",           "LLMCallComplete",     "LLMCallError",           "MemoryStoreStart",
    "MemoryStoreComplete",    "MemoryRetrieveStart", "MemoryRetrieveComplete", "A2ACallStart",
    "A2ACallComplete",        "A2ACallError",        "ValidationError",        "RateLimitExceeded",
    "QuestionAsked",          "QuestionAnswered",    "QuestionExpired",        "ApprovalAsked",
    "ApprovalAnswered",       "ApprovalExpired",     "EvaluationComplete",     "EvaluationChanged"};

// What the reference's operation trackers emit today: each with its Canceled.
const std::vector<std::string> operations = {"QueryExecution",    "AgentExecution", "LLMCall",    "ToolCall",
                                             "TeamExecution",     "TeamTurn",       "TeamMember", "MemoryAddMessages",
                                             "MemoryGetMessages", "A2AExecution"};

TEST(Dictionary, HoldsEveryReasonOfTheDesign) {
    for (const auto& reason : designed)
        EXPECT_NE(find_reason(reason), nullptr) << reason;
}

TEST(Dictionary, HoldsEveryPhaseOfTheReferencesOperations) {
    const std::pair<std::string, Phase> endings[] = {
        {"Start", Phase::start}, {"Complete", Phase::complete}, {"Error", Phase::error}, {"Canceled", Phase::canceled}};
    for (const auto& operation : operations) {
        for (const auto& [ending, phase] : endings) {
            const auto* entry = find_reason(operation + ending);
            ASSERT_NE(entry, nullptr) << operation << ending;
            EXPECT_EQ(entry->phase, phase);
            EXPECT_EQ(entry->level, phase == Phase::error ? Level::warning : Level::normal);
        }
    }
}

TEST(Dictionary, AliasesNameTheCanonicalEntry) {
    const std::pair<std::string_view, std::string_view> pairs[] = {
        {"ResolveStart", "QueryExecutionStart"},
        {"QueryResolveError", "QueryExecutionError"},
        {"MemoryAddMessagesStart", "MemoryStoreStart"},
        {"MemoryGetMessagesComplete", "MemoryRetrieveComplete"},
        {"A2AExecutionCanceled", "A2ACallCanceled"},
        {"A2AExecutionFailed", "A2ACallError"},
        {"ModelCallStart", "LLMCallStart"},
        {"TeamMember", "TeamMemberStart"},
        {"TeamTurnMaxTurns", "TeamMaxTurnsReached"}};
    for (const auto& [alias, canonical] : pairs) {
        ASSERT_NE(find_reason(alias), nullptr) << alias;
        EXPECT_EQ(find_reason(alias)->name, canonical);
    }
    for (const auto& alias : reason_aliases())
        EXPECT_EQ(find_reason(alias.name)->name, alias.canonical);
}

TEST(Dictionary, FindsEachOfItsOwnAndNothingElse) {
    for (const auto& reason : reasons()) {
        EXPECT_EQ(find_reason(reason.name), &reason);
        EXPECT_LT(reason.number, 250);
        if (reason.phase != Phase::none) {
            EXPECT_EQ(parse_reason(reason.name).operation, reason.operation);
            EXPECT_EQ(parse_reason(reason.name).phase, reason.phase);
        }
    }
    for (const auto* other : {"", "x", "toolcallstart", "ToolCallStarted", "ToolCall", "QueryExecutionStart "}) {
        EXPECT_EQ(find_reason(other), nullptr) << other;
    }
}

// Numbers are stored: this list may grow at its end, and nothing in it may ever change.
TEST(Dictionary, NumbersDoNotChange) {
    const std::pair<std::uint16_t, std::string_view> stored[] = {
        {1, "QueryExecutionStart"}, {5, "AgentExecutionStart"},   {9, "ToolCallStart"},
        {13, "TeamExecutionStart"}, {17, "TeamMemberStart"},      {21, "TeamTurnStart"},
        {25, "LLMCallStart"},       {29, "MemoryStoreStart"},     {33, "MemoryRetrieveStart"},
        {37, "A2ACallStart"},       {41, "TargetExecutionStart"}, {54, "EvaluationComplete"},
        {60, "EvaluationChanged"},  {64, "QuestionAsked"},        {68, "ApprovalAsked"},
        {76, "ValidationError"},    {77, "RateLimitExceeded"},    {100, "ModelUnavailable"},
        {171, "StatusChanged"}};
    for (const auto& [number, name] : stored)
        EXPECT_EQ(find_reason(name)->number, number) << name;
}

TEST(Dictionary, SpansOfAKindHaveReasons) {
    EXPECT_EQ(reason_of(Kind::tool, Phase::start)->name, "ToolCallStart");
    EXPECT_EQ(reason_of(Kind::llm, Phase::error)->name, "LLMCallError");
    EXPECT_EQ(reason_of(Kind::query, Phase::canceled)->name, "QueryExecutionCanceled");
    EXPECT_EQ(reason_of(Kind::other, Phase::start), nullptr);
    EXPECT_EQ(reason_of(Kind::evaluation, Phase::complete), nullptr);
    EXPECT_EQ(reason_of(Kind::tool, Phase::none), nullptr);
}

TEST(Dictionary, ParsesForeignReasonsByTheirEnding) {
    EXPECT_EQ(parse_reason("FooBarError").operation, "FooBar");
    EXPECT_EQ(parse_reason("FooBarError").phase, Phase::error);
    EXPECT_EQ(parse_reason("JobCancelled").phase, Phase::canceled);
    EXPECT_EQ(parse_reason("Start").operation, "Start");
    EXPECT_EQ(parse_reason("Start").phase, Phase::none);
    EXPECT_EQ(parse_reason("").phase, Phase::none);
}

TEST(Kind, NamesAreReadBack) {
    for (std::size_t i = 0; i < kind_count; ++i)
        EXPECT_EQ(parse_kind(name(static_cast<Kind>(i))), static_cast<Kind>(i));
    EXPECT_EQ(parse_kind("robot"), std::nullopt);
}

}  // namespace
}  // namespace ark::model
