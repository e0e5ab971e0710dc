#pragma once
#include "net/http.hpp"
#include "reference/http_answer.hpp"
#include "reference/params.hpp"
#include "reference/routes.hpp"
#include "runtime/work_pool.hpp"

#include <optional>
#include <string>

namespace ark::reference {

/// Counted for /metrics.
struct Counters {
    explicit Counters(telemetry::Registry& metrics);

    telemetry::Counter& skipped_lines;
    telemetry::Counter& refused;
};

/// What the handlers share.
struct Shared {
    explicit Shared(Ground all) : ground(std::move(all)), counters(ground.metrics) {}

    const Ground ground;
    Counters counters;
};

/// One request on its way through a handler. Lives on the exchange's executor, for the exchange's time.
class Call {
public:
    Call(Shared& shared, net::Exchange& served, std::string tenant_name)
        : exchange(served), params(served.head().raw_query), tenant(std::move(tenant_name)), shared_(shared) {}

    const net::RequestHead& head() const { return exchange.head(); }
    /// The n-th value of the path.
    const std::string& path(std::size_t n) const { return exchange.head().path_values[n]; }
    Store& store() const { return shared_.ground.store; }
    Counters& counters() const { return shared_.counters; }
    const receive::Admission& admission() const { return shared_.ground.admission; }

    /// Memory for the body that the head announces. Refusal: overloaded.
    Outcome<receive::ByteBudget::Hold> reserve() const;
    /// What the coming answer proves: the items' cursor, and how durable they are.
    void acknowledge(const journal::Receipt& receipt);
    awaitable<void> answer(int status, std::string json);
    awaitable<void> refuse(Refusal refusal);
    awaitable<void> send(net::Response response);
    /// {"status":"success","message":…} once the items are gone.
    awaitable<void> erase(Erasure erasure, std::string message);
    /// Runs `read`, which may block and returns Outcome<std::string>, on the work pool, once every write that was
    /// acknowledged before is visible; answers with the JSON it makes, or refuses. `read` is a named object.
    template <class Read>
    awaitable<void> answer_with(Read& read);

    net::Exchange& exchange;
    const Params params;
    const std::string tenant;

private:
    Shared& shared_;
    std::optional<Cursor> receipt_;
};

template <class Read>
awaitable<void> Call::answer_with(Read& read) {
    const auto ready = co_await store().caught_up();
    if (!ready) co_return co_await refuse(refusal_of(ready.error()));
    auto outcome = co_await runtime::on(shared_.ground.work, read);
    if (!outcome) co_return co_await refuse(std::move(outcome).error());
    co_await answer(200, std::move(*outcome));
}

}  // namespace ark::reference
