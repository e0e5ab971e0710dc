#include "reference/http_answer.hpp"

#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"
#include "net/etag.hpp"
#include "reference/json_text.hpp"

#include <algorithm>

namespace ark::reference {
namespace {

net::Response begin(int status) {
    net::Response response;
    response.status = status;
    return response;
}

void add_body(net::Response& response, std::string_view type, std::string body) {
    response.fields.add("content-type", type);
    response.fields.add("etag", net::weak_tag(body));
    response.body = std::move(body);
}

/// RFC 9110 §13.2.2: only what was read successfully can be unchanged; no-cache asks for the whole answer.
bool is_unchanged(const net::RequestHead& head, const net::Response& response) {
    const bool reads = head.method == "GET" || head.method == "HEAD";
    if (!reads || response.status != 200 || !head.fields.has("if-none-match")) return false;
    if (head.fields.find("cache-control").find("no-cache") != std::string_view::npos) return false;
    return net::names_tag(head.fields.find("if-none-match"), response.fields.find("etag"));
}

net::Response answer_of(const net::RequestHead& head, int status, std::string_view type, std::string body) {
    auto response = begin(status);
    add_body(response, type, std::move(body));
    if (!is_unchanged(head, response)) return response;
    auto unchanged = begin(304);
    unchanged.fields.add("etag", response.fields.find("etag"));
    return unchanged;
}

/// The first segment that is malformed, or all of the path.
std::string_view undecodable(std::string_view path) {
    path = path.substr(0, path.find_first_of("?#"));
    std::string_view rest = path;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('/'), rest.size());
        const auto segment = rest.substr(0, end);
        const auto text = net::percent_decode(segment);
        if (!text || !codec::valid_utf8(*text)) return segment;
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return path;
}

}  // namespace

net::Response json_answer(const net::RequestHead& head, int status, std::string body) {
    return answer_of(head, status, "application/json; charset=utf-8", std::move(body));
}

net::Response refusal_answer(const net::RequestHead& head, const Refusal& refusal) {
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().key("error").begin_object();
    json.field("code", refusal.code).field("message", refusal.message);
    json.field("requestId", head.fields.find("x-request-id"));
    json.end_object().end_object();
    auto response = json_answer(head, refusal.status, std::move(body));
    if (refusal.status == 503) response.fields.add("retry-after", "1");
    return response;
}

net::Response text_answer(const net::RequestHead& head, int status, std::string body) {
    return answer_of(head, status, "text/html; charset=utf-8", std::move(body));
}

net::Response empty_answer() {
    return begin(200);
}

net::Fields stream_fields() {
    auto fields = begin(200).fields;
    fields.add("content-type", "text/event-stream");
    fields.add("cache-control", "no-cache");
    fields.add("connection", "keep-alive");
    fields.add("x-accel-buffering", "no");
    return fields;
}

std::optional<net::Response> unrouted_answer(const net::RequestHead& head, const net::Router::Match& match) {
    if (head.path == "/v1" || head.path.starts_with("/v1/")) return std::nullopt;
    if (head.method == "OPTIONS") return match.status == 404 ? std::optional(begin(204)) : std::nullopt;
    if (match.status != 400) return refusal_answer(head, not_found("Not found"));
    return refusal_answer(head, undecodable_path(head));
}

Refusal undecodable_path(const net::RequestHead& head) {
    Refusal refusal(400, "REQUEST_ERROR", "Failed to decode param '");
    refusal.message.append(repaired_utf8(undecodable(head.target))).append("'");
    return refusal;
}

}  // namespace ark::reference
