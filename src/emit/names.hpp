#pragma once
#include <string_view>

/// Keys of the attributes that we write: each once. What they mean to readers is in model/facts_keys.hpp.
/// Three vocabularies beside each other, so that our views, Langfuse, Phoenix and Jaeger all understand a span: the
/// reference's own, OpenInference, and the GenAI semantic conventions (v1.41 names, which backends know today).
namespace ark::emit::key {

using Key = std::string_view;

// ours, and the reference's automatic ones
inline constexpr Key session = "ark.session.id";
inline constexpr Key query_id = "ark.query.id";
inline constexpr Key query_name = "query.name";
inline constexpr Key query_namespace = "query.namespace";
inline constexpr Key conversation = "gen_ai.conversation.id";
inline constexpr Key agent = "ark.agent.name";
inline constexpr Key team = "ark.team.name";
inline constexpr Key component = "component";
inline constexpr Key error_type = "error.type";
inline constexpr Key target_type = "target.type";
inline constexpr Key target_name = "target.name";
inline constexpr Key team_name = "team.name";
inline constexpr Key team_strategy = "team.strategy";
inline constexpr Key team_member_count = "team.member_count";
inline constexpr Key team_max_turns = "team.max_turns";
inline constexpr Key turn_number = "turn.number";
inline constexpr Key turn_member_name = "turn.member.name";
inline constexpr Key turn_member_type = "turn.member.type";
inline constexpr Key turn_output = "turn.output";
inline constexpr Key tool_type = "tool.type";

inline constexpr Key a2a_task = "a2a.task.id";
inline constexpr Key a2a_state = "a2a.task.state";

// OpenInference
inline constexpr Key kind = "openinference.span.kind";
inline constexpr Key input = "input.value";
inline constexpr Key input_type = "input.mime_type";
inline constexpr Key output = "output.value";
inline constexpr Key output_type = "output.mime_type";

// GenAI conventions
inline constexpr Key operation = "gen_ai.operation.name";
inline constexpr Key provider = "gen_ai.provider.name";
inline constexpr Key request_model = "gen_ai.request.model";
inline constexpr Key request_stream = "gen_ai.request.stream";
inline constexpr Key response_model = "gen_ai.response.model";
inline constexpr Key response_id = "gen_ai.response.id";
inline constexpr Key finish_reasons = "gen_ai.response.finish_reasons";
inline constexpr Key first_chunk = "gen_ai.response.time_to_first_chunk";
inline constexpr Key agent_name = "gen_ai.agent.name";
inline constexpr Key agent_description = "gen_ai.agent.description";
inline constexpr Key workflow_name = "gen_ai.workflow.name";
inline constexpr Key tool_name = "gen_ai.tool.name";
inline constexpr Key tool_call_id = "gen_ai.tool.call.id";
inline constexpr Key tool_kind = "gen_ai.tool.type";
inline constexpr Key tool_description = "gen_ai.tool.description";
inline constexpr Key tool_arguments = "gen_ai.tool.call.arguments";
inline constexpr Key tool_result = "gen_ai.tool.call.result";
inline constexpr Key input_messages = "gen_ai.input.messages";
inline constexpr Key output_messages = "gen_ai.output.messages";
inline constexpr Key system_instructions = "gen_ai.system_instructions";
inline constexpr Key input_tokens = "gen_ai.usage.input_tokens";
inline constexpr Key output_tokens = "gen_ai.usage.output_tokens";
inline constexpr Key total_tokens = "gen_ai.usage.total_tokens";
inline constexpr Key cache_read_tokens = "gen_ai.usage.cache_read.input_tokens";
inline constexpr Key cache_creation_tokens = "gen_ai.usage.cache_creation.input_tokens";
inline constexpr Key memory_store = "gen_ai.memory.store.id";
inline constexpr Key memory_count = "gen_ai.memory.record.count";
inline constexpr Key reasoning_tokens = "gen_ai.usage.reasoning.output_tokens";

}  // namespace ark::emit::key
