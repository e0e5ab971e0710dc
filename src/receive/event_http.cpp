#include "receive/event_http.hpp"

#include "codec/json_writer.hpp"

namespace ark::receive {
namespace {

std::string_view code_of(const Error& error) {
    switch (error.code) {
        case Errc::bad_payload:
        case Errc::bad_argument:
            return "VALIDATION_ERROR";
        case Errc::too_large:
        case Errc::unsupported:
            return "REQUEST_ERROR";
        case Errc::overloaded:
            return "OVERLOADED";
        case Errc::unauthorized:
            return "UNAUTHORIZED";
        case Errc::forbidden:
            return "FORBIDDEN";
        default:
            return is_retryable(error.code) ? "UNAVAILABLE" : "INTERNAL_ERROR";
    }
}

net::Response error_response(const Error& error, std::string_view request_id) {
    net::Response response;
    response.status = http_status(error.code);
    response.fields.add("content-type", "application/json; charset=utf-8");
    if (is_retryable(error.code)) response.fields.add("retry-after", "1");
    codec::JsonWriter json(response.body);
    json.begin_object().key("error").begin_object();
    json.field("code", code_of(error)).field("message", error.context);
    if (!request_id.empty()) json.field("requestId", request_id);
    json.end_object().end_object();
    return response;
}

awaitable<Result<Accepted>> accept(Intake& intake, net::Exchange& exchange) {
    auto tenant = intake.tenant(exchange.head());
    if (!tenant) co_return tenant.error();
    auto hold = intake.admission().reserve(exchange.head());
    if (!hold) co_return fail(Errc::overloaded, "too many request bytes in flight");
    const auto encoding = exchange.head().fields.find("content-encoding");
    if (!encoding.empty() && encoding != "identity") {
        co_return fail(Errc::unsupported, "content encoding '" + std::string(encoding) + "': send identity");
    }
    auto body = co_await intake.admission().read_body(exchange, hold, intake.config().request_bytes_max);
    if (!body) co_return body.error();
    co_return co_await intake.take_events(std::move(*tenant), std::move(*body));
}

}  // namespace

awaitable<void> serve_events(Intake& intake, net::Exchange& exchange) {
    const auto outcome = co_await accept(intake, exchange);
    intake.count(otlp::Signal::logs, Wire::events, outcome);
    net::Response response;
    if (!outcome) {
        response = error_response(outcome.error(), exchange.head().fields.find("x-request-id"));
    } else {
        response.status = 201;
        response.fields.add("content-type", "application/json; charset=utf-8");
        intake.add_receipt(response.fields, *outcome);
        response.body = R"({"status":"success"})";
    }
    co_await exchange.respond(std::move(response));
}

}  // namespace ark::receive
