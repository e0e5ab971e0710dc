#include "a2a/protocol.hpp"

#include "base/text.hpp"
#include "base/time.hpp"
#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::a2a {
namespace {

using codec::json_text;
using codec::JsonValue;

constexpr int parse_error = -32700;
constexpr int invalid_request = -32600;
constexpr int method_not_found = -32601;
constexpr int version_not_supported = -32009;
constexpr int push_not_supported = -32003;
constexpr std::int64_t list_page_max = 100;  // the protocol's

struct MethodName {
    std::string_view old_name;
    std::string_view new_name;
    Method method;
};
constexpr MethodName methods[] = {
    {"message/send", "SendMessage", Method::send},  {"message/stream", "SendStreamingMessage", Method::stream},
    {"tasks/get", "GetTask", Method::get},          {"ListTasks", "ListTasks", Method::list},
    {"tasks/cancel", "CancelTask", Method::cancel}, {"tasks/resubscribe", "SubscribeToTask", Method::subscribe}};

struct StateName {
    std::string_view phase;
    std::string_view old_name;
    std::string_view new_name;
};
constexpr StateName states[] = {
    {"pending", "submitted", "TASK_STATE_SUBMITTED"}, {"provisioning", "working", "TASK_STATE_WORKING"},
    {"running", "working", "TASK_STATE_WORKING"},     {"input-required", "input-required", "TASK_STATE_INPUT_REQUIRED"},
    {"done", "completed", "TASK_STATE_COMPLETED"},    {"error", "failed", "TASK_STATE_FAILED"},
    {"canceled", "canceled", "TASK_STATE_CANCELED"}};

std::string_view phase_of(const JsonValue& query) {
    return query["status"]["phase"].text("pending");
}

std::string_view context_of(const JsonValue& query) {
    return query["spec"]["conversationId"].text(query["metadata"]["uid"].text());
}

std::string_view state_of(Version version, const JsonValue& query) {
    for (const auto& state : states) {
        if (state.phase == phase_of(query)) return version == Version::v0_3 ? state.old_name : state.new_name;
    }
    return version == Version::v0_3 ? "working" : "TASK_STATE_WORKING";
}

JsonValue text_parts(Version version, std::string_view text) {
    JsonValue part;
    if (version == Version::v0_3) part.set("kind", json_text("text"));
    part.set("text", json_text(text));
    return JsonValue{JsonValue::Array{std::move(part)}};
}

JsonValue message_object(Version version, std::string_view id, bool from_agent, std::string_view text) {
    JsonValue message;
    if (version == Version::v0_3) {
        message.set("kind", json_text("message"));
        message.set("role", json_text(from_agent ? "agent" : "user"));
    } else {
        message.set("role", json_text(from_agent ? "ROLE_AGENT" : "ROLE_USER"));
    }
    message.set("messageId", json_text(id));
    message.set("parts", text_parts(version, text));
    return message;
}

/// What the agent says about its state: a question, or why it failed.
std::string status_words(const JsonValue& query) {
    const auto phase = phase_of(query);
    if (phase == "error" || phase == "canceled") return std::string(query["status"]["response"]["content"].text());
    std::string words;
    for (const auto& question : query["status"]["questions"].array()) {
        if (!words.empty()) words += '\n';
        words += question["type"].text() == "approval"
                     ? fmt::format("{} wants to call {} with {}: approved or rejected?", question["agent"].text(),
                                   question["tool"].text(), question["arguments"].text())
                     : std::string(question["message"].text());
    }
    return words;
}

JsonValue status_of(Version version, const JsonValue& query) {
    JsonValue status;
    status.set("state", json_text(state_of(version, query)));
    const auto words = status_words(query);
    if (!words.empty()) {
        const auto id = fmt::format("{}-{}", query["metadata"]["name"].text(), phase_of(query));
        auto message = message_object(version, id, true, words);
        message.set("taskId", query["metadata"]["name"]);
        message.set("contextId", json_text(context_of(query)));
        status.set("message", std::move(message));
    }
    const auto& conditions = query["status"]["conditions"];
    const auto since = conditions[0]["lastTransitionTime"].text(query["metadata"]["creationTimestamp"].text());
    status.set("timestamp", json_text(since));
    return status;
}

JsonValue artifact_of(Version version, const JsonValue& query) {
    JsonValue artifact;
    artifact.set("artifactId", json_text("answer"));
    artifact.set("name", json_text("answer"));
    artifact.set("parts", text_parts(version, query["status"]["response"]["content"].text()));
    return artifact;
}

/// What the reference's engines tell besides the answer.
JsonValue spent_of(const JsonValue& query) {
    const auto& usage = query["status"]["tokenUsage"];
    JsonValue tokens;
    tokens.set("prompt_tokens", JsonValue{usage["promptTokens"].integer()});
    tokens.set("completion_tokens", JsonValue{usage["completionTokens"].integer()});
    tokens.set("total_tokens", JsonValue{usage["totalTokens"].integer()});
    tokens.set("cached_tokens", JsonValue{usage["cachedTokens"].integer()});
    JsonValue spent;
    spent.set("name", query["metadata"]["name"]);
    spent.set("namespace", query["metadata"]["namespace"]);
    spent.set("conversationId", json_text(context_of(query)));
    spent.set("tokenUsage", std::move(tokens));
    auto messages = codec::parsed_or_null(query["status"]["response"]["raw"].text());
    if (messages.is_array()) spent.set("messages", std::move(messages));
    if (query["status"]["response"]["a2a"].is_object()) spent.set("a2a", query["status"]["response"]["a2a"]);
    return spent;
}

JsonValue metadata_of(const JsonValue& query) {
    JsonValue metadata;
    metadata.set(std::string(query_extension) + "/ref", spent_of(query));
    return metadata;
}

}  // namespace

