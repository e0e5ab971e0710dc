#include "reference/http_call.hpp"

#include "codec/json_writer.hpp"

namespace ark::reference {

Counters::Counters(telemetry::Registry& metrics)
    : skipped_lines(
          metrics.counter("ark_reference_skipped_lines_total", "Lines of chunk streams that are not JSON.", {})),
      refused(
          metrics.counter("ark_reference_refused_total", "Requests on the reference's paths that were refused.", {})) {}

Outcome<receive::ByteBudget::Hold> Call::reserve() const {
    auto hold = shared_.ground.admission.reserve(head());
    if (!hold) return refusal_of(fail(Errc::overloaded, "too many request bytes in flight"));
    return hold;
}

void Call::acknowledge(const journal::Receipt& receipt) {
    receipt_ = receipt.cursor();
}

awaitable<void> Call::send(net::Response response) {
    if (receipt_) {
        response.fields.add("ark-receipt", receipt_->text());
        response.fields.add("ark-durability", shared_.ground.durability);
    }
    co_await exchange.respond(std::move(response));
}

awaitable<void> Call::answer(int status, std::string json) {
    auto response = json_answer(head(), status, std::move(json));
    co_await send(std::move(response));
}

awaitable<void> Call::refuse(Refusal refusal) {
    counters().refused.add();
    auto response = refusal_answer(head(), refusal);
    co_await exchange.respond(std::move(response));
}

awaitable<void> Call::erase(Erasure erasure, std::string message) {
    const auto erased = co_await store().erase(tenant, std::move(erasure));
    if (!erased) co_return co_await refuse(refusal_of(erased.error()));
    acknowledge(*erased);
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("status", "success").field("message", message).end_object();
    co_await answer(200, std::move(body));
}

}  // namespace ark::reference
