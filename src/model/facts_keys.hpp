#pragma once
#include "model/kind.hpp"

#include <array>
#include <cstdint>
#include <string_view>

/// Which attribute says what (docs/events.md, "Attributes"). Several keys for one fact are ranked: the higher rank
/// wins.
namespace ark::model::keys {

// clang-format off
enum class Fact : std::uint8_t {
    // texts, in the order of Facts::texts_
    conversation_id, query_id, query_name, query_namespace, agent, team, tool, tool_call_id, model, provider, user_id,
    service, input, output, error_type, error_message, operation, peer, question_id, parent_span_id, event_name,
    kind_word, component, mcp_method, entity,
    // numbers
    input_tokens, output_tokens, total_tokens, cache_read, cache_write, reasoning, cost, cost_input, cost_output,
    seconds, millis,
    // the rest
    session_ark, session, error, failure, success, level, pending, pending_type, pending_parent, own_events, a2a_method,
    usage_json, cost_json,   // objects of numbers as text
    sign,                    // says nothing by itself
};
// clang-format on

constexpr auto first_number = static_cast<std::uint8_t>(Fact::input_tokens);
constexpr auto first_flag = static_cast<std::uint8_t>(Fact::session_ark);

enum Where : std::uint8_t {
    anywhere,
    events,  ///< a common word: ours only in an event
    ark,     ///< anywhere, and a sign of the reference's vocabulary
};

struct Key {
    std::string_view name;
    Fact fact;
    std::uint8_t rank;  ///< 1 … 15
    Where where = anywhere;
};

inline constexpr Key table[] = {
    // --- OpenTelemetry GenAI: present names, then former ones
    {"gen_ai.operation.name", Fact::operation, 9},
    {"gen_ai.provider.name", Fact::provider, 9},
    {"gen_ai.system", Fact::provider, 8},
    {"gen_ai.response.model", Fact::model, 9},
    {"gen_ai.request.model", Fact::model, 7},
    {"gen_ai.agent.name", Fact::agent, 9},
    {"gen_ai.agent.id", Fact::agent, 3},
    {"gen_ai.tool.name", Fact::tool, 9},
    {"gen_ai.tool.call.id", Fact::tool_call_id, 9},
    {"gen_ai.tool.call.arguments", Fact::input, 8},
    {"gen_ai.tool.call.result", Fact::output, 8},
    {"gen_ai.tool.arguments", Fact::input, 7},
    {"gen_ai.tool.output", Fact::output, 7},
    {"gen_ai.conversation.id", Fact::conversation_id, 9},
    {"gen_ai.session.id", Fact::session, 7},
    {"gen_ai.input.messages", Fact::input, 7},
    {"gen_ai.output.messages", Fact::output, 7},
    {"gen_ai.prompt", Fact::input, 5},
    {"gen_ai.completion", Fact::output, 5},
    {"gen_ai.prompt.0.content", Fact::input, 4},
    {"gen_ai.completion.0.content", Fact::output, 4},
    {"gen_ai.retrieval.query.text", Fact::input, 7},
    {"gen_ai.memory.query.text", Fact::input, 7},
    {"gen_ai.usage.input_tokens", Fact::input_tokens, 9},
    {"gen_ai.usage.prompt_tokens", Fact::input_tokens, 8},
    {"gen_ai.usage.output_tokens", Fact::output_tokens, 9},
    {"gen_ai.usage.completion_tokens", Fact::output_tokens, 8},
    {"gen_ai.usage.total_tokens", Fact::total_tokens, 9},
    {"gen_ai.usage.cache_read.input_tokens", Fact::cache_read, 9},
    {"gen_ai.usage.cache_read_input_tokens", Fact::cache_read, 8},
    {"gen_ai.usage.cached_input_tokens", Fact::cache_read, 7},
    {"gen_ai.usage.cached_tokens", Fact::cache_read, 6},
    {"gen_ai.usage.details.cache_read_tokens", Fact::cache_read, 5},
    {"gen_ai.usage.cache_write.input_tokens", Fact::cache_write, 9},
    {"gen_ai.usage.cache_creation.input_tokens", Fact::cache_write, 8},
    {"gen_ai.usage.cache_creation_input_tokens", Fact::cache_write, 7},
    {"gen_ai.usage.cache_write_input_tokens", Fact::cache_write, 6},
    {"gen_ai.usage.details.cache_write_tokens", Fact::cache_write, 5},
    {"gen_ai.usage.reasoning.output_tokens", Fact::reasoning, 9},
    {"gen_ai.usage.reasoning_tokens", Fact::reasoning, 8},
    {"gen_ai.usage.details.reasoning_tokens", Fact::reasoning, 7},
    {"gen_ai.usage.cost", Fact::cost, 9},
    {"gen_ai.usage.total_cost", Fact::cost, 8},
    {"gen_ai.usage.input_cost", Fact::cost_input, 8},
    {"gen_ai.usage.output_cost", Fact::cost_output, 8},
    {"operation.cost", Fact::cost, 6},
    {"error.type", Fact::error_type, 9},
    {"error.message", Fact::error_message, 8},
    {"exception.type", Fact::error_type, 7},
    {"exception.message", Fact::error_message, 7},
    {"otel.status_description", Fact::error_message, 5},
    {"event.name", Fact::event_name, 9},
    {"service.name", Fact::service, 9},
    {"session.id", Fact::session, 9},
    {"user.id", Fact::user_id, 9},
    {"enduser.id", Fact::user_id, 5},
    {"mcp.method.name", Fact::mcp_method, 9},
    {"a2a.method.name", Fact::a2a_method, 9},
    // --- OpenInference
    {"openinference.span.kind", Fact::kind_word, 14},
    {"llm.model_name", Fact::model, 6},
    {"llm.provider", Fact::provider, 6},
    {"llm.system", Fact::provider, 5},
    {"llm.token_count.prompt", Fact::input_tokens, 7},
    {"llm.token_count.completion", Fact::output_tokens, 7},
    {"llm.token_count.total", Fact::total_tokens, 7},
    {"llm.token_count.prompt_details.cache_read", Fact::cache_read, 4},
    {"llm.token_count.prompt_details.cache_write", Fact::cache_write, 4},
    {"llm.token_count.completion_details.reasoning", Fact::reasoning, 6},
    {"llm.cost.total", Fact::cost, 7},
    {"llm.cost.prompt", Fact::cost_input, 7},
    {"llm.cost.completion", Fact::cost_output, 7},
    {"llm.input_messages.0.message.content", Fact::input, 3},
    {"llm.output_messages.0.message.content", Fact::output, 3},
    {"input.value", Fact::input, 9},
    {"output.value", Fact::output, 9},
    {"tool.name", Fact::tool, 7},
    {"tool.id", Fact::tool_call_id, 5},
    {"tool_call.id", Fact::tool_call_id, 6},
    {"tool.parameters", Fact::input, 5},
    {"agent.name", Fact::agent, 7},
    {"agent.id", Fact::agent, 2},
    // --- Langfuse
    {"langfuse.observation.type", Fact::kind_word, 13},
    {"langfuse.observation.model.name", Fact::model, 8},
    {"langfuse.observation.input", Fact::input, 6},
    {"langfuse.observation.output", Fact::output, 6},
    {"langfuse.observation.usage_details", Fact::usage_json, 6},
    {"langfuse.observation.cost_details", Fact::cost_json, 6},
    {"langfuse.observation.level", Fact::level, 9},
    {"langfuse.observation.status_message", Fact::error_message, 3},
    {"langfuse.session.id", Fact::session, 8},
    {"langfuse.user.id", Fact::user_id, 8},
    // --- OpenLLMetry (Traceloop)
    {"traceloop.span.kind", Fact::kind_word, 12},
    {"traceloop.entity.name", Fact::entity, 9},
    {"traceloop.entity.input", Fact::input, 6},
    {"traceloop.entity.output", Fact::output, 6},
    {"traceloop.association.properties.session_id", Fact::session, 6},
    {"traceloop.association.properties.user_id", Fact::user_id, 6},
    {"traceloop.association.properties.thread_id", Fact::conversation_id, 4},
    {"llm.request.type", Fact::kind_word, 5},
    {"llm.request.model", Fact::model, 4},
    {"llm.response.model", Fact::model, 5},
    {"llm.vendor", Fact::provider, 4},
    {"llm.usage.prompt_tokens", Fact::input_tokens, 6},
    {"llm.usage.completion_tokens", Fact::output_tokens, 6},
    {"llm.usage.total_tokens", Fact::total_tokens, 8},
    {"llm.usage.cache_read_input_tokens", Fact::cache_read, 3},
    {"llm.usage.cache_creation_input_tokens", Fact::cache_write, 3},
    // --- LangSmith
    {"langsmith.span.kind", Fact::kind_word, 11},
    {"langsmith.trace.session_id", Fact::session, 5},
    {"langsmith.metadata.session_id", Fact::session, 4},
    {"langsmith.metadata.thread_id", Fact::conversation_id, 5},
    {"langsmith.metadata.user_id", Fact::user_id, 5},
    // --- Laminar
    {"lmnr.span.type", Fact::kind_word, 10},
    {"lmnr.span.input", Fact::input, 6},
    {"lmnr.span.output", Fact::output, 6},
    {"lmnr.association.properties.session_id", Fact::session, 3},
    {"lmnr.association.properties.user_id", Fact::user_id, 4},
    // --- Vercel AI SDK
    {"ai.operationId", Fact::kind_word, 6},
    {"ai.model.id", Fact::model, 3},
    {"ai.response.model", Fact::model, 5},
    {"ai.model.provider", Fact::provider, 3},
    {"ai.toolCall.name", Fact::tool, 6},
    {"ai.toolCall.id", Fact::tool_call_id, 4},
    {"ai.toolCall.args", Fact::input, 5},
    {"ai.toolCall.result", Fact::output, 5},
    {"ai.prompt", Fact::input, 3},
    {"ai.response.text", Fact::output, 3},
    {"ai.usage.inputTokens", Fact::input_tokens, 5},
    {"ai.usage.promptTokens", Fact::input_tokens, 4},
    {"ai.usage.outputTokens", Fact::output_tokens, 5},
    {"ai.usage.completionTokens", Fact::output_tokens, 4},
    {"ai.usage.totalTokens", Fact::total_tokens, 5},
    {"ai.usage.cachedInputTokens", Fact::cache_read, 2},
    {"ai.usage.reasoningTokens", Fact::reasoning, 5},
    {"ai.telemetry.metadata.sessionId", Fact::session, 2},
    {"ai.telemetry.metadata.userId", Fact::user_id, 3},
    // --- snapshots of running spans
    {"logfire.span_type", Fact::pending_type, 9},
    {"logfire.pending_parent_id", Fact::pending_parent, 9},
    {"agentops.in-flight", Fact::pending, 9},
    {"ark.span.pending", Fact::pending, 9},
    // --- ours on every span and event
    {"ark.session.id", Fact::session_ark, 9, ark},
    {"ark.query.id", Fact::query_id, 9, ark},
    {"ark.query.name", Fact::query_name, 9, ark},
    {"ark.query.namespace", Fact::query_namespace, 9, ark},
    {"ark.conversation.id", Fact::conversation_id, 8, ark},
    {"ark.agent.name", Fact::agent, 10, ark},
    {"ark.team.name", Fact::team, 10, ark},
    {"ark.kind", Fact::kind_word, 15, ark},
    {"ark.events", Fact::own_events, 9, ark},
    {"ark.parent_span_id", Fact::parent_span_id, 9, ark},
    {"ark.question.id", Fact::question_id, 9, ark},
    // --- the reference's spans
    {"query.id", Fact::query_id, 7, ark},
    {"query.name", Fact::query_name, 7, ark},
    {"query.namespace", Fact::query_namespace, 7, ark},
    {"conversation.id", Fact::conversation_id, 6},
    {"query.input", Fact::input, 5, ark},
    {"query.output", Fact::output, 5, ark},
    {"target.type", Fact::sign, 1, ark},
    {"target.name", Fact::peer, 4, ark},
    {"team.name", Fact::team, 7},
    {"tool.input", Fact::input, 5},
    {"tool.output", Fact::output, 5},
    {"turn.output", Fact::output, 4},
    {"turn.member.name", Fact::agent, 4},
    {"llm.model.name", Fact::model, 6},
    {"llm.model.provider", Fact::provider, 6},
    {"model.name", Fact::model, 3},
    {"model.provider", Fact::provider, 3},
    {"component", Fact::component, 9},
    {"tokens.prompt", Fact::input_tokens, 3},
    {"tokens.completion", Fact::output_tokens, 3},
    {"tokens.total", Fact::total_tokens, 3},
    // --- an event's data
    {"queryId", Fact::query_id, 8, events},
    {"queryName", Fact::query_name, 8, events},
    {"queryNamespace", Fact::query_namespace, 8, events},
    {"namespace", Fact::query_namespace, 2, events},
    {"sessionId", Fact::session_ark, 8, events},
    {"conversationId", Fact::conversation_id, 7, events},
    {"agentName", Fact::agent, 8, events},
    {"agent", Fact::agent, 6, events},
    {"callerAgent", Fact::agent, 5, events},
    {"memberName", Fact::agent, 3, events},
    {"teamName", Fact::team, 8, events},
    {"team", Fact::team, 6, events},
    {"toolName", Fact::tool, 8, events},
    {"tool", Fact::tool, 5, events},
    {"toolId", Fact::tool_call_id, 8, events},
    {"callId", Fact::tool_call_id, 3, events},
    {"modelName", Fact::model, 8, events},
    {"model", Fact::model, 5, events},
    {"targetAgent", Fact::peer, 8, events},
    {"a2aServer", Fact::peer, 7, events},
    {"targetName", Fact::peer, 6, events},
    {"userId", Fact::user_id, 7, events},
    {"questionId", Fact::question_id, 8, events},
    {"parentSpanId", Fact::parent_span_id, 8, events},
    {"parameters", Fact::input, 6, events},
    {"input", Fact::input, 4, events},
    {"prompt", Fact::input, 3, events},
    {"result", Fact::output, 4, events},
    {"output", Fact::output, 5, events},
    {"response", Fact::output, 3, events},
    {"answer", Fact::output, 2, events},
    {"error", Fact::error, 9},
    {"errorType", Fact::error_type, 8, events},
    {"errorCode", Fact::error_type, 5, events},
    {"success", Fact::success, 9, events},
    {"hasError", Fact::failure, 9, events},
    {"duration", Fact::seconds, 9, events},
    {"durationMs", Fact::millis, 9, events},
    {"promptTokens", Fact::input_tokens, 2, events},
    {"completionTokens", Fact::output_tokens, 2, events},
    {"totalTokens", Fact::total_tokens, 2, events},
    {"tokenCount", Fact::total_tokens, 1, events},
    {"cachedTokens", Fact::cache_read, 1, events},
    {"costUsd", Fact::cost, 2, events},
};

/// Members of usage_json and cost_json.
struct Member {
    std::string_view name;
    Fact of_usage;
    Fact of_cost = Fact::sign;
};

inline constexpr Member members[] = {
    {"input", Fact::input_tokens, Fact::cost_input}, {"output", Fact::output_tokens, Fact::cost_output},
    {"total", Fact::total_tokens, Fact::cost},       {"prompt_tokens", Fact::input_tokens},
    {"completion_tokens", Fact::output_tokens},      {"input_tokens", Fact::input_tokens},
    {"output_tokens", Fact::output_tokens},          {"total_tokens", Fact::total_tokens},
    {"input_cached_tokens", Fact::cache_read},       {"cache_read_input_tokens", Fact::cache_read},
    {"input_cache_creation", Fact::cache_write},     {"cache_creation_input_tokens", Fact::cache_write},
    {"output_reasoning_tokens", Fact::reasoning},
};

/// What a word of openinference.span.kind and its like, of gen_ai.operation.name or of a component says. Lower case.
enum class Says : std::uint8_t {
    kind,      ///< exactly this
    workflow,  ///< a whole execution: a query, unless the reference's names say team
    chain,     ///< some step: a query at the root, else nothing
};

struct Word {
    std::string_view text;
    Says says;
    Kind kind = Kind::other;
};

inline constexpr Word words[] = {
    {"query", Says::kind, Kind::query},
    {"agent", Says::kind, Kind::agent},
    {"invoke_agent", Says::kind, Kind::agent},
    {"team", Says::kind, Kind::team},
    {"llm", Says::kind, Kind::llm},
    {"model", Says::kind, Kind::llm},
    {"generation", Says::kind, Kind::llm},
    {"generate", Says::kind, Kind::llm},
    {"chat", Says::kind, Kind::llm},
    {"completion", Says::kind, Kind::llm},
    {"text_completion", Says::kind, Kind::llm},
    {"generate_content", Says::kind, Kind::llm},
    {"embedding", Says::kind, Kind::llm},
    {"embeddings", Says::kind, Kind::llm},
    {"ai.generatetext.dogenerate", Says::kind, Kind::llm},
    {"ai.generateobject.dogenerate", Says::kind, Kind::llm},
    {"ai.streamtext.dostream", Says::kind, Kind::llm},
    {"ai.streamobject.dostream", Says::kind, Kind::llm},
    {"ai.embed.doembed", Says::kind, Kind::llm},
    {"ai.embedmany.doembed", Says::kind, Kind::llm},
    {"tool", Says::kind, Kind::tool},
    {"tool_call", Says::kind, Kind::tool},
    {"execute_tool", Says::kind, Kind::tool},
    {"ai.toolcall", Says::kind, Kind::tool},
    {"memory", Says::kind, Kind::memory},
    {"retriever", Says::kind, Kind::memory},
    {"retrieval", Says::kind, Kind::memory},
    {"search_memory", Says::kind, Kind::memory},
    {"create_memory", Says::kind, Kind::memory},
    {"update_memory", Says::kind, Kind::memory},
    {"upsert_memory", Says::kind, Kind::memory},
    {"delete_memory", Says::kind, Kind::memory},
    {"create_memory_store", Says::kind, Kind::memory},
    {"delete_memory_store", Says::kind, Kind::memory},
    {"a2a", Says::kind, Kind::a2a},
    {"evaluator", Says::kind, Kind::evaluation},
    {"evaluation", Says::kind, Kind::evaluation},
    {"workflow", Says::workflow},
    {"pipeline", Says::workflow},
    {"invoke_workflow", Says::workflow},
    {"agent_workflow", Says::workflow},
    {"chain", Says::chain},
    {"task", Says::chain},
    {"ai.generatetext", Says::chain},
    {"ai.generateobject", Says::chain},
    {"ai.streamtext", Says::chain},
    {"ai.streamobject", Says::chain},
};

}  // namespace ark::model::keys