Outcome<Request, Fault> parse_request(std::string_view body, std::string_view version_header) {
    auto json = JsonValue::parse(body);
    if (!json) return Fault{parse_error, "the body is no JSON: " + json.error().message()};
    if ((*json)["jsonrpc"].text() != "2.0" || !(*json)["method"].is_string())
        return Fault{invalid_request, "not a JSON-RPC 2.0 request"};
    Request request;
    request.id = (*json)["id"];
    request.params = (*json)["params"];
    const auto name = (*json)["method"].text();
    if (!version_header.empty() && !version_header.starts_with("1.") && !version_header.starts_with("0.3"))
        return Fault{version_not_supported, fmt::format("A2A {} is not spoken here: 0.3 and 1.0 are", version_header)};
    if (name.find("ushNotificationConfig") != std::string_view::npos)
        return Fault{push_not_supported, "push notifications are not supported: stream, or ask for the task"};
    for (const auto& method : methods) {
        if (name != method.old_name && name != method.new_name) continue;
        request.method = method.method;
        request.version = name == method.old_name ? Version::v0_3 : Version::v1_0;
        return request;
    }
    return Fault{method_not_found, fmt::format("there is no method {}", name.substr(0, 100))};
}

Outcome<Message, Fault> parse_message(const Request& request) {
    const auto& from = request.params["message"];
    if (!from.is_object() || !from["parts"].is_array())
        return Fault{invalid_params, "params.message with parts is required"};
    Message message;
    message.id = from["messageId"].text();
    message.context_id = from["contextId"].text();
    message.task_id = from["taskId"].text();
    for (const auto& part : from["parts"].array()) {
        const auto& data = part["data"];
        if (part["text"].is_string()) {
            message.text += part["text"].text();
        } else if (data.is_object() || data.is_array()) {
            message.text += data.dump();
        } else {
            return Fault{-32005, "only text and data parts are understood"};
        }
    }
    const auto key = std::string(query_extension) + "/ref";
    const auto& inner = from["metadata"][key];
    const auto& reference = inner.is_object() ? inner : request.params["metadata"][key];
    message.query_name = reference["name"].text();
    message.query_namespace = reference["namespace"].text("default");
    const auto& configuration = request.params["configuration"];
    message.waits = request.version == Version::v0_3 ? configuration["blocking"].boolean(true)
                                                     : !configuration["returnImmediately"].boolean();
    if (message.text.empty() && message.query_name.empty()) return Fault{invalid_params, "the message says nothing"};
    return message;
}

