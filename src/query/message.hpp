#pragma once
#include "items/items.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::query {

struct ToolCall {
    std::string id;
    std::string name;
    std::string arguments;  ///< JSON text, or whatever the producer sent
};

/// One message of a model's input or output, whichever convention it was recorded in.
struct Message {
    std::string role;     ///< system, user, assistant, tool, or as sent
    std::string name;     ///< of the speaker, where the message says one
    std::string content;  ///< text parts, a line break between them
    std::string reasoning;
    std::vector<ToolCall> tool_calls;
    std::string tool_call_id;              ///< of a tool's answer: the call that it answers
    std::vector<std::string> attachments;  ///< what is not text: "image", "file", …

    bool empty() const { return content.empty() && reasoning.empty() && tool_calls.empty() && attachments.empty(); }
};

struct SpanMessages {
    std::vector<Message> input;
    std::vector<Message> output;
};

/// The messages that a span recorded: gen_ai.input.messages / output.messages (JSON text or structured) with
/// gen_ai.system_instructions, OpenInference's flattened llm.input_messages.N.…, else the plain input and output text.
SpanMessages messages_of(const items::Item& span);

/// Messages from JSON: an array of them, an object with "messages", one message, else nothing. For tests and for input
/// texts.
std::vector<Message> messages_from_json(std::string_view json, std::string_view default_role);

}  // namespace ark::query
