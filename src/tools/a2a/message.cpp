#include "tools/a2a/message.hpp"

#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"

#include <algorithm>

namespace ark::tools::a2a {

namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::size_t artifacts_max = 1'000;
constexpr std::size_t quote_bytes_max = 500;

struct StateName {
    TaskState state;
    std::string_view old_name;
    std::string_view new_name;
};
constexpr StateName states[] = {
    {TaskState::submitted, "submitted", "TASK_STATE_SUBMITTED"},
    {TaskState::working, "working", "TASK_STATE_WORKING"},
    {TaskState::completed, "completed", "TASK_STATE_COMPLETED"},
    {TaskState::failed, "failed", "TASK_STATE_FAILED"},
    {TaskState::canceled, "canceled", "TASK_STATE_CANCELED"},
    {TaskState::input_required, "input-required", "TASK_STATE_INPUT_REQUIRED"},
    {TaskState::rejected, "rejected", "TASK_STATE_REJECTED"},
    {TaskState::auth_required, "auth-required", "TASK_STATE_AUTH_REQUIRED"},
    {TaskState::unknown, "unknown", "TASK_STATE_UNSPECIFIED"},
};

bool is_interrupted(TaskState state) {
    return state == TaskState::input_required || state == TaskState::auth_required;
}

std::string text_of(const JsonValue& parts) {
    std::string text;
    for (const auto& part : parts.array()) {
        if (part["text"].is_string()) {
            text += part["text"].text();
        } else if (!part["data"].is_null() && !part["data"].is_string()) {
            text += part["data"].dump();
        }
    }
    return text;
}

std::string task_text(const JsonValue& task) {
    std::string text;
    for (const auto& artifact : task["artifacts"].array()) {
        const auto piece = text_of(artifact["parts"]);
        if (!text.empty() && !piece.empty()) text += '\n';
        text += piece;
    }
    if (text.empty()) text = text_of(task["status"]["message"]["parts"]);
    if (!text.empty()) return text;
    const auto& history = task["history"].array();
    for (auto message = history.rbegin(); message != history.rend(); ++message) {
        const auto role = (*message)["role"].text();
        if (role == "agent" || role == "ROLE_AGENT") return text_of((*message)["parts"]);
    }
    return text;
}

/// 1.0 wraps what 0.3 marks with `kind`.
const JsonValue& unwrapped(const JsonValue& result) {
    for (const auto* name : {"task", "message", "statusUpdate", "artifactUpdate"}) {
        if (result[name].is_object()) return result[name];
    }
    return result;
}

void append_tenant(JsonWriter& json, std::string_view tenant) {
    if (!tenant.empty()) json.field("tenant", tenant);
}

}  // namespace

std::string_view name(TaskState state) {
    const auto* const found =
        std::find_if(std::begin(states), std::end(states), [state](const auto& each) { return each.state == state; });
    return found->old_name;
}

TaskState parse_state(std::string_view text) {
    for (const auto& each : states) {
        if (text == each.old_name || text == each.new_name) return each.state;
    }
    return TaskState::unknown;
}

bool is_terminal(TaskState state) {
    return state == TaskState::completed || state == TaskState::failed || state == TaskState::canceled ||
           state == TaskState::rejected;
}

std::string send_params(Version version, const Outgoing& message, std::string_view tenant) {
    const bool old = version == Version::v0_3;
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("message").begin_object();
    if (old) json.field("kind", "message");
    json.field("messageId", message.message_id).field("role", old ? "user" : "ROLE_USER");
    if (!message.context_id.empty()) json.field("contextId", message.context_id);
    if (!message.task_id.empty()) json.field("taskId", message.task_id);
    json.key("parts").begin_array().begin_object();
    if (old) json.field("kind", "text");
    json.field("text", message.text).end_object().end_array();
    if (!message.extension.empty()) json.key("extensions").begin_array().string(message.extension).end_array();
    if (!message.metadata.empty()) json.key("metadata").raw(message.metadata);
    json.end_object();
    json.key("configuration").begin_object();
    if (old) json.field("blocking", true);  // without it each SDK decides for itself
    json.key("acceptedOutputModes").begin_array().string("text/plain").string("application/json").end_array();
    json.end_object();
    append_tenant(json, tenant);
    json.end_object();
    return text;
}

