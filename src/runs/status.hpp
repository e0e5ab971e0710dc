#pragma once
#include "agents/participant.hpp"
#include "base/time.hpp"
#include "codec/json_value.hpp"
#include "runs/recall.hpp"

#include <map>
#include <string>
#include <vector>

namespace ark::runs {

/// How a run ended, as it is recorded and as the Query's status says it.
struct Ending {
    std::string phase;  ///< "done", "error", "canceled"
    std::string target_type;
    std::string target_name;
    std::string content;  ///< the answer, or what went wrong
    std::string raw;      ///< JSON: the messages of the run
    std::string conversation_id;
    MemoryState memory;
    agents::TokenUsage usage;
    std::uint64_t nanos = 0;
    std::string context_id;  ///< of an agent elsewhere that answered
    std::string task_id;
};

std::string ending_text(const Ending& ending);
Ending parse_ending(std::string_view text);  ///< of ending_text()

/// Merge patches of a Query's status subresource (facts: "Conditions by phase").
/// While it waits for people: the questions by id, as `status.questions` shows them.
codec::JsonValue waiting_status(const codec::JsonValue& query, const std::map<std::string, codec::JsonValue>& questions,
                                UnixNanos now);
codec::JsonValue running_status(const codec::JsonValue& query, UnixNanos now);
codec::JsonValue final_status(const codec::JsonValue& query, const Ending& ending, UnixNanos now);

/// status.response.raw of an answer and of an error.
std::string messages_text(const std::vector<llm::Message>& messages);
std::string error_text(std::string_view message);

}  // namespace ark::runs
