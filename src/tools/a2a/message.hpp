#pragma once
#include "tools/a2a/client.hpp"

/// A2A's objects as JSON, of both protocol versions. Pure.
namespace ark::tools::a2a {

enum class Version { v0_3, v1_0 };

/// params of message/send and message/stream, or of SendMessage and SendStreamingMessage.
std::string send_params(Version version, const Outgoing& message, std::string_view tenant);
std::string task_params(Version version, std::string_view task_id, std::string_view tenant);
std::string request_text(std::int64_t id, std::string_view method, std::string_view params);

/// The result of a JSON-RPC response, or its error in our words.
Result<codec::JsonValue> parse_response(std::string_view text);

/// A message or a task, bare (0.3) or wrapped (1.0).
Result<Reply> parse_reply(const codec::JsonValue& result);

/// Follows a stream: keeps what the events add up to.
class StreamFold {
public:
    /// What of it is news for somebody who watches; nothing for events without text or a new state.
    std::optional<Update> take(const codec::JsonValue& result);
    bool has_task() const { return !reply_.task_id.empty(); }
    const std::string& task_id() const { return reply_.task_id; }
    /// A message came, or the task reached an end or a question.
    bool complete() const { return complete_; }
    Reply finish();

private:
    void take_whole(const codec::JsonValue& whole);
    Reply reply_;
    std::vector<std::pair<std::string, std::string>> artifacts_;  // id, text; in order of arrival
    bool complete_ = false;
};

}  // namespace ark::tools::a2a