std::string task_params(Version, std::string_view task_id, std::string_view tenant) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("id", task_id);
    append_tenant(json, tenant);
    json.end_object();
    return text;
}

std::string request_text(std::int64_t id, std::string_view method, std::string_view params) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").field("id", id).field("method", method).key("params").raw(params);
    json.end_object();
    return text;
}

Result<JsonValue> parse_response(std::string_view text) {
    auto json = JsonValue::parse(text);
    if (!json || !json->is_object()) return fail(Errc::protocol, "A2A: the answer is no JSON-RPC");
    const auto& error = (*json)["error"];
    if (!error.is_null()) {
        const auto code = error["code"].integer();
        const auto words = codec::repaired_utf8(error["message"].text("no message").substr(0, quote_bytes_max));
        const auto errc = code == -32001                     ? Errc::not_found
                          : code == -32002                   ? Errc::conflict
                          : code <= -32003 && code >= -32009 ? Errc::unsupported
                          : code <= -32600 && code >= -32602 ? Errc::bad_argument
                                                             : Errc::unavailable;
        return fail(errc, "A2A error " + std::to_string(code) + ": " + words);
    }
    if (!(*json)["result"].is_object()) return fail(Errc::protocol, "A2A: an answer without a result");
    return JsonValue((*json)["result"]);
}

Result<Reply> parse_reply(const JsonValue& result) {
    const auto& whole = unwrapped(result);
    Reply reply;
    reply.context_id = whole["contextId"].text();
    if (whole["status"].is_object()) {
        reply.task_id = whole["id"].text();
        if (reply.task_id.empty()) return fail(Errc::protocol, "A2A: a task without an id");
        reply.state = parse_state(whole["status"]["state"].text());
        reply.text = task_text(whole);
    } else if (whole["parts"].is_array()) {
        reply.text = text_of(whole["parts"]);
    } else {
        return fail(Errc::protocol, "A2A: neither a message nor a task");
    }
    reply.json = whole;
    return reply;
}

std::optional<Update> StreamFold::take(const JsonValue& result) {
    const auto& event = unwrapped(result);
    Update update;
    if (event["artifact"].is_object()) {
        const auto& artifact = event["artifact"];
        update.artifact = true;
        update.append = event["append"].boolean();
        update.text = text_of(artifact["parts"]);
        const auto id = std::string(artifact["artifactId"].text());
        auto found =
            std::find_if(artifacts_.begin(), artifacts_.end(), [&](const auto& known) { return known.first == id; });
        if (found == artifacts_.end() && artifacts_.size() < artifacts_max)
            found = artifacts_.emplace(artifacts_.end(), id, std::string());
        if (found != artifacts_.end()) {
            if (!update.append) found->second.clear();
            found->second += update.text;
        }
    } else if (event["status"].is_object() && !event["taskId"].is_null()) {
        reply_.task_id = event["taskId"].text();
        reply_.context_id = event["contextId"].text(reply_.context_id);
        reply_.state = parse_state(event["status"]["state"].text());
        update.text = text_of(event["status"]["message"]["parts"]);
        if (!update.text.empty()) reply_.text = update.text;
        complete_ = event["final"].boolean() || is_terminal(reply_.state) || is_interrupted(reply_.state);
    } else {
        take_whole(result);
        update.text = reply_.text;
    }
    update.state = has_task() ? reply_.state : TaskState::working;
    update.task_id = reply_.task_id;
    update.context_id = reply_.context_id;
    return update;
}

void StreamFold::take_whole(const JsonValue& whole) {
    auto reply = parse_reply(whole);
    if (!reply) return;
    reply_ = std::move(*reply);
    complete_ = !has_task() || is_terminal(reply_.state) || is_interrupted(reply_.state);
}

Reply StreamFold::finish() {
    std::string text;
    for (const auto& [id, piece] : artifacts_)
        text += (text.empty() || piece.empty() ? "" : "\n") + piece;
    if (!text.empty()) reply_.text = std::move(text);
    return std::move(reply_);
}

}  // namespace ark::tools::a2a