std::string card_json(const About& about) {
    std::string text;
    codec::JsonWriter json(text);
    const auto name = about.name.empty() ? std::string("ark") : about.name;
    const auto description = !about.description.empty() ? about.description
                             : about.name.empty()       ? std::string("Runs queries that it is told of")
                                                        : "The agent " + about.name;
    json.begin_object().field("name", name).field("description", description).field("version", "1.0.0");
    json.field("protocolVersion", "0.3.0").field("url", about.url).field("preferredTransport", "JSONRPC");
    json.key("supportedInterfaces").begin_array();
    for (const auto* version : {"1.0", "0.3"}) {
        json.begin_object().field("url", about.url).field("protocolBinding", "JSONRPC");
        json.field("protocolVersion", version).end_object();
    }
    json.end_array();
    json.key("capabilities").begin_object().field("streaming", true).field("pushNotifications", false);
    json.key("extensions").begin_array().begin_object().field("uri", query_extension);
    json.field("description", "A message may name a Query").field("required", false).end_object().end_array();
    json.end_object();
    for (const auto* modes : {"defaultInputModes", "defaultOutputModes"})
        json.key(modes).begin_array().string("text/plain").end_array();
    json.key("skills").begin_array().begin_object().field("id", "ask").field("name", name);
    json.field("description", description).key("tags").begin_array().string("ark").end_array();
    json.end_object().end_array();
    json.end_object();
    return text;
}

JsonValue task_of(Version version, const JsonValue& query) {
    JsonValue task;
    if (version == Version::v0_3) task.set("kind", json_text("task"));
    task.set("id", query["metadata"]["name"]);
    task.set("contextId", json_text(context_of(query)));
    task.set("status", status_of(version, query));
    JsonValue::Array artifacts;
    if (phase_of(query) == "done") artifacts.push_back(artifact_of(version, query));
    task.set("artifacts", JsonValue{std::move(artifacts)});
    const auto asked = query["metadata"]["annotations"]["ark.mckinsey.com/a2a-message-id"].text("input");
    auto input = message_object(version, asked, false, query["spec"]["input"].text());
    input.set("taskId", query["metadata"]["name"]);
    input.set("contextId", json_text(context_of(query)));
    task.set("history", JsonValue{JsonValue::Array{std::move(input)}});
    task.set("metadata", metadata_of(query));
    return task;
}

JsonValue message_of(Version version, const JsonValue& query) {
    const auto id = fmt::format("msg-{}", query["metadata"]["uid"].text());
    auto message = message_object(version, id, true, query["status"]["response"]["content"].text());
    message.set("contextId", json_text(context_of(query)));
    message.set("extensions", JsonValue{JsonValue::Array{json_text(query_extension)}});
    message.set("metadata", metadata_of(query));
    return message;
}

JsonValue status_update(Version version, const JsonValue& query) {
    JsonValue update;
    if (version == Version::v0_3) update.set("kind", json_text("status-update"));
    update.set("taskId", query["metadata"]["name"]);
    update.set("contextId", json_text(context_of(query)));
    update.set("status", status_of(version, query));
    if (version == Version::v0_3) update.set("final", JsonValue{is_settled(query)});
    return update;
}

JsonValue artifact_update(Version version, const JsonValue& query) {
    JsonValue update;
    if (version == Version::v0_3) update.set("kind", json_text("artifact-update"));
    update.set("taskId", query["metadata"]["name"]);
    update.set("contextId", json_text(context_of(query)));
    update.set("artifact", artifact_of(version, query));
    update.set("append", JsonValue{false});
    update.set("lastChunk", JsonValue{true});
    return update;
}

JsonValue artifact_piece(Version version, const JsonValue& query, std::string_view text, bool append) {
    JsonValue artifact;
    artifact.set("artifactId", json_text("answer"));
    artifact.set("name", json_text("answer"));
    artifact.set("parts", text_parts(version, text));
    JsonValue update;
    if (version == Version::v0_3) update.set("kind", json_text("artifact-update"));
    update.set("taskId", query["metadata"]["name"]);
    update.set("contextId", json_text(context_of(query)));
    update.set("artifact", std::move(artifact));
    update.set("append", JsonValue{append});
    update.set("lastChunk", JsonValue{false});
    return update;
}

