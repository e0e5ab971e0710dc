#include "net/answers.hpp"

#include "base/hex.hpp"
#include "net/grpc.hpp"
#include "net/head.hpp"

#include <algorithm>
#include <cstdio>
#include <typeinfo>

#include <fmt/core.h>

namespace ark::net {

namespace {

constexpr std::string_view allowed_methods = "GET, POST, DELETE, OPTIONS";
constexpr std::string_view allowed_headers =
    "content-type, content-encoding, authorization, traceparent, tracestate, baggage, last-event-id, x-request-id, "
    "idempotency-key";
constexpr std::string_view exposed_headers = "x-request-id, retry-after";

bool is_printable(std::string_view id) {
    return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

struct Problem {
    int status;
    std::string_view type;
    std::string_view title;
};

constexpr Problem problems[] = {
    {400, "bad-request", "Bad Request"},
    {404, "not-found", "Not Found"},
    {405, "method-not-allowed", "Method Not Allowed"},
    {408, "timeout", "Request Timeout"},
    {413, "too-large", "Content Too Large"},
    {431, "fields-too-large", "Request Header Fields Too Large"},
    {500, "internal", "Internal Server Error"},
    {501, "not-implemented", "Not Implemented"},
    {505, "version", "HTTP Version Not Supported"},
};

struct Reason {
    int status;
    std::string_view text;
};

constexpr Reason reasons[] = {
    {200, "OK"},
    {100, "Continue"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {499, "Client Closed Request"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
    {507, "Insufficient Storage"},
};

awaitable<void> answer_unrouted(const Router& router, const Answers& answers, const RequestHead& head,
                                Router::Match match, Exchange& exchange) {
    Response response;
    const auto& unrouted = router.unrouted();
    if (auto own = unrouted && !grpc::is_grpc(head) ? unrouted(head, match) : std::nullopt) {
        response = std::move(*own);
    } else if (head.method == "OPTIONS" && (match.status == 405 || head.path == "*" || head.fields.has("origin"))) {
        response = answers.options(head, match.allow);
    } else if (grpc::is_grpc(head)) {
        response = grpc::error(12, "no such method");
    } else if (match.status == 400) {
        response = problem(400, "the path cannot be decoded", &head);
    } else if (match.status == 405) {
        response = problem(405, "the path does not serve this method", &head);
        response.fields.add("allow", match.allow);
    } else {
        response = problem(404, "no such path", &head);
    }
    co_await exchange.respond(std::move(response));
}

/// One more member of an object; what JSON would have to escape is left out.
void append_plain(std::string& object, std::string_view name, std::string_view text) {
    const auto plain = [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; };
    if (text.empty() || !std::all_of(text.begin(), text.end(), plain)) return;
    object.append(",\"").append(name).append("\":\"").append(text).append("\"");
}

/// Runs the handler; its exceptions end here.
awaitable<void> run_guarded(const Handler& handler, const RequestHead& head, Exchange& exchange) {
    try {
        co_await handler(exchange);
    } catch (const std::exception& e) {
        // Not its text: that may quote what the request carried.
        fmt::print(stderr, "net: the handler of {} {} threw {}\n", head.method, head.path, typeid(e).name());
    } catch (...) {
        fmt::print(stderr, "net: the handler of {} {} threw\n", head.method, head.path);
    }
}

}  // namespace

std::string_view reason(int status) {
    for (const auto& known : reasons) {
        if (known.status == status) return known.text;
    }
    return "Status";
}

Response problem(int status, std::string_view detail, const RequestHead* head) {
    Problem chosen{status, "error", "Error"};
    for (const auto& known : problems) {
        if (known.status == status) chosen = known;
    }
    Response response;
    response.status = status;
    response.fields.add("content-type", "application/problem+json");
    response.body = fmt::format(R"({{"type":"/problems/{}","title":"{}","status":{},"detail":"{}")", chosen.type,
                                chosen.title, status, detail);
    if (head != nullptr) {
        append_plain(response.body, "instance", head->path);
        append_plain(response.body, "requestId", head->fields.find("x-request-id"));
    }
    response.body.push_back('}');
    return response;
}

void Answers::identify(RequestHead& head) {
    if (is_printable(head.fields.find("x-request-id"))) return;
    head.fields.set("x-request-id", random_.uuid());
}

bool Answers::allows(std::string_view origin) const {
    return std::any_of(origins_.begin(), origins_.end(),
                       [origin](const std::string& allowed) { return allowed == "*" || allowed == origin; });
}

void Answers::decorate(const RequestHead& head, Fields& fields) const {
    fields.add("x-request-id", head.fields.find("x-request-id"));
    if (origins_.empty()) return;
    fields.add("vary", "origin");
    const auto origin = head.fields.find("origin");
    if (origin.empty() || !allows(origin)) return;
    fields.set("access-control-allow-origin", origin);
    fields.set("access-control-expose-headers", exposed_headers);
}

Response Answers::options(const RequestHead& head, std::string_view allow) const {
    Response response;
    response.status = 204;
    if (!allow.empty()) response.fields.add("allow", allow);
    const auto origin = head.fields.find("origin");
    if (!origin.empty() && head.fields.has("access-control-request-method") && allows(origin)) {
        response.fields.add("access-control-allow-methods", allowed_methods);
        response.fields.add("access-control-allow-headers", allowed_headers);
        response.fields.add("access-control-max-age", "600");
    }
    return response;
}

// No coroutine itself: its frame would stay for as long as a stream is open.
awaitable<void> dispatch(const Router& router, Answers& answers, RequestHead& head, Exchange& exchange) {
    answers.identify(head);
    auto match = router.match(head.method, raw_path(head));
    if (match.handler == nullptr) return answer_unrouted(router, answers, head, std::move(match), exchange);
    head.path_values = std::move(match.path_values);
    return run_guarded(*match.handler, head, exchange);
}

}  // namespace ark::net
