#include "query/message.hpp"

#include "codec/json_value.hpp"
#include "otlp/json.hpp"

#include <charconv>
#include <map>

namespace ark::query {
namespace {

using codec::JsonValue;

constexpr std::size_t messages_max = 2000;  // of one span: beyond, the oldest are kept
constexpr std::size_t json_bytes_max = 8u << 20;

std::string normal_role(std::string_view role, std::string_view fallback) {
    if (role.empty()) return std::string(fallback);
    if (role == "human") return "user";
    if (role == "ai" || role == "model") return "assistant";
    if (role == "function") return "tool";
    if (role == "developer") return "system";
    return std::string(role);
}

void append_line(std::string& text, std::string_view line) {
    if (line.empty()) return;
    if (!text.empty()) text.push_back('\n');
    text.append(line);
}

// A string as it is, anything else as JSON.
std::string text_of(const JsonValue& value) {
    if (value.is_null()) return {};
    return value.is_string() ? std::string(value.text()) : value.dump();
}

ToolCall tool_call_of(const JsonValue& call) {
    // OpenAI nests name and arguments under "function"; GenAI parts do not.
    const auto& body = call["function"].is_object() ? call["function"] : call;
    const auto& arguments = body["arguments"].is_null() ? body["input"] : body["arguments"];
    return {std::string(call["id"].text()), std::string(body["name"].text()), text_of(arguments)};
}

void add_part(Message& message, const JsonValue& part) {
    if (part.is_string()) return append_line(message.content, part.text());
    const auto type = part["type"].text();
    if (type == "text" || type == "input_text" || type == "output_text" || type.empty()) {
        append_line(message.content, text_of(part["content"].is_null() ? part["text"] : part["content"]));
    } else if (type == "reasoning" || type == "thinking") {
        append_line(message.reasoning, text_of(part["content"].is_null() ? part["thinking"] : part["content"]));
    } else if (type == "tool_call" || type == "tool_use" || type == "function") {
        message.tool_calls.push_back(tool_call_of(part));
    } else if (type == "tool_call_response" || type == "tool_result") {
        message.role = "tool";
        message.tool_call_id = part["id"].text(part["tool_use_id"].text());
        const auto& answer = part["response"].is_null() ? part["result"] : part["response"];
        append_line(message.content, text_of(answer.is_null() ? part["content"] : answer));
    } else {
        message.attachments.emplace_back(part["modality"].text(type));
    }
}

Message message_of(const JsonValue& value, std::string_view default_role) {
    Message message;
    message.role = normal_role(value["role"].text(), default_role);
    message.name = value["name"].text();
    message.tool_call_id = value["tool_call_id"].text();
    for (const auto& part : value["parts"].array())
        add_part(message, part);
    const auto& content = value["content"];
    if (content.is_array()) {
        for (const auto& part : content.array())
            add_part(message, part);
    } else {
        append_line(message.content, text_of(content));
    }
    append_line(message.reasoning, value["reasoning_content"].text());
    for (const auto& call : value["tool_calls"].array())
        message.tool_calls.push_back(tool_call_of(call));
    return message;
}

bool looks_like_message(const JsonValue& value) {
    return value.is_object() && (value["role"].is_string() || value["parts"].is_array());
}

std::vector<Message> messages_in(const JsonValue& value, std::string_view default_role) {
    std::vector<Message> out;
    if (looks_like_message(value)) {
        out.push_back(message_of(value, default_role));
    } else if (value.is_object()) {
        if (value["messages"].is_array()) return messages_in(value["messages"], default_role);
    } else {
        for (const auto& element : value.array()) {
            if (out.size() == messages_max) break;
            if (looks_like_message(element)) out.push_back(message_of(element, default_role));
        }
    }
    return out;
}

// An attribute that is JSON text, or was sent structured.
std::string json_of(const model::ValueView& value) {
    if (value.type == model::ValueView::Type::string) return std::string(value.text);
    std::string out;
    codec::JsonWriter json(out);
    otlp::write_value(json, value);
    return out;
}

// gen_ai.system_instructions: an array of parts, or plain text.
Message system_message(const std::string& text) {
    Message message;
    message.role = "system";
    const auto parts = JsonValue::parse(text);
    if (parts && parts->is_array()) {
        for (const auto& part : parts->array())
            add_part(message, part);
    } else {
        message.content = text;
    }
    return message;
}

std::string scalar_text(const model::ValueView& value) {
    return json_of(value);
}

// llm.input_messages.{i}.message.role | content | name | tool_call_id | contents.{n}.message_content.text
//                               | tool_calls.{j}.tool_call.id | tool_calls.{j}.[tool_call.]function.name | .arguments
class Flattened {
public:
    void add(std::string_view path, const model::ValueView& value) {
        const auto index = take_number(path);
        if (!index || !take(path, "message.")) return;
        if (messages_.size() == messages_max && !messages_.contains(*index)) return;
        auto& message = messages_[*index];
        if (path == "role") {
            message.role = normal_role(value.text, "");
        } else if (path == "content") {
            append_line(message.content, scalar_text(value));
        } else if (path == "name") {
            message.name = scalar_text(value);
        } else if (path == "tool_call_id") {
            message.tool_call_id = scalar_text(value);
        } else if (take(path, "contents.")) {
            add_content(message, path, value);
        } else if (take(path, "tool_calls.")) {
            add_call(message, path, value);
        }
    }

