#include "tools/mcp/message.hpp"

#include "codec/base64.hpp"
#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"

#include <algorithm>

namespace ark::tools::mcp {

namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::string_view client_name = "ark";
constexpr std::string_view client_version = "1";
constexpr std::size_t quote_bytes_max = 500;

void append_client(JsonWriter& json) {
    json.begin_object().field("name", client_name).field("version", client_version).end_object();
}

void append_capabilities(JsonWriter& json, bool elicitation) {
    json.begin_object();
    if (elicitation) json.key("elicitation").begin_object().end_object();
    json.end_object();
}

void append_meta(JsonWriter& json, const Meta& meta) {
    json.begin_object();
    if (meta.modern) {
        json.field("io.modelcontextprotocol/protocolVersion", modern_version);
        json.key("io.modelcontextprotocol/clientCapabilities");
        append_capabilities(json, meta.elicitation);
        json.key("io.modelcontextprotocol/clientInfo");
        append_client(json);
    }
    if (meta.progress_token) json.field("progressToken", *meta.progress_token);
    for (const auto* name : {"traceparent", "tracestate", "baggage"}) {
        if (meta.context.has(name)) json.field(name, codec::repaired_utf8(meta.context.find(name)));
    }
    json.end_object();
}

std::string described(const JsonValue& part) {
    const auto type = part["type"].text();
    const auto mime = std::string(part["mimeType"].text("unknown type"));
    if (type == "text") return std::string(part["text"].text());
    if (type == "resource_link") return "[resource " + std::string(part["uri"].text()) + "]";
    if (type == "resource") {
        const auto& resource = part["resource"];
        if (resource["text"].is_string()) return std::string(resource["text"].text());
        return "[resource " + std::string(resource["uri"].text()) + "]";
    }
    // What a model cannot read as text would only fill its window.
    const auto bytes = part["data"].text().size() / 4 * 3;
    return "[" + std::string(type) + ", " + mime + ", " + std::to_string(bytes) + " bytes]";
}

}  // namespace

Result<Message> Message::parse(std::string_view text) {
    auto json = JsonValue::parse(text);
    if (!json) return fail(Errc::protocol, "MCP: a message is not JSON");
    if (!json->is_object()) return fail(Errc::protocol, "MCP: a message is no object");
    if ((*json)["jsonrpc"].text() != "2.0") return fail(Errc::protocol, "MCP: a message is not JSON-RPC 2.0");
    return Message{std::move(*json)};
}

bool Message::is_response_to(std::int64_t id) const {
    return method().empty() && json["id"].integer(-1) == id;
}

bool Message::is_request() const {
    return !method().empty() && !json["id"].is_null();
}

bool Message::is_notification() const {
    return !method().empty() && json["id"].is_null();
}

std::string request_text(std::int64_t id, std::string_view method, std::string_view members, const Meta& meta) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").field("id", id).field("method", method).key("params").begin_object();
    const auto given = codec::parsed_or_null(members);
    for (const auto& [name, value] : given.object()) {
        json.key(name);
        value.write(json);
    }
    json.key("_meta");
    append_meta(json, meta);
    json.end_object().end_object();
    return text;
}

std::string notification_text(std::string_view method, std::string_view params) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").field("method", method);
    if (!params.empty()) json.key("params").raw(params);
    json.end_object();
    return text;
}

std::string initialize_members(bool elicitation) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("protocolVersion", newest_legacy_version).key("capabilities");
    append_capabilities(json, elicitation);
    json.key("clientInfo");
    append_client(json);
    json.end_object();
    return text;
}

std::string response_text(const JsonValue& id, std::string_view result) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").key("id");
    id.write(json);
    json.key("result").raw(result).end_object();
    return text;
}

std::string error_text(const JsonValue& id, int code, std::string_view message) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("jsonrpc", "2.0").key("id");
    id.write(json);
    json.key("error").begin_object().field("code", code).field("message", message).end_object().end_object();
    return text;
}

std::vector<ToolInfo> parse_tools(const JsonValue& result) {
    std::vector<ToolInfo> tools;
    for (const auto& each : result["tools"].array()) {
        ToolInfo tool;
        tool.definition.name = each["name"].text();
        if (tool.definition.name.empty() || !each["inputSchema"].is_object()) continue;
        tool.definition.description = each["description"].text();
        tool.definition.parameters = each["inputSchema"].dump();
        tool.title = each["title"].text();
        tool.annotations = each["annotations"];
        for (const auto& [name, property] : each["inputSchema"]["properties"].object()) {
            const auto header = property["x-mcp-header"].text();
            if (!header.empty()) tool.header_parameters.emplace_back(name, header);
        }
        tools.push_back(std::move(tool));
    }
    return tools;
}

ToolResult parse_result(const JsonValue& result) {
    ToolResult out;
    for (const auto& part : result["content"].array()) {
        if (!out.text.empty()) out.text += '\n';
        out.text += described(part);
    }
    const auto& structured = result["structuredContent"];
    if (!structured.is_null()) out.structured = structured.dump();
    if (out.text.empty()) out.text = out.structured;
    out.is_error = result["isError"].boolean();
    return out;
}

Question parse_question(const JsonValue& params) {
    Question question;
    question.message = params["message"].text();
    if (params["mode"].text() == "url") {
        question.url = params["url"].text();
    } else if (params["requestedSchema"].is_object()) {
        question.schema = params["requestedSchema"].dump();
    }
    return question;
}

std::string answer_text(const Answer& answer) {
    std::string text;
    JsonWriter json(text);
    static constexpr std::string_view actions[] = {"accept", "decline", "cancel"};
    json.begin_object().field("action", actions[static_cast<std::size_t>(answer.action)]);
    const auto content = JsonValue::parse(answer.content);
    if (answer.action == Answer::Action::accept && content && content->is_object())
        json.key("content").raw(answer.content);
    json.end_object();
    return text;
}

Error error_of(const JsonValue& error) {
    const auto code = error["code"].integer();
    auto words = codec::repaired_utf8(error["message"].text("no message").substr(0, quote_bytes_max));
    const bool ours = code <= -32600 && code >= -32602;
    return fail(ours ? Errc::bad_argument : Errc::unavailable, "MCP error " + std::to_string(code) + ": " + words);
}

std::string header_value(std::string_view text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7f'; });
    const bool trimmed = text.empty() || (text.front() != ' ' && text.back() != ' ');
    if (plain && trimmed && !text.starts_with("=?base64?")) return std::string(text);
    return "=?base64?" + codec::to_base64(text) + "?=";
}

}  // namespace ark::tools::mcp
