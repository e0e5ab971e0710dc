#pragma once
#include "llm/chat.hpp"

#include <string>
#include <vector>

namespace ark::agents {

/// gen_ai.input.messages as JSON text (GenAI conventions): the newest messages that fit into what one attribute may
/// take, so that it stays valid JSON.
std::string input_messages_text(const std::vector<llm::Message>& messages);
/// gen_ai.output.messages.
std::string output_messages_text(const llm::ChatReply& reply);

/// A reply as the step log keeps it, and back. bad_payload when it is none.
std::string record_of(const llm::ChatReply& reply);
Result<llm::ChatReply> parse_reply(std::string_view record);

}  // namespace ark::agents
