#include "query/problem.hpp"

#include "codec/json_writer.hpp"
#include "items/expression.hpp"

namespace ark::query {
namespace {

constexpr ProblemType types[] = {
    {ProblemKind::unknown_parameter, "unknown-parameter", 400, "Unknown query parameter",
     "The request has a query parameter that this resource does not know. Unknown parameters are refused instead of "
     "ignored, "
     "so that a misspelt filter never answers with everything. The hint names the closest known parameter."},
    {ProblemKind::invalid_parameter, "invalid-parameter", 400, "Invalid parameter value",
     "A query parameter, a part of the path or a member of the body has a value that cannot be used. \"errors\" names "
     "it and says what is "
     "expected."},
    {ProblemKind::invalid_expression, "invalid-expression", 400, "Invalid expression",
     "The text of filter= is not an expression that can be evaluated. \"errors\" has everything that is wrong with it: "
     "a "
     "code, the position (offset in bytes; line and column from 1) and, for misspelt names, a suggestion."},
    {ProblemKind::cursor_invalid, "cursor-invalid", 400, "Not a cursor",
     "The cursor is not one that this server issued. Cursors are opaque: pass nextCursor back unchanged."},
    {ProblemKind::cursor_mismatch, "cursor-mismatch", 400, "The cursor belongs to another list",
     "A cursor continues one list: the same path, tenant, filter and order. It was used with another one. "
     "Repeat the request without a cursor."},
    {ProblemKind::cursor_expired, "cursor-expired", 410, "The cursor belongs to an earlier history",
     "The journal was replaced since the cursor was issued, so its position means nothing any more. Start over without "
     "it."},
    {ProblemKind::not_available, "not-available", 400, "Not available yet",
     "The request uses a part of the API that is reserved but not served by this version. /v1/meta lists the "
     "features."},
    {ProblemKind::not_found, "not-found", 404, "Not found",
     "There is no such thing, or it belongs to another tenant. What was written a moment ago can be waited for with "
     "at_least=<the cursor of its receipt>."},
    {ProblemKind::expired, "expired", 410, "Older than retention keeps",
     "The item existed, but retention removed it. Summaries of its session, query and trace stay."},
    {ProblemKind::unauthorized, "unauthorized", 401, "No valid credential",
     "The request needs a credential that is valid."},
    {ProblemKind::forbidden, "forbidden", 403, "Not allowed", "The credential does not allow this request."},
    {ProblemKind::conflict, "conflict", 409, "The state does not allow this",
     "The request contradicts the present state of the resource."},
    {ProblemKind::too_large, "too-large", 413, "Too large", "A limit on size was exceeded. /v1/meta lists the limits."},
    {ProblemKind::overloaded, "overloaded", 503, "Too many requests under way",
     "The server reads for as many requests at once as it is allowed to. Try again after the seconds in Retry-After."},
    {ProblemKind::unavailable, "unavailable", 503, "Temporarily unavailable",
     "The server cannot answer now. Try again after the seconds in Retry-After."},
    {ProblemKind::not_ready, "not-ready", 503, "Not ready",
     "The server is alive but should get no traffic yet: it is catching up, or its journal failed. \"detail\" says "
     "which."},
    {ProblemKind::deadline, "deadline", 504, "Waited too long",
     "The views did not reach the position of at_least in time. Try again: the position stays valid."},
    {ProblemKind::not_implemented, "not-implemented", 501, "This process cannot do that",
     "The request is valid, but needs a part of Ark that is not here. \"detail\" says which."},
    {ProblemKind::internal, "internal", 500, "Internal error",
     "A defect of the server. Its log has the details under the request id."},
};

ProblemKind kind_of(Errc code) {
    switch (code) {
        case Errc::bad_argument:
        case Errc::bad_payload:
        case Errc::unsupported:
        case Errc::protocol:
            return ProblemKind::invalid_parameter;
        case Errc::too_large:
            return ProblemKind::too_large;
        case Errc::not_found:
            return ProblemKind::not_found;
        case Errc::conflict:
            return ProblemKind::conflict;
        case Errc::unauthorized:
            return ProblemKind::unauthorized;
        case Errc::forbidden:
            return ProblemKind::forbidden;
        case Errc::overloaded:
            return ProblemKind::overloaded;
        case Errc::deadline:
            return ProblemKind::deadline;
        case Errc::expired:
            return ProblemKind::expired;
        case Errc::unavailable:
        case Errc::stopped:
        case Errc::io:
        case Errc::disk_full:
        case Errc::journal_failed:
        case Errc::connect:
        case Errc::closed:
            return ProblemKind::unavailable;
        case Errc::internal:
        case Errc::corrupt:
        case Errc::config:
            break;
    }
    return ProblemKind::internal;
}

}  // namespace

std::span<const ProblemType> problem_types() {
    return types;
}

const ProblemType& problem_type(ProblemKind kind) {
    for (const auto& type : types) {
        if (type.kind == kind) return type;
    }
    ARK_CHECK(false, "problem kind {} has no row", static_cast<int>(kind));
    return types[0];
}

const ProblemType* find_problem_type(std::string_view slug) {
    for (const auto& type : types) {
        if (type.slug == slug) return &type;
    }
    return nullptr;
}

Problem::Problem(const Error& error) : kind(kind_of(error.code)) {
    const auto& type = problem_type(kind);
    detail = type.status >= 500 ? std::string(describe(error.code)) : error.context;
    if (type.status >= 500) cause = error.message();
    if (kind == ProblemKind::overloaded || kind == ProblemKind::unavailable) retry_after_seconds = 1;
}

Problem unknown_parameter(std::string_view name, std::string_view suggestion) {
    Problem problem(ProblemKind::unknown_parameter, "this resource has no parameter \"" + std::string(name) + "\"");
    if (!suggestion.empty()) problem.hint = "did you mean \"" + std::string(suggestion) + "\"?";
    problem.errors.push_back({std::string(name), "unknown"});
    return problem;
}

Problem invalid_parameter(std::string_view name, std::string detail, std::string hint) {
    Problem problem(ProblemKind::invalid_parameter, std::string(name) + ": " + detail);
    problem.hint = std::move(hint);
    problem.errors.push_back({std::string(name), std::move(detail)});
    return problem;
}

Problem invalid_expression(std::string_view name, const expr::Issues& issues) {
    Problem problem(ProblemKind::invalid_expression, std::string(name) + ": " + expr::to_text(issues.list.front()));
    for (const auto& issue : issues.list)
        problem.errors.push_back({std::string(name), expr::to_text(issue), issue});
    return problem;
}

std::string write_problem(const Problem& problem, std::string_view instance, std::string_view request_id) {
    const auto& type = problem_type(problem.kind);
    std::string out;
    codec::JsonWriter json(out);
    json.begin_object();
    json.field("type", "/problems/" + std::string(type.slug));
    json.field("title", type.title);
    json.field("status", type.status);
    if (!problem.detail.empty()) json.field("detail", problem.detail);
    if (!instance.empty()) json.field("instance", instance);
    if (!request_id.empty()) json.field("requestId", request_id);
    if (!problem.errors.empty()) {
        json.key("errors").begin_array();
        for (const auto& error : problem.errors) {
            json.begin_object().field("parameter", error.parameter).field("detail", error.detail);
            if (error.issue) items::write_issue_members(json, *error.issue);
            json.end_object();
        }
        json.end_array();
    }
    if (!problem.hint.empty()) json.field("hint", problem.hint);
    json.end_object();
    return out;
}

net::Response problem_response(const Problem& problem, std::string_view instance, std::string_view request_id) {
    net::Response response;
    response.status = problem_type(problem.kind).status;
    response.fields.add("content-type", "application/problem+json");
    response.fields.add("cache-control", "no-store");
    if (problem.kind == ProblemKind::unauthorized) response.fields.add("www-authenticate", "Bearer");
    if (problem.retry_after_seconds > 0)
        response.fields.add("retry-after", std::to_string(problem.retry_after_seconds));
    response.body = write_problem(problem, instance, request_id);
    return response;
}

}  // namespace ark::query
