#include "evaluations/request.hpp"

#include "base/duration.hpp"

#include <algorithm>
#include <array>

namespace ark::evaluations {
namespace {

constexpr std::size_t nesting_max = 64;

Error bad(std::string_view member, std::string_view what) {
    return fail(Errc::bad_argument, std::string(member) + ": " + std::string(what));
}

Status check_members(const JsonValue& body) {
    static constexpr std::array known{"evaluation", "expression", "query",  "session", "filter", "explain",
                                      "failFast",   "dryRun",     "strict", "live",    "wait",   "until"};
    for (const auto& [name, value] : body.object()) {
        if (std::find(known.begin(), known.end(), name) == known.end()) return bad(name, "unknown member");
    }
    return ok();
}

/// An evaluator's request, or an Evaluation, may be the whole body.
bool is_document(const JsonValue& body) {
    return body["evaluation"].is_null() && body["expression"].is_null() &&
           !(body["spec"].is_null() && body["config"].is_null() && body["rules"].is_null() && body["type"].is_null());
}

Status read_flag(const JsonValue& body, std::string_view name, bool& into) {
    const auto& said = body[name];
    if (said.is_null()) return ok();
    if (!std::holds_alternative<bool>(said.data)) return bad(name, "must be true or false");
    into = said.boolean();
    return ok();
}

Status read_text(const JsonValue& body, std::string_view name, std::string& into) {
    const auto& said = body[name];
    if (said.is_null()) return ok();
    if (!said.is_string()) return bad(name, "must be a text");
    into = said.text();
    return ok();
}

/// Nothing when the member is absent.
Result<std::optional<std::chrono::nanoseconds>> read_time(const JsonValue& body, std::string_view name,
                                                          std::chrono::nanoseconds longest) {
    const auto& said = body[name];
    if (said.is_null()) return std::optional<std::chrono::nanoseconds>{};
    const auto time = parse_duration(said.text());
    if (!time || time->count() < 0 || *time > longest)
        return bad(name, "must be a duration such as 30s, at most " + to_text(longest));
    return time;
}

Status read_options(const JsonValue& body, Request& request) {
    ARK_TRY_STATUS(check_members(body));
    ARK_TRY_STATUS(read_text(body, "query", request.subject.query));
    ARK_TRY_STATUS(read_text(body, "session", request.subject.session));
    ARK_TRY_STATUS(read_text(body, "expression", request.expression));
    ARK_TRY_STATUS(read_flag(body, "explain", request.explain));
    ARK_TRY_STATUS(read_flag(body, "failFast", request.fail_fast));
    ARK_TRY_STATUS(read_flag(body, "dryRun", request.dry_run));
    ARK_TRY_STATUS(read_flag(body, "strict", request.strict));
    ARK_TRY_STATUS(read_flag(body, "live", request.live));
    ARK_TRY(request.wait, read_time(body, "wait", wait_max));
    ARK_TRY(const auto until, read_time(body, "until", until_max));
    request.until = until.value_or(until_default);
    request.filter = body["filter"];
    return ok();
}

Status check_together(const Request& request) {
    if (request.definition && !request.expression.empty()) return bad("expression", "give it or evaluation, not both");
    if (!request.definition && request.expression.empty()) return bad("evaluation", "give it, or an expression");
    if (request.live && !request.definition) return bad("live", "only an evaluation can go on, not one expression");
    if (request.live && request.dry_run) return bad("dryRun", "a live evaluation is recorded");
    if (request.wait && request.subject.query.empty()) return bad("wait", "needs a query to wait for");
    return ok();
}

}  // namespace

Result<Request> read_request(std::string_view body) {
    auto parsed = JsonValue::parse(body, nesting_max);
    if (!parsed) return fail(Errc::bad_argument, "the body is not JSON: " + parsed.error().context);
    if (!parsed->is_object()) return fail(Errc::bad_argument, "the body must be a JSON object");
    Request request;
    const bool whole = is_document(*parsed);
    request.until = until_default;
    if (!whole) {
        ARK_TRY_STATUS(read_options(*parsed, request));
    }
    const auto& document = whole ? *parsed : (*parsed)["evaluation"];
    if (!document.is_null()) {
        ARK_TRY(request.definition, read_definition(document));
        const auto& own = request.definition->subject;
        if (request.subject.query.empty()) request.subject.query = own.query;
        if (request.subject.session.empty()) request.subject.session = own.session;
        request.subject.namespace_ = own.namespace_;
    }
    ARK_TRY_STATUS(check_together(request));
    request.document = std::move(*parsed);
    return request;
}

}  // namespace ark::evaluations
