#include "reference/http_call.hpp"

#include "codec/json_writer.hpp"

namespace ark::reference {

Counters::Counters(telemetry::Registry& metrics)
    : skipped_lines(
          metrics.counter("ark_reference_skipped_lines_total", "Lines of chunk streams that are not JSON.", {})),
      refused(
          metrics.counter("ark_reference_refused_total", "Requests on the reference's paths that were refused.", {})) {}

awaitable<void> Call::send(net::Response response) {
    co_await exchange.respond(std::move(response));
}

awaitable<void> Call::answer(int status, std::string json) {
    auto response = json_answer(style(), head(), status, std::move(json));
    co_await exchange.respond(std::move(response));
}

awaitable<void> Call::refuse(Refusal refusal) {
    counters().refused.add();
    auto response = refusal_answer(style(), head(), refusal);
    co_await exchange.respond(std::move(response));
}

awaitable<void> Call::erase(Erasure erasure, std::string message) {
    const auto erased = co_await store().erase(tenant, std::move(erasure));
    if (!erased) co_return co_await refuse(refusal_of(erased.error()));
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("status", "success").field("message", message).end_object();
    co_await answer(200, std::move(body));
}

}  // namespace ark::reference
