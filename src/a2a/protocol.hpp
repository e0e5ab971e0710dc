#pragma once
#include "base/outcome.hpp"
#include "codec/json_value.hpp"

#include <string>
#include <string_view>
#include <vector>

/// A2A's objects over Queries, in both protocol versions (0.3 and 1.0). Pure.
namespace ark::a2a {

enum class Version { v0_3, v1_0 };

/// The reference's extension: a message that names a Query instead of asking something.
inline constexpr std::string_view query_extension =
    "https://github.com/mckinsey/agents-at-scale-ark/tree/main/ark/api/extensions/query/v1";

inline constexpr int invalid_params = -32602;  // JSON-RPC's

/// A JSON-RPC error.
struct Fault {
    int code = -32603;
    std::string message;
};

enum class Method { send, stream, get, list, cancel, subscribe };
struct Request {
    codec::JsonValue id;
    Method method = Method::send;
    Version version = Version::v0_3;
    codec::JsonValue params;
};
Outcome<Request, Fault> parse_request(std::string_view body, std::string_view version_header);

/// What a message says to us.
struct Message {
    std::string id;
    std::string text;  ///< its text parts, and data parts as JSON
    std::string context_id;
    std::string task_id;
    std::string query_name;  ///< of the extension, in the message's metadata or in that of the request
    std::string query_namespace;
    bool waits = true;  ///< for the end, or a question
};
Outcome<Message, Fault> parse_message(const Request& request);

/// Which agent or team a card is about; an empty name: the engine, which runs queries that it is told.
struct About {
    std::string name;
    std::string description;
    std::string url;  ///< where JSON-RPC is answered
};
/// Readable by both versions.
std::string card_json(const About& about);

/// The whole task of a query.
codec::JsonValue task_of(Version version, const codec::JsonValue& query);
/// Its end as a message with what was spent, as execution engines answer.
codec::JsonValue message_of(Version version, const codec::JsonValue& query);
codec::JsonValue status_update(Version version, const codec::JsonValue& query);
codec::JsonValue artifact_update(Version version, const codec::JsonValue& query);
/// A piece of the answer while it is written; the first of an attempt replaces what came before.
codec::JsonValue artifact_piece(Version version, const codec::JsonValue& query, std::string_view text, bool append);

/// What ListTasks asks for, and which of these queries (all of one agent) it gets: the newest change of status first.
struct ListRequest {
    std::string context_id;
    std::string state;  ///< as the protocol names it; empty: any
    std::string after;  ///< RFC 3339: changed since then
    std::string page;   ///< a nextPageToken
    std::size_t page_size = 50;
    std::size_t history = 1;  ///< messages of it
    bool artifacts = false;
};
Outcome<ListRequest, Fault> parse_list(const Request& request);
codec::JsonValue list_of(const ListRequest& request, const std::vector<const codec::JsonValue*>& queries);

/// 1.0 says in a member what 0.3 says in `kind`: the result of a send, or an item of a stream.
codec::JsonValue wrapped(Version version, std::string_view kind, codec::JsonValue object);

std::string result_text(const codec::JsonValue& id, const codec::JsonValue& result);
std::string fault_text(const codec::JsonValue& id, const Fault& fault);

/// Nothing more happens before somebody does something: the end, or a question that is not the one `answered`.
bool is_settled(const codec::JsonValue& query, std::string_view answered = {});
bool is_final(const codec::JsonValue& query);

/// `spec.input` of an A2ATask for what a client answers to a question; empty: that is no decision.
std::string answer_input(const codec::JsonValue& question, std::string_view text);

}  // namespace ark::a2a
