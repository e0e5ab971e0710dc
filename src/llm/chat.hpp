#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// A conversation with a model, the same for every provider. All texts are UTF-8 (codec::repaired_utf8).
namespace ark::llm {

enum class Role { system, user, assistant, tool };
std::string_view name(Role role);

/// A model's wish to call a tool. `arguments` is what the model wrote: JSON in most cases, to be checked by the callee.
struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;
};

struct Message {
    Role role = Role::user;
    std::string content;
    std::string name;                  ///< who speaks, where several share a role
    std::vector<ToolCall> tool_calls;  ///< assistant
    std::string tool_call_id;          ///< tool: which call this answers
    bool is_error = false;             ///< tool: the call failed; content says why
    std::string reasoning;             ///< assistant: what the provider showed of its thoughts; not sent back
    std::string provider_blocks;       ///< assistant: JSON array that the provider wants back unchanged
};

struct ToolDefinition {
    std::string name;  ///< at most 64 of A-Z a-z 0-9 _ -
    std::string description;
    std::string parameters;  ///< JSON Schema of the arguments, an object; empty: no arguments
};

enum class ToolChoice { automatic, none, required };

/// Structured output: the answer is JSON of this schema.
struct ResponseFormat {
    std::string name;    ///< at most 64 of A-Z a-z 0-9 _ -
    std::string schema;  ///< JSON Schema
    bool strict = true;
};

struct ChatRequest {
    std::vector<Message> messages;
    std::vector<ToolDefinition> tools;
    ToolChoice tool_choice = ToolChoice::automatic;  ///< of no meaning without tools
    std::optional<ResponseFormat> format;
};

/// Tokens as the provider counted them. `prompt` includes what came from or went into its cache, whatever the provider
/// calls it, and `completion` includes reasoning: nothing is to be added up again.
struct Usage {
    std::int64_t prompt = 0;
    std::int64_t completion = 0;
    std::int64_t total = 0;
    std::int64_t cached = 0;
    std::int64_t cache_write = 0;
    std::int64_t reasoning = 0;
    bool known = false;  ///< false: the provider said nothing
};

enum class FinishReason { stop, length, tool_calls, content_filter, other };
std::string_view name(FinishReason reason);

struct ChatReply {
    Message message;
    FinishReason finish = FinishReason::stop;
    Usage usage;
    std::string id;
    std::string model;  ///< the one that answered
};

/// A piece of a streamed answer, as it comes. Tool calls come whole with the reply.
struct Delta {
    std::string text;
    std::string reasoning;
};

enum class MessageForm {
    wire,    ///< what an OpenAI-compatible endpoint accepts
    record,  ///< everything: parses back to the same message
};
/// The message as an object of OpenAI's shape.
void append_message(codec::JsonWriter& json, const Message& message, MessageForm form = MessageForm::record);
/// Lenient: text parts are joined, unknown members ignored. bad_payload: no object, an unknown role.
Result<Message> parse_message(const codec::JsonValue& json);

}  // namespace ark::llm