Outcome<ListRequest, Fault> parse_list(const Request& request) {
    const auto& from = request.params;
    ListRequest list;
    list.context_id = from["contextId"].text();
    list.state = from["status"].text();
    if (list.state == "TASK_STATE_UNSPECIFIED") list.state.clear();
    list.after = from["statusTimestampAfter"].text();
    list.page = from["pageToken"].text();
    const auto size = from["pageSize"].integer();
    if (size < 0 || size > list_page_max) return Fault{invalid_params, fmt::format("pageSize: 1 to {}", list_page_max)};
    if (size > 0) list.page_size = static_cast<std::size_t>(size);
    if (!from["historyLength"].is_null())
        list.history = static_cast<std::size_t>(std::max<std::int64_t>(0, from["historyLength"].integer()));
    list.artifacts = from["includeArtifacts"].boolean();
    if (!list.after.empty() && !parse_rfc3339(list.after))
        return Fault{invalid_params, "statusTimestampAfter: no time"};
    return list;
}

JsonValue list_of(const ListRequest& request, const std::vector<const JsonValue*>& queries) {
    const auto version = Version::v1_0;
    // By time, then by name: also the token of a page, which goes on behind the last of the page before.
    std::vector<std::pair<std::string, const JsonValue*>> chosen;
    for (const auto* query : queries) {
        if (!request.context_id.empty() && request.context_id != context_of(*query)) continue;
        if (!request.state.empty() && request.state != state_of(version, *query)) continue;
        const auto since = std::string(status_of(version, *query)["timestamp"].text());
        if (!request.after.empty()) {
            const auto at = parse_rfc3339(since);
            if (!at || *at <= *parse_rfc3339(request.after)) continue;
        }
        chosen.emplace_back(since + " " + std::string((*query)["metadata"]["name"].text()), query);
    }
    std::sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    JsonValue::Array tasks;
    std::string next;
    std::string last;
    for (const auto& [key, query] : chosen) {
        if (!request.page.empty() && key >= request.page) continue;
        if (tasks.size() == request.page_size) {
            next = last;
            break;
        }
        auto task = task_of(version, *query);
        if (!request.artifacts) task.erase("artifacts");
        if (request.history == 0) task.erase("history");
        tasks.push_back(std::move(task));
        last = key;
    }
    JsonValue page;
    page.set("pageSize", JsonValue{static_cast<std::int64_t>(tasks.size())});
    page.set("tasks", JsonValue{std::move(tasks)});
    page.set("nextPageToken", json_text(next));
    page.set("totalSize", JsonValue{static_cast<std::int64_t>(chosen.size())});
    return page;
}

JsonValue wrapped(Version version, std::string_view kind, JsonValue object) {
    if (version == Version::v0_3) return object;
    JsonValue result;
    result.set(kind, std::move(object));
    return result;
}

std::string result_text(const JsonValue& id, const JsonValue& result) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").key("id");
    id.write(json);
    json.key("result");
    result.write(json);
    json.end_object();
    return text;
}

std::string fault_text(const JsonValue& id, const Fault& fault) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").key("id");
    id.write(json);
    json.key("error").begin_object().field("code", fault.code).field("message", fault.message).end_object();
    json.end_object();
    return text;
}

bool is_final(const JsonValue& query) {
    const auto phase = phase_of(query);
    return phase == "done" || phase == "error" || phase == "canceled";
}

bool is_settled(const JsonValue& query, std::string_view answered) {
    if (is_final(query)) return true;
    if (phase_of(query) != "input-required") return false;
    const auto& questions = query["status"]["questions"].array();
    return std::none_of(questions.begin(), questions.end(), [&](const JsonValue& question) {
        return !answered.empty() && question["id"].text() == answered;
    });
}

std::string answer_input(const JsonValue& question, std::string_view text) {
    JsonValue input;
    input.set("by", json_text("a2a"));
    if (question["type"].text() != "approval") {
        input.set("answer", json_text(text));
        return input.dump();
    }
    const auto json = codec::parsed_or_null(text);
    const auto word = lower_case(json["decision"].text(text));
    const bool yes = word == "approved" || word == "approve" || word == "yes";
    const bool no = word == "rejected" || word == "reject" || word == "no";
    if (!yes && !no) return {};
    input.set("decision", json_text(yes ? "approved" : "rejected"));
    if (json["reason"].is_string()) input.set("reason", json["reason"]);
    return input.dump();
}

}  // namespace ark::a2a