    std::vector<Message> take_all(std::string_view default_role) {
        std::vector<Message> out;
        for (auto& [index, message] : messages_) {
            if (message.role.empty()) message.role = default_role;
            out.push_back(std::move(message));
        }
        return out;
    }

private:
    static bool take(std::string_view& path, std::string_view word) {
        if (!path.starts_with(word)) return false;
        path.remove_prefix(word.size());
        return true;
    }
    // "12.rest" → 12, "rest"
    static std::optional<std::uint32_t> take_number(std::string_view& path) {
        std::uint32_t number = 0;
        const auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
        const auto digits = static_cast<std::size_t>(end - path.data());
        if (error != std::errc{} || digits >= path.size() || *end != '.') return std::nullopt;
        path.remove_prefix(digits + 1);
        return number;
    }
    static void add_content(Message& message, std::string_view path, const model::ValueView& value) {
        if (!take_number(path) || !take(path, "message_content.")) return;
        if (path == "text") append_line(message.content, scalar_text(value));
        if (path == "image.image.url") message.attachments.emplace_back("image");
    }
    static void add_call(Message& message, std::string_view path, const model::ValueView& value) {
        constexpr std::uint32_t calls_max = 256;
        const auto index = take_number(path);
        if (!index || *index >= calls_max) return;
        if (message.tool_calls.size() <= *index) message.tool_calls.resize(*index + 1);
        auto& call = message.tool_calls[*index];
        take(path, "tool_call.");
        if (path == "id") call.id = scalar_text(value);
        if (path == "function.name") call.name = scalar_text(value);
        if (path == "function.arguments") call.arguments = scalar_text(value);
    }

    std::map<std::uint32_t, Message> messages_;
};

std::vector<Message> plain(std::string_view text, std::string_view role) {
    if (text.empty()) return {};
    auto messages = messages_from_json(text, role);
    if (messages.empty()) {
        Message message;
        message.role = role;
        message.content = text;
        messages.push_back(std::move(message));
    }
    return messages;
}

}  // namespace

std::vector<Message> messages_from_json(std::string_view json, std::string_view default_role) {
    const auto first = json.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos || json.size() > json_bytes_max) return {};
    if (json[first] != '[' && json[first] != '{') return {};
    const auto value = JsonValue::parse(json);
    return value ? messages_in(*value, default_role) : std::vector<Message>{};
}

SpanMessages messages_of(const items::Item& span) {
    SpanMessages out;
    if (span.span == nullptr) return out;
    Flattened input;
    Flattened output;
    std::vector<Message> system;
    auto attributes = span.span->attributes();
    model::AttributeView attribute;
    while (attributes.next(attribute)) {
        constexpr std::string_view flat_input = "llm.input_messages.";
        constexpr std::string_view flat_output = "llm.output_messages.";
        const auto key = attribute.key;
        if (key == "gen_ai.input.messages") {
            out.input = messages_from_json(json_of(attribute.value), "user");
        } else if (key == "gen_ai.output.messages") {
            out.output = messages_from_json(json_of(attribute.value), "assistant");
        } else if (key == "gen_ai.system_instructions") {
            system.push_back(system_message(json_of(attribute.value)));
        } else if (key.starts_with(flat_input)) {
            input.add(key.substr(flat_input.size()), attribute.value);
        } else if (key.starts_with(flat_output)) {
            output.add(key.substr(flat_output.size()), attribute.value);
        }
    }
    if (out.input.empty()) out.input = input.take_all("user");
    if (out.output.empty()) out.output = output.take_all("assistant");
    if (out.input.empty()) out.input = plain(span.facts.input, "user");
    if (out.output.empty()) out.output = plain(span.facts.output, "assistant");
    out.input.insert(out.input.begin(), std::make_move_iterator(system.begin()), std::make_move_iterator(system.end()));
    return out;
}

}  // namespace ark::query
