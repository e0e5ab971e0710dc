#include "runs/status.hpp"

#include "base/text.hpp"
#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"
#include "resources/metadata.hpp"
#include "runs/status_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

void append_memory_condition(codec::JsonWriter& json, const JsonValue& query, const MemoryState& memory,
                             UnixNanos now) {
    if (memory.reason.empty()) return;
    json.begin_object().field("type", "MemoryUnavailable").field("status", memory.unavailable ? "True" : "False");
    json.field("reason", memory.reason).field("message", memory.message);
    json.field("lastTransitionTime", resources::to_metav1_time(now));
    json.field("observedGeneration", query["metadata"]["generation"].integer()).end_object();
}

std::string_view reason_of(std::string_view phase) {
    if (phase == "done") return "QuerySucceeded";
    return phase == "canceled" ? "QueryCanceled" : "QueryErrored";
}

}  // namespace

std::string ending_text(const Ending& ending) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("phase", ending.phase).field("targetType", ending.target_type);
    json.field("targetName", ending.target_name).field("content", ending.content).field("raw", ending.raw);
    append_spent_record(json, ending.usage, ending.nanos);
    json.field("contextId", ending.context_id).field("taskId", ending.task_id);
    json.field("conversationId", ending.conversation_id);
    json.field("memoryUnavailable", ending.memory.unavailable).field("memoryReason", ending.memory.reason);
    json.field("memoryMessage", ending.memory.message).end_object();
    return text;
}

Ending parse_ending(std::string_view text) {
    const auto json = codec::parsed_or_null(text);
    Ending ending;
    ending.phase = json["phase"].text("error");
    ending.target_type = json["targetType"].text();
    ending.target_name = json["targetName"].text();
    ending.content = json["content"].text();
    ending.raw = json["raw"].text();
    ending.context_id = json["contextId"].text();
    ending.task_id = json["taskId"].text();
    ending.conversation_id = json["conversationId"].text();
    ending.memory.unavailable = json["memoryUnavailable"].boolean();
    ending.memory.reason = json["memoryReason"].text();
    ending.memory.message = json["memoryMessage"].text();
    parse_spent_record(json, ending.usage, ending.nanos);
    return ending;
}

JsonValue running_status(const JsonValue& query, UnixNanos now) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("status").begin_object().field("phase", "running");
    json.key("conditions").begin_array();
    append_completed(json, query, false, "QueryRunning", "Query is running", now);
    json.end_array();
    json.key("questions").null().key("response").null().end_object().end_object();
    return codec::parsed_or_null(text);
}

JsonValue waiting_status(const JsonValue& query, const std::map<std::string, JsonValue>& questions, UnixNanos now) {
    std::string what;
    std::string first;
    for (const auto& [id, question] : questions) {
        if (first.empty()) first = id;
        if (!what.empty()) what += ", ";
        const auto tool = question["tool"].text();
        what += tool.empty() ? fmt::format("{} asks something ({})", question["agent"].text(), id)
                             : fmt::format("{} ({})", tool, id);
    }
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("status").begin_object().field("phase", "input-required");
    json.key("conditions").begin_array();
    append_completed(json, query, false, "InputRequired", "Waits for a person: " + what, now);
    json.end_array();
    json.key("questions").begin_array();
    for (const auto& [id, question] : questions)
        question.write(json);
    json.end_array();
    // Where the reference's clients look for the task to answer.
    json.key("response").begin_object().field("phase", "input-required").key("a2a").begin_object();
    json.field("taskId", first).end_object().end_object();
    json.end_object().end_object();
    return codec::parsed_or_null(text);
}

namespace {

constexpr std::size_t object_bytes = 1400u << 10;  // of a resource's 1.5 MiB, with room for what others add
constexpr std::size_t message_bytes = 32u << 10;   // of a condition, as Kubernetes has it

std::string cut(std::string_view text, std::size_t bytes) {
    if (text.size() <= bytes) return std::string(text);
    return std::string(clip(text, bytes)) + " [cut]";
}

/// Messages with contents of at most so many bytes; when that is not enough, the last one alone.
std::string cut_messages(const std::string& raw, std::size_t bytes) {
    if (raw.size() <= bytes) return raw;
    const auto messages = codec::parsed_or_null(raw);
    const auto count = std::max<std::size_t>(messages.size(), 1);
    const auto shortened = [&](const JsonValue& message, std::size_t most) {
        auto copy = message;
        if (message["content"].is_string()) copy.set("content", JsonValue{cut(message["content"].text(), most)});
        return copy;
    };
    JsonValue::Array all;
    for (const auto& message : messages.array())
        all.push_back(shortened(message, bytes / count / 2));
    auto text = JsonValue{all}.dump();
    if (text.size() <= bytes || all.empty()) return text.size() <= bytes ? text : std::string("[]");
    auto last = shortened(messages.array().back(), bytes / 2);
    last.set("tool_calls", JsonValue{});
    JsonValue::Array alone;
    alone.push_back(std::move(last));
    return JsonValue{std::move(alone)}.dump();
}

JsonValue status_of(const JsonValue& query, const Ending& ending, UnixNanos now) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("status").begin_object().field("phase", ending.phase);
    const bool well = ending.phase == "done";
    json.key("conditions").begin_array();
    append_completed(json, query, true, reason_of(ending.phase),
                     well ? "Query completed" : cut(ending.content, message_bytes), now);
    append_memory_condition(json, query, ending.memory, now);
    json.end_array();
    if (!ending.conversation_id.empty()) json.field("conversationId", ending.conversation_id);
    json.key("response").begin_object();
    json.key("target").begin_object().field("type", ending.target_type).field("name", ending.target_name).end_object();
    json.field("content", ending.content).field("raw", ending.raw).field("phase", ending.phase);
    json.key("a2a");
    if (ending.context_id.empty() && ending.task_id.empty()) {
        json.null();
    } else {
        json.begin_object().field("contextId", ending.context_id).field("taskId", ending.task_id).end_object();
    }
    json.end_object();
    json.key("questions").null();
    append_spent(json, ending.usage, ending.nanos);
    json.end_object().end_object();
    return codec::parsed_or_null(text);
}

}  // namespace

JsonValue final_status(const JsonValue& query, const Ending& ending, UnixNanos now) {
    auto status = status_of(query, ending, now);
    if (ending.content.size() + ending.raw.size() < object_bytes / 16) return status;
    const auto others = query.dump().size();
    const auto room = std::max<std::size_t>(object_bytes > others ? object_bytes - others : 0, 16u << 10);
    // Characters that JSON escapes make a text longer than it is: so it is measured.
    for (auto bytes = room / 2; status.dump().size() > room && bytes > 64; bytes /= 2) {
        auto shorter = ending;
        shorter.content = cut(ending.content, bytes);
        shorter.raw = cut_messages(ending.raw, bytes);
        status = status_of(query, shorter, now);
    }
    return status;
}

std::string messages_text(const std::vector<llm::Message>& messages) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_array();
    for (const auto& message : messages)
        append_message(json, message, llm::MessageForm::wire);
    json.end_array();
    return text;
}

std::string error_text(std::string_view message) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_array().begin_object().field("error", "target_execution_error").field("message", message);
    json.end_object().end_array();
    return text;
}

}  // namespace ark::runs
