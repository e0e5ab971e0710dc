#include "query/pages.hpp"

namespace ark::query {
namespace {

Problem not_ready(std::string detail) {
    Problem problem(ProblemKind::not_ready, std::move(detail));
    problem.retry_after_seconds = 1;
    return problem;
}

}  // namespace

Body health_page() {
    Body body;
    body.text = R"({"status":"ok"})";
    return body;
}

Outcome<Body> readiness(const ApiDeps& deps, const ApiConfig& config, const net::RequestHead& head) {
    const auto journal = deps.journal.status();
    if (journal.failed) return not_ready("the journal failed and refuses appends until restart: " + journal.failure);
    const auto views = deps.views.status();
    if (views.failed) return not_ready("the views failed: " + views.failure);
    const auto folded = deps.views.folded();
    const auto end = deps.journal.end();
    const auto lag = end > folded ? end - folded : 0;
    if (lag > config.ready_lag_max) {
        return not_ready("the views are " + std::to_string(lag) + " items behind the journal");
    }
    std::string why;
    if (deps.ready && !deps.ready(why)) return not_ready(std::move(why));

    Body body;
    if (head.fields.find("accept").find("application/json") == std::string_view::npos) {
        // What probes have been told before there was an Ark: only those that ask for JSON get more.
        body.content_type = "text/html; charset=utf-8";
        body.text = "OK";
        return body;
    }
    codec::JsonWriter json(body.text);
    json.begin_object().field("status", "ready").field("lagItems", lag).end_object();
    return body;
}

Body metrics_page(const ApiDeps& deps) {
    Body body;
    body.content_type = "text/plain; version=0.0.4; charset=utf-8";
    if (deps.metrics) body.text = deps.metrics();
    return body;
}

Body openapi_page(std::string_view document) {
    Body body;
    body.text = document;
    body.content_type = "application/vnd.oai.openapi+json;version=3.1";
    body.validator = true;
    return body;
}

Outcome<Body> problem_page(std::string_view slug) {
    const auto* type = find_problem_type(slug);
    if (type == nullptr) return Problem(ProblemKind::not_found, "no problem type \"" + std::string(slug) + "\"");
    Body body;
    body.content_type = "text/plain; charset=utf-8";
    body.validator = true;
    body.text.append(type->title)
        .append(" (")
        .append(type->slug)
        .append(", HTTP ")
        .append(std::to_string(type->status));
    body.text.append(")\n\n").append(type->about).append("\n");
    return body;
}

}  // namespace ark::query
