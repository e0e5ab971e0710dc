#include "llm/chat.hpp"

namespace ark::llm {

std::string_view name(Role role) {
    switch (role) {
        case Role::system:
            return "system";
        case Role::user:
            return "user";
        case Role::assistant:
            return "assistant";
        case Role::tool:
            return "tool";
    }
    return "user";
}

std::string_view name(FinishReason reason) {
    switch (reason) {
        case FinishReason::stop:
            return "stop";
        case FinishReason::length:
            return "length";
        case FinishReason::tool_calls:
            return "tool_calls";
        case FinishReason::content_filter:
            return "content_filter";
        case FinishReason::other:
            return "other";
    }
    return "other";
}

void append_message(codec::JsonWriter& json, const Message& message, MessageForm form) {
    json.begin_object();
    json.field("role", name(message.role));
    // An assistant that only calls tools has said nothing: null, as providers write it themselves.
    if (message.content.empty() && !message.tool_calls.empty()) {
        json.key("content").null();
    } else {
        json.field("content", message.content);
    }
    if (!message.name.empty()) json.field("name", message.name);
    if (!message.tool_call_id.empty()) json.field("tool_call_id", message.tool_call_id);
    if (!message.tool_calls.empty()) {
        json.key("tool_calls").begin_array();
        for (const auto& call : message.tool_calls) {
            json.begin_object().field("id", call.id).field("type", "function");
            json.key("function").begin_object().field("name", call.name).field("arguments", call.arguments);
            json.end_object().end_object();
        }
        json.end_array();
    }
    if (form == MessageForm::record) {
        if (message.is_error) json.field("is_error", true);
        if (!message.reasoning.empty()) json.field("reasoning_content", message.reasoning);
        if (!message.provider_blocks.empty()) json.key("provider_blocks").raw(message.provider_blocks);
    }
    json.end_object();
}

namespace {

std::optional<Role> parse_role(std::string_view text) {
    if (text == "system" || text == "developer") return Role::system;
    if (text == "user") return Role::user;
    if (text == "assistant") return Role::assistant;
    if (text == "tool" || text == "function") return Role::tool;
    return std::nullopt;
}

std::string joined_text(const codec::JsonValue& content) {
    if (content.is_string()) return std::string(content.text());
    std::string text;
    for (const auto& part : content.array())
        text += part["text"].text();
    return text;
}

}  // namespace

Result<Message> parse_message(const codec::JsonValue& json) {
    if (!json.is_object()) return fail(Errc::bad_payload, "a message is no object");
    const auto role = parse_role(json["role"].text());
    if (!role) return fail(Errc::bad_payload, "a message of the role '" + std::string(json["role"].text()) + "'");
    Message message;
    message.role = *role;
    message.content = joined_text(json["content"]);
    message.name = json["name"].text();
    message.tool_call_id = json["tool_call_id"].text();
    message.is_error = json["is_error"].boolean();
    message.reasoning = json["reasoning_content"].text(json["reasoning"].text());
    if (json["provider_blocks"].is_array()) message.provider_blocks = json["provider_blocks"].dump();
    for (const auto& call : json["tool_calls"].array()) {
        const auto& function = call["function"];
        // Some servers send the arguments as an object instead of its text.
        const auto& arguments = function["arguments"];
        message.tool_calls.push_back({std::string(call["id"].text()), std::string(function["name"].text()),
                                      arguments.is_string() ? std::string(arguments.text())
                                      : arguments.is_null() ? ""
                                                            : arguments.dump()});
    }
    return message;
}

}  // namespace ark::llm
