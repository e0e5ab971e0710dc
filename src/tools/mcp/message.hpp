#pragma once
#include "tools/tool.hpp"

#include <optional>

/// JSON-RPC and MCP as text. Pure. (Model Context Protocol 2024-11-05 to 2026-07-28.)
namespace ark::tools::mcp {

inline constexpr std::string_view modern_version = "2026-07-28";
inline constexpr std::string_view newest_legacy_version = "2025-11-25";

/// A message as it came: a response (`id`, and `result` or `error`), a request (`id`, `method`) or a notification.
struct Message {
    codec::JsonValue json;

    /// protocol: not a JSON-RPC 2.0 object, or a batch.
    static Result<Message> parse(std::string_view text);
    bool is_response_to(std::int64_t id) const;
    bool is_request() const;
    bool is_notification() const;
    std::string_view method() const { return json["method"].text(); }
    const codec::JsonValue& params() const { return json["params"]; }
    const codec::JsonValue& error() const { return json["error"]; }
    std::int64_t error_code() const { return json["error"]["code"].integer(); }
};

struct Meta {
    bool modern = false;       ///< every request says version, capabilities and who we are
    bool elicitation = false;  ///< we can ask people
    std::optional<std::int64_t> progress_token;
    net::Fields context;  ///< traceparent, tracestate and baggage of it go along
};
/// `{"jsonrpc":"2.0","id":7,"method":…,"params":{…members, "_meta":{…}}}`. `members` is a JSON object's text or empty.
std::string request_text(std::int64_t id, std::string_view method, std::string_view members, const Meta& meta);
std::string notification_text(std::string_view method, std::string_view params);
std::string initialize_members(bool elicitation);
/// An answer to the server's own request; `id` is its id as it came.
std::string response_text(const codec::JsonValue& id, std::string_view result);
std::string error_text(const codec::JsonValue& id, int code, std::string_view message);

struct ToolInfo {
    llm::ToolDefinition definition;
    std::string title;
    codec::JsonValue annotations;  ///< untrusted hints
    /// Arguments that travel as header fields too: argument, name behind Mcp-Param-.
    std::vector<std::pair<std::string, std::string>> header_parameters;
};
/// One page of tools/list; what cannot be used is left out.
std::vector<ToolInfo> parse_tools(const codec::JsonValue& result);
/// A result of tools/call: texts joined by line ends, other content described in brackets.
ToolResult parse_result(const codec::JsonValue& result);
Question parse_question(const codec::JsonValue& params);
std::string answer_text(const Answer& answer);
/// The JSON-RPC error in our words: -32602 and the like are bad_argument, the rest unavailable.
Error error_of(const codec::JsonValue& error);
/// A field's value as MCP wants it: visible ASCII as it is, anything else as `=?base64?…?=`.
std::string header_value(std::string_view text);

}  // namespace ark::tools::mcp
