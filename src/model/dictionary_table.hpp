#pragma once
#include "model/dictionary.hpp"

#include <array>
#include <string_view>

/// The event dictionary's data (docs/events.md). Numbers are stored in views: never reuse or change one; gaps are for
/// siblings.
namespace ark::model::table {

using enum KeyType;
using Key = MetadataKey;

// What every event may carry: the first three lines are the product's, the last one is on every event of ours.
inline constexpr Key common[] = {
    {"queryId", text},       {"sessionId", text},      {"agentName", text},      {"teamName", text},
    {"toolName", text},      {"modelName", text},      {"timestamp", time},      {"duration", number},
    {"durationMs", text},    {"startTime", time},      {"endTime", time},        {"success", boolean},
    {"error", text},         {"errorType", text},      {"retryCount", integer},  {"tokenCount", integer},
    {"resultSize", integer}, {"memoryUsage", integer}, {"parentId", text},       {"correlationId", text},
    {"causationId", text},   {"traceId", text},        {"spanId", text},         {"parentSpanId", text},
    {"queryName", text},     {"queryNamespace", text}, {"conversationId", text}, {"message", text}};

inline constexpr Key query_start[] = {{"queryId", text},   {"sessionId", text}, {"queryName", text},
                                      {"timestamp", time}, {"namespace", text}, {"targets", integer},
                                      {"input", text}};
inline constexpr Key query_complete[] = {{"duration", number}, {"targetsResolved", integer},
                                         {"targetType", text}, {"agent", text},
                                         {"team", text},       {"tool", text},
                                         {"model", text},      {"input", text}};
inline constexpr Key query_error[] = {{"error", text}, {"errorCode", text}, {"duration", number}};
inline constexpr Key agent_start[] = {
    {"agentName", text}, {"agentId", text}, {"queryId", text}, {"sessionId", text}, {"modelName", text}};
inline constexpr Key agent_complete[] = {
    {"agentName", text}, {"agentId", text}, {"duration", number}, {"toolsUsed", integer}, {"llmCalls", integer}};
inline constexpr Key agent_error[] = {
    {"agentName", text}, {"agentId", text}, {"error", text}, {"errorType", text}, {"retryCount", integer}};
inline constexpr Key tool_start[] = {{"toolName", text},  {"toolId", text},       {"toolType", text},
                                     {"agentName", text}, {"parameters", object}, {"timestamp", time}};
inline constexpr Key tool_complete[] = {{"toolName", text},       {"toolId", text},     {"duration", number},
                                        {"resultSize", integer},  {"success", boolean}, {"terminationMessage", text},
                                        {"selectionResult", text}};
inline constexpr Key tool_error[] = {
    {"toolName", text}, {"toolId", text}, {"error", text}, {"errorType", text}, {"retryable", boolean}};
inline constexpr Key team_start[] = {
    {"teamName", text}, {"teamId", text}, {"memberCount", integer}, {"executionMode", text}, {"strategy", text}};
inline constexpr Key team_complete[] = {
    {"teamName", text},      {"teamId", text},          {"duration", number},          {"membersExecuted", integer},
    {"successRate", number}, {"promptTokens", integer}, {"completionTokens", integer}, {"totalTokens", integer}};
inline constexpr Key team_error[] = {{"teamName", text}, {"teamId", text}, {"error", text}, {"failedMembers", object}};
inline constexpr Key member_start[] = {{"teamName", text},   {"memberName", text},        {"memberType", text},
                                       {"memberRole", text}, {"executionOrder", integer}, {"turn", integer},
                                       {"strategy", text}};
inline constexpr Key member_complete[] = {
    {"teamName", text}, {"memberName", text}, {"duration", number}, {"handoffData", object}};
inline constexpr Key member_error[] = {{"teamName", text}, {"memberName", text}, {"error", text}, {"errorType", text}};
inline constexpr Key turn[] = {{"teamName", text}, {"strategy", text}, {"turn", integer}};
inline constexpr Key llm_start[] = {
    {"modelName", text}, {"modelType", text}, {"callId", text}, {"agentName", text}, {"promptTokens", integer}};
inline constexpr Key llm_complete[] = {{"modelName", text},      {"callId", text},
                                       {"duration", number},     {"completionTokens", integer},
                                       {"totalTokens", integer}, {"cachedTokens", integer}};
inline constexpr Key llm_error[] = {
    {"modelName", text}, {"callId", text}, {"error", text}, {"errorType", text}, {"retryAfter", number}};
inline constexpr Key store_start[] = {{"memoryType", text}, {"agentName", text}, {"dataSize", integer}};
inline constexpr Key store_complete[] = {
    {"memoryId", text}, {"duration", number}, {"indexed", boolean}, {"messages", integer}, {"result", text}};
inline constexpr Key retrieve_start[] = {
    {"memoryType", text}, {"agentName", text}, {"queryVector", object}, {"topK", integer}};
inline constexpr Key retrieve_complete[] = {{"resultsFound", integer},
                                            {"duration", number},
                                            {"relevanceScore", number},
                                            {"messages", integer},
                                            {"result", text}};
inline constexpr Key memory_error[] = {{"error", text}, {"result", text}};
inline constexpr Key a2a_start[] = {{"callerAgent", text}, {"targetAgent", text}, {"messageType", text},
                                    {"priority", text},    {"a2aServer", text},   {"serverAddr", text},
                                    {"protocol", text}};
inline constexpr Key a2a_complete[] = {{"duration", number}, {"responseSize", integer}, {"messageCount", integer}};
inline constexpr Key a2a_error[] = {{"targetAgent", text}, {"a2aServer", text}, {"error", text}, {"errorType", text}};
inline constexpr Key target[] = {{"targetType", text}, {"targetName", text}};
inline constexpr Key target_error[] = {{"targetType", text}, {"targetName", text}, {"error", text}};
inline constexpr Key executor[] = {{"agent", text}, {"namespace", text}};
inline constexpr Key executor_error[] = {{"agent", text}, {"namespace", text}, {"error", text}};
inline constexpr Key model_resolve[] = {{"modelName", text}, {"namespace", text}};
inline constexpr Key model_resolve_error[] = {{"modelName", text}, {"namespace", text}, {"error", text}};
inline constexpr Key evaluation[] = {
    {"evaluationId", text}, {"evaluationName", text}, {"evaluator", text}, {"queryId", text}};
inline constexpr Key evaluation_complete[] = {
    {"evaluationId", text}, {"evaluationName", text},    {"passed", boolean},      {"score", number},
    {"explanation", text},  {"previousPassed", boolean}, {"previousScore", number}};
inline constexpr Key evaluation_error[] = {{"evaluationId", text}, {"evaluationName", text}, {"error", text}};
inline constexpr Key question_asked[] = {{"questionId", text}, {"mcpSessionId", text}, {"message", text},
                                         {"schema", object},   {"deadline", time},     {"agentName", text}};
inline constexpr Key question_answered[] = {{"questionId", text}, {"answer", object}, {"answeredBy", text}};
inline constexpr Key question_closed[] = {{"questionId", text}, {"deadline", time}};
inline constexpr Key approval_asked[] = {{"questionId", text},   {"toolName", text}, {"toolId", text},
                                         {"parameters", object}, {"deadline", time}, {"onTimeout", text},
                                         {"agentName", text}};
inline constexpr Key approval_answered[] = {
    {"questionId", text}, {"answer", text}, {"answeredBy", text}, {"toolId", text}};
inline constexpr Key validation[] = {{"component", text}, {"validationType", text}, {"errors", object}};
inline constexpr Key rate_limit[] = {{"limit", integer}, {"resetTime", time}, {"queueDepth", integer}};
inline constexpr Key selection[] = {{"selected_participant", text}, {"selection_reason", text}};
inline constexpr Key selector[] = {
    {"agent", text}, {"model", text}, {"selected_name", text}, {"available_participants", object}};
inline constexpr Key max_turns[] = {
    {"teamName", text}, {"strategy", text}, {"maxTurns", integer}, {"messageCount", integer}};
inline constexpr Key member_failed[] = {
    {"teamName", text}, {"memberName", text}, {"memberIndex", integer}, {"error", text}};
inline constexpr Key parameter[] = {
    {"agentName", text}, {"parameterName", text}, {"queryName", text}, {"reason", text}};

inline constexpr std::span<const Key> no_keys{};

using enum Phase;
using enum Level;

// number, name, operation, phase, level, kind, keys
// A kind's Start and end are counted as that kind's operations: steps beside them (a target, an executor, the resolving
// of a model) are of no kind, or a query would seem to end with its target.
inline constexpr Reason reasons[] = {
    {1, "QueryExecutionStart", "QueryExecution", start, normal, Kind::query, query_start},
    {2, "QueryExecutionComplete", "QueryExecution", complete, normal, Kind::query, query_complete},
    {3, "QueryExecutionError", "QueryExecution", Phase::error, warning, Kind::query, query_error},
    {4, "QueryExecutionCanceled", "QueryExecution", canceled, normal, Kind::query, no_keys},
    {5, "AgentExecutionStart", "AgentExecution", start, normal, Kind::agent, agent_start},
    {6, "AgentExecutionComplete", "AgentExecution", complete, normal, Kind::agent, agent_complete},
    {7, "AgentExecutionError", "AgentExecution", Phase::error, warning, Kind::agent, agent_error},
    {8, "AgentExecutionCanceled", "AgentExecution", canceled, normal, Kind::agent, no_keys},
    {9, "ToolCallStart", "ToolCall", start, normal, Kind::tool, tool_start},
    {10, "ToolCallComplete", "ToolCall", complete, normal, Kind::tool, tool_complete},
    {11, "ToolCallError", "ToolCall", Phase::error, warning, Kind::tool, tool_error},
    {12, "ToolCallCanceled", "ToolCall", canceled, normal, Kind::tool, no_keys},
    {13, "TeamExecutionStart", "TeamExecution", start, normal, Kind::team, team_start},
    {14, "TeamExecutionComplete", "TeamExecution", complete, normal, Kind::team, team_complete},
    {15, "TeamExecutionError", "TeamExecution", Phase::error, warning, Kind::team, team_error},
    {16, "TeamExecutionCanceled", "TeamExecution", canceled, normal, Kind::team, no_keys},
    {17, "TeamMemberStart", "TeamMember", start, normal, Kind::team, member_start},
    {18, "TeamMemberComplete", "TeamMember", complete, normal, Kind::team, member_complete},
    {19, "TeamMemberError", "TeamMember", Phase::error, warning, Kind::team, member_error},
    {20, "TeamMemberCanceled", "TeamMember", canceled, normal, Kind::team, no_keys},
    {21, "TeamTurnStart", "TeamTurn", start, normal, Kind::team, turn},
    {22, "TeamTurnComplete", "TeamTurn", complete, normal, Kind::team, turn},
    {23, "TeamTurnError", "TeamTurn", Phase::error, warning, Kind::team, turn},
    {24, "TeamTurnCanceled", "TeamTurn", canceled, normal, Kind::team, no_keys},
    {25, "LLMCallStart", "LLMCall", start, normal, Kind::llm, llm_start},
    {26, "LLMCallComplete", "LLMCall", complete, normal, Kind::llm, llm_complete},
    {27, "LLMCallError", "LLMCall", Phase::error, warning, Kind::llm, llm_error},
    {28, "LLMCallCanceled", "LLMCall", canceled, normal, Kind::llm, no_keys},
    {29, "MemoryStoreStart", "MemoryStore", start, normal, Kind::memory, store_start},
    {30, "MemoryStoreComplete", "MemoryStore", complete, normal, Kind::memory, store_complete},
    {31, "MemoryStoreError", "MemoryStore", Phase::error, warning, Kind::memory, memory_error},
    {32, "MemoryStoreCanceled", "MemoryStore", canceled, normal, Kind::memory, no_keys},
    {33, "MemoryRetrieveStart", "MemoryRetrieve", start, normal, Kind::memory, retrieve_start},
    {34, "MemoryRetrieveComplete", "MemoryRetrieve", complete, normal, Kind::memory, retrieve_complete},
    {35, "MemoryRetrieveError", "MemoryRetrieve", Phase::error, warning, Kind::memory, memory_error},
    {36, "MemoryRetrieveCanceled", "MemoryRetrieve", canceled, normal, Kind::memory, no_keys},
    {37, "A2ACallStart", "A2ACall", start, normal, Kind::a2a, a2a_start},
    {38, "A2ACallComplete", "A2ACall", complete, normal, Kind::a2a, a2a_complete},
    {39, "A2ACallError", "A2ACall", Phase::error, warning, Kind::a2a, a2a_error},
    {40, "A2ACallCanceled", "A2ACall", canceled, normal, Kind::a2a, no_keys},
    {41, "TargetExecutionStart", "TargetExecution", start, normal, Kind::other, target},
    {42, "TargetExecutionComplete", "TargetExecution", complete, normal, Kind::other, target},
    {43, "TargetExecutionError", "TargetExecution", Phase::error, warning, Kind::other, target_error},
    {44, "TargetExecutionCanceled", "TargetExecution", canceled, normal, Kind::other, no_keys},
    {45, "ExecutorStart", "Executor", start, normal, Kind::other, executor},
    {46, "ExecutorComplete", "Executor", complete, normal, Kind::other, executor},
    {47, "ExecutorError", "Executor", Phase::error, warning, Kind::other, executor_error},
    {48, "ExecutorCanceled", "Executor", canceled, normal, Kind::other, no_keys},
    {49, "ModelResolveStart", "ModelResolve", start, normal, Kind::other, model_resolve},
    {50, "ModelResolveComplete", "ModelResolve", complete, normal, Kind::other, model_resolve},
    {51, "ModelResolveError", "ModelResolve", Phase::error, warning, Kind::other, model_resolve_error},
    {53, "EvaluationStart", "Evaluation", start, normal, Kind::evaluation, evaluation},
    {54, "EvaluationComplete", "Evaluation", complete, normal, Kind::evaluation, evaluation_complete},
    {55, "EvaluationError", "Evaluation", Phase::error, warning, Kind::evaluation, evaluation_error},
    {56, "EvaluationCanceled", "Evaluation", canceled, normal, Kind::evaluation, no_keys},
    {60, "EvaluationChanged", "Evaluation", Phase::none, normal, Kind::evaluation, evaluation_complete},
    {64, "QuestionAsked", "Question", Phase::none, normal, Kind::query, question_asked},
    {65, "QuestionAnswered", "Question", Phase::none, normal, Kind::query, question_answered},
    {66, "QuestionExpired", "Question", Phase::none, warning, Kind::query, question_closed},
    {67, "QuestionCanceled", "Question", Phase::none, normal, Kind::query, question_closed},
    {68, "ApprovalAsked", "Approval", Phase::none, normal, Kind::query, approval_asked},
    {69, "ApprovalAnswered", "Approval", Phase::none, normal, Kind::query, approval_answered},
    {70, "ApprovalExpired", "Approval", Phase::none, warning, Kind::query, question_closed},
    {71, "ApprovalCanceled", "Approval", Phase::none, normal, Kind::query, question_closed},
    {76, "ValidationError", "Validation", Phase::none, warning, Kind::other, validation},
    {77, "RateLimitExceeded", "RateLimit", Phase::none, warning, Kind::llm, rate_limit},
    {80, "ParticipantSelected", "TeamSelection", Phase::none, normal, Kind::team, selection},
    {81, "SelectorAgentResponse", "TeamSelection", Phase::none, normal, Kind::team, selector},
    {82, "TeamMaxTurnsReached", "TeamExecution", Phase::none, warning, Kind::team, max_turns},
    {83, "TeamMemberFailed", "TeamMember", Phase::none, warning, Kind::team, member_failed},
    {90, "QueryParameterNotFound", "QueryParameter", Phase::none, warning, Kind::query, parameter},
    {91, "QueryParameterResolutionFailed", "QueryParameter", Phase::none, warning, Kind::query, parameter},
    {100, "ModelUnavailable", "Model", Phase::none, warning, Kind::llm, no_keys},
    {101, "ModelProbeSucceeded", "Model", Phase::none, normal, Kind::llm, no_keys},
    {102, "ModelProbeFailed", "Model", Phase::none, warning, Kind::llm, no_keys},
    {103, "ModelNotFound", "Model", Phase::none, warning, Kind::llm, no_keys},
    {104, "ModelNotAvailable", "Model", Phase::none, warning, Kind::llm, no_keys},
    {110, "DependencyUnavailable", "Agent", Phase::none, warning, Kind::agent, no_keys},
    {111, "AgentCreated", "Agent", Phase::none, normal, Kind::agent, no_keys},
    {112, "AgentDeleted", "Agent", Phase::none, normal, Kind::agent, no_keys},
    {113, "AgentDiscovery", "Agent", Phase::none, normal, Kind::agent, no_keys},
    {114, "AgentDiscoveryFailed", "Agent", Phase::none, warning, Kind::agent, no_keys},
    {115, "AgentCreationFailed", "Agent", Phase::none, warning, Kind::agent, no_keys},
    {116, "AgentDeletionFailed", "Agent", Phase::none, warning, Kind::agent, no_keys},
    {120, "AddressResolved", "Address", Phase::none, normal, Kind::other, no_keys},
    {121, "AddressResolutionFailed", "Address", Phase::none, warning, Kind::other, no_keys},
    {130, "ToolDiscovery", "Tool", Phase::none, normal, Kind::tool, no_keys},
    {131, "ToolNotFound", "Tool", Phase::none, warning, Kind::tool, no_keys},
    {132, "ClientCreationFailed", "MCPServer", Phase::none, warning, Kind::tool, no_keys},
    {133, "ToolListingFailed", "MCPServer", Phase::none, warning, Kind::tool, no_keys},
    {134, "ToolCreationFailed", "MCPServer", Phase::none, warning, Kind::tool, no_keys},
    {135, "AuthorizationRequired", "MCPServer", Phase::none, warning, Kind::tool, no_keys},
    {136, "TokenRejected", "MCPServer", Phase::none, warning, Kind::tool, no_keys},
    {137, "AuthorizationSecretUnresolvable", "MCPServer", Phase::none, warning, Kind::tool, no_keys},
    {150, "TaskPollingFailed", "A2ATask", Phase::none, warning, Kind::a2a, no_keys},
    {151, "A2AServerNotFound", "A2AServer", Phase::none, warning, Kind::a2a, no_keys},
    {152, "A2AServerNotReady", "A2AServer", Phase::none, warning, Kind::a2a, no_keys},
    {153, "A2ADiscoverySuccess", "A2AServer", Phase::none, normal, Kind::a2a, no_keys},
    {154, "A2AClientCreateFailed", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {155, "A2ARequestCreateFailed", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {156, "A2AHeaderResolutionFailed", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {157, "A2AConnectionFailed", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {158, "A2AMessageFailed", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {159, "A2ABadResponse", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {160, "A2AParseError", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {161, "A2AResponseParseError", "A2A", Phase::none, warning, Kind::a2a, no_keys},
    {170, "TeamCreated", "Team", Phase::none, normal, Kind::team, no_keys},
    {171, "StatusChanged", "Status", Phase::none, normal, Kind::other, no_keys},
};

// Names of the product's specification and of older and newer versions of the reference.
inline constexpr ReasonAlias aliases[] = {
    {"gen_ai.evaluation.result", "EvaluationComplete"},  // OpenTelemetry's
    {"QueryResolveStart", "QueryExecutionStart"},
    {"ResolveStart", "QueryExecutionStart"},
    {"QueryResolveComplete", "QueryExecutionComplete"},
    {"ResolveComplete", "QueryExecutionComplete"},
    {"QueryResolveError", "QueryExecutionError"},
    {"ResolveError", "QueryExecutionError"},
    {"QueryResolveCanceled", "QueryExecutionCanceled"},
    {"ResolveCanceled", "QueryExecutionCanceled"},
    {"ModelCallStart", "LLMCallStart"},
    {"ModelCallComplete", "LLMCallComplete"},
    {"ModelCallError", "LLMCallError"},
    {"ModelCallCanceled", "LLMCallCanceled"},
    {"MemoryAddMessagesStart", "MemoryStoreStart"},
    {"MemoryAddMessagesComplete", "MemoryStoreComplete"},
    {"MemoryAddMessagesError", "MemoryStoreError"},
    {"MemoryAddMessagesCanceled", "MemoryStoreCanceled"},
    {"MemoryGetMessagesStart", "MemoryRetrieveStart"},
    {"MemoryGetMessagesComplete", "MemoryRetrieveComplete"},
    {"MemoryGetMessagesError", "MemoryRetrieveError"},
    {"MemoryGetMessagesCanceled", "MemoryRetrieveCanceled"},
    {"A2AExecutionStart", "A2ACallStart"},
    {"A2AExecutionComplete", "A2ACallComplete"},
    {"A2AExecutionError", "A2ACallError"},
    {"A2AExecutionCanceled", "A2ACallCanceled"},
    {"TeamMember", "TeamMemberStart"},
    {"A2AExecutionSuccess", "A2ACallComplete"},
    {"A2AExecutionFailed", "A2ACallError"},
    {"SelectorModelResponse", "SelectorAgentResponse"},
    {"TeamTurnMaxTurns", "TeamMaxTurnsReached"},
    {"ApprovalRequested", "ApprovalAsked"},
    {"ToolApprovalRequested", "ApprovalAsked"},
};

}  // namespace ark::model::table
