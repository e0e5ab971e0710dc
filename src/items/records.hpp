#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

/// docs/formats/records.md in code: payloads of messages, chunks, deletions and session updates. Pure functions.
namespace ark::items {

/// What a deletion takes away. Stored in the journal: numbers never change meaning.
enum class Target : std::uint8_t { messages = 1, events = 2, chunks = 3, spans = 4, sessions = 5 };

/// One item of such a payload, seen in place.
struct Record {
    std::string_view text;          ///< JSON of a message, chunk or session update
    std::string_view conversation;  ///< of messages and deletions
    std::string_view query;         ///< of messages, chunks and deletions
    std::chrono::seconds ttl{0};    ///< of messages; 0 = kept
    bool completes = false;         ///< a chunk: its query's last
    // deletions only:
    Target target = Target::messages;
    bool of_conversation = false;  ///< only what belongs to `conversation`
    bool of_query = false;         ///< only what belongs to `query`
};

/// The text of a completion, as watchers and lists show it.
inline constexpr std::string_view completion_text = R"("[DONE]")";

Buffer encode_messages(std::string_view conversation, std::string_view query, std::chrono::seconds ttl,
                       std::span<const std::string> texts);
Buffer encode_chunks(std::string_view query, std::span<const std::string> texts);
Buffer encode_completion(std::string_view query);
Buffer encode_deletion(const Record& deletion);
Buffer encode_session_update(std::string_view text);

/// Visits every item in order; false stops. Error: bad_payload, also behind items that were visited.
using RecordVisitor = std::function<bool(const Record&)>;
Status for_each_message(std::string_view payload, const RecordVisitor& visit);
Status for_each_chunk(std::string_view payload, const RecordVisitor& visit);
Status for_each_deletion(std::string_view payload, const RecordVisitor& visit);
Status for_each_session_update(std::string_view payload, const RecordVisitor& visit);

}  // namespace ark::items
