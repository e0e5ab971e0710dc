#include "evaluations/service.hpp"

#include "base/random.hpp"
#include "evaluations/follower.hpp"
#include "evaluations/index.hpp"
#include "evaluations/live.hpp"
#include "evaluations/result_json.hpp"
#include "evaluations/rows.hpp"

#include <atomic>
#include <stop_token>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>

namespace ark::evaluations {
namespace {

constexpr int cancel_tries = 400;                         // of 5 ms; then the answer is that it will be
constexpr std::chrono::milliseconds settled_poll{1'000};  // a query may end by falling silent, which folds nothing

/// One of a bounded number of places.
class Turn {
public:
    Turn(std::atomic<std::size_t>& taken, std::size_t places) : taken_(taken), held_(taken_.fetch_add(1) < places) {}
    ~Turn() { taken_.fetch_sub(1); }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    explicit operator bool() const { return held_; }

private:
    std::atomic<std::size_t>& taken_;
    const bool held_;
};

net::Response json_response(int status, const JsonValue& body) {
    net::Response response;
    response.status = status;
    response.fields.add("content-type", "application/json");
    response.fields.add("cache-control", "no-store");
    response.body = body.dump();
    return response;
}

class ServiceImpl final : public Service {
public:
    ServiceImpl(const ServiceConfig& config, ServiceDeps deps)
        : config_(config),
          deps_(std::move(deps)),
          runner_deps_{deps_.views, deps_.journal, deps_.clock, {}, {}},
          index_(deps_.disk, config.directory + "/index.json", deps_.journal.epoch()),
          live_(live_config(config), deps_.journal, deps_.views, deps_.clock),
          follower_(index_, live_, runner_deps_),
          id_seed_(random_seed()) {}
    ~ServiceImpl() override { stop(); }

    void register_routes(net::Router& router) override {
        router.add("POST", "/v1/evaluations", [this](net::Exchange& exchange) { return serve_post(exchange); });
        router.add("GET", "/v1/evaluations", [this](net::Exchange& exchange) { return serve_list(exchange); });
        router.add("GET", "/v1/evaluations/{id}", [this](net::Exchange& exchange) { return serve_one(exchange); });
        router.add("DELETE", "/v1/evaluations/{id}",
                   [this](net::Exchange& exchange) { return serve_cancel(exchange); });
    }
    void register_metrics(telemetry::Registry& registry) override;
    void start() override { follower_.start(); }
    void end_waits() override { stopping_.request_stop(); }
    void stop() override { follower_.stop(); }

private:
    static LiveConfig live_config(const ServiceConfig& config) {
        LiveConfig live;
        live.live_max = config.live_max;
        return live;
    }
    net::Response refuse(const net::RequestHead& head, const Error& error) {
        refused_.fetch_add(1, std::memory_order_relaxed);
        return deps_.problem(error, head);
    }

    awaitable<void> serve_post(net::Exchange& exchange);
    awaitable<void> serve_list(net::Exchange& exchange);
    awaitable<void> serve_one(net::Exchange& exchange);
    awaitable<void> serve_cancel(net::Exchange& exchange);
    awaitable<Result<net::Response>> post(net::Exchange& exchange);
    awaitable<void> wait_for_views(Offset offset);
    awaitable<Status> wait_for_end(std::string tenant, Request& request);
    awaitable<void> sleep_until_folded(std::chrono::nanoseconds at_most, Offset seen);

    Result<net::Response> perform(const std::string& tenant, Request request);
    Result<net::Response> evaluate(const Runner& runner);
    Result<net::Response> begin_live(Runner runner);
    Status check(const Runner& runner) const;
    Result<net::Response> list(const std::string& tenant, const net::RequestHead& head) const;
    Result<net::Response> one(const std::string& tenant, const std::string& id) const;
    Result<net::Response> cancel(const std::string& tenant, const std::string& id);
    bool query_runs(const std::string& tenant, const std::string& query) const;
    /// Known to the index at once: whoever was answered may ask.
    void index_now(Offset end);
    std::string fresh_id() {
        return "ev-" + Random(id_seed_ + next_id_.fetch_add(1, std::memory_order_relaxed)).uuid();
    }

    const ServiceConfig config_;
    const ServiceDeps deps_;
    const RunnerDeps runner_deps_;
    Index index_;
    Live live_;
    Follower follower_;
    const std::uint64_t id_seed_;
    std::atomic<std::uint64_t> next_id_ = 0;
    std::atomic<std::size_t> running_ = 0;
    std::atomic<std::size_t> waiting_ = 0;
    std::stop_source stopping_;
    std::atomic<std::uint64_t> evaluated_ = 0;
    std::atomic<std::uint64_t> refused_ = 0;
};

// ---- net threads ----

awaitable<void> ServiceImpl::serve_post(net::Exchange& exchange) {
    auto outcome = co_await post(exchange);
    auto response = outcome ? std::move(*outcome) : refuse(exchange.head(), outcome.error());
    co_await exchange.respond(std::move(response));
}

awaitable<Result<net::Response>> ServiceImpl::post(net::Exchange& exchange) {
    auto tenant = deps_.tenant_of(exchange.head());
    if (!tenant) co_return tenant.error();
    auto body = co_await exchange.read_body(config_.body_bytes_max);
    if (!body) co_return body.error();
    auto request = read_request(body->view());
    if (!request) co_return request.error();
    if (request->wait) {
        auto status = co_await wait_for_end(*tenant, *request);
        if (!status) co_return status.error();
    }
    co_await wait_for_views(deps_.journal.end());
    const Turn turn(running_, config_.running_max);
    if (!turn) co_return fail(Errc::overloaded, "too many evaluations are under way");
    auto job = [&] { return perform(*tenant, std::move(*request)); };
    auto response = co_await runtime::on(deps_.work, job);
    co_return response;
}

/// What was acknowledged before the request is seen by it, unless the views are far behind: then what they show counts.
awaitable<void> ServiceImpl::wait_for_views(Offset offset) {
    const auto begun = deps_.clock.monotonic_nanos();
    deps_.views.hurry_to(offset);
    for (;;) {
        const auto seen = deps_.views.folded();
        const auto waited = std::chrono::nanoseconds(deps_.clock.monotonic_nanos() - begun);
        if (seen >= offset || waited >= config_.views_wait_max) co_return;
        co_await sleep_until_folded(config_.views_wait_max - waited, seen);
    }
}

awaitable<Status> ServiceImpl::wait_for_end(std::string tenant, Request& request) {
    const Turn turn(waiting_, config_.waiting_max);
    if (!turn) co_return fail(Errc::overloaded, "too many evaluations wait for their query");
    const auto begun = deps_.clock.monotonic_nanos();
    for (;;) {
        if (stopping_.stop_requested()) co_return fail(Errc::unavailable, "the broker is stopping");
        const auto seen = deps_.views.folded();
        auto ask = [&] { return query_runs(tenant, request.subject.query); };
        const bool runs = co_await runtime::on(deps_.work, ask);
        const auto waited = std::chrono::nanoseconds(deps_.clock.monotonic_nanos() - begun);
        if (!runs || waited >= *request.wait) co_return ok();
        const auto rest = std::min<std::chrono::nanoseconds>(*request.wait - waited, settled_poll);
        co_await sleep_until_folded(rest, seen);
    }
}

awaitable<void> ServiceImpl::sleep_until_folded(std::chrono::nanoseconds at_most, Offset seen) {
    const auto executor = co_await asio::this_coro::executor;
    // Shared with the listener, which may be in its last call while we leave.
    const auto timer = std::make_shared<asio::steady_timer>(executor);
    timer->expires_after(at_most);
    std::function<void(Offset)> wake = [timer, executor](Offset) {
        asio::post(executor, [timer] { timer->cancel(); });
    };
    const std::stop_callback stopping(stopping_.get_token(), [wake] { wake(Offset()); });
    const auto listening = deps_.views.on_folded(std::move(wake));
    if (deps_.views.folded() != seen) co_return;
    boost::system::error_code woken;
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
}

awaitable<void> ServiceImpl::serve_list(net::Exchange& exchange) {
    auto tenant = deps_.tenant_of(exchange.head());
    auto outcome = tenant ? list(*tenant, exchange.head()) : Result<net::Response>(tenant.error());
    auto response = outcome ? std::move(*outcome) : refuse(exchange.head(), outcome.error());
    co_await exchange.respond(std::move(response));
}

awaitable<void> ServiceImpl::serve_one(net::Exchange& exchange) {
    const auto& head = exchange.head();
    auto job = [&]() -> Result<net::Response> {
        ARK_TRY(const auto tenant, deps_.tenant_of(head));
        return one(tenant, head.path_values[0]);
    };
    auto outcome = co_await runtime::on(deps_.work, job);
    auto response = outcome ? std::move(*outcome) : refuse(head, outcome.error());
    co_await exchange.respond(std::move(response));
}

awaitable<void> ServiceImpl::serve_cancel(net::Exchange& exchange) {
    const auto& head = exchange.head();
    auto job = [&]() -> Result<net::Response> {
        ARK_TRY(const auto tenant, deps_.tenant_of(head));
        return cancel(tenant, head.path_values[0]);
    };
    auto outcome = co_await runtime::on(deps_.work, job);
    auto response = outcome ? std::move(*outcome) : refuse(head, outcome.error());
    co_await exchange.respond(std::move(response));
}

// ---- work pool ----

bool ServiceImpl::query_runs(const std::string& tenant, const std::string& query) const {
    const auto row = deps_.views.query(tenant, query);
    if (!row || !*row) return true;  // not seen yet: it may still come
    using views::State;
    const auto state = (*row)->state;
    return state != State::done && state != State::error && state != State::canceled && state != State::interrupted;
}

Result<net::Response> ServiceImpl::perform(const std::string& tenant, Request request) {
    ARK_TRY(auto runner, Runner::create(runner_deps_, tenant, std::move(request)));
    evaluated_.fetch_add(1, std::memory_order_relaxed);
    // What is live may be there before its query.
    if (!runner.request().live) {
        ARK_TRY_STATUS(runner.check_subject());
    }
    if (!runner.evaluation()) {
        ARK_TRY(const auto value, runner.run_expression());
        return json_response(200, value);
    }
    ARK_TRY_STATUS(check(runner));
    if (runner.request().live) return begin_live(std::move(runner));
    return evaluate(runner);
}

Status ServiceImpl::check(const Runner& runner) const {
    if (!runner.request().strict || runner.evaluation()->compiles()) return ok();
    const auto& rules = runner.evaluation()->definition().rules;
    const auto& expressions = runner.evaluation()->expressions();
    std::string what;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        for (const auto& problem : expressions[i].problems)
            what += (what.empty() ? "" : "; ") + rules[i].name + ": " + problem.code + ": " + problem.message;
    }
    return fail(Errc::bad_argument, what);
}

Result<net::Response> ServiceImpl::evaluate(const Runner& runner) {
    const auto& request = runner.request();
    const auto at = deps_.views.folded();
    ARK_TRY(const auto result, runner.run_evaluation(at));
    auto body = json_of(result, request.explain ? Explain::yes : Explain::no);
    body.set("cursor", JsonValue{Cursor{deps_.journal.epoch(), at}.text()});
    if (request.dry_run) return json_response(200, body);
    const auto id = fresh_id();
    body.set("id", JsonValue{id});
    body.set("state", JsonValue{std::string(name(Row::State::done))});
    auto record = runner.record(Record::Kind::done, id);
    record.passed = result.passed;
    record.score = result.score;
    record.body = body.dump();
    ARK_TRY(const auto receipt, append_and_wait(deps_.journal, batch_of(record, runner.tenant(), deps_.clock.now())));
    index_now(receipt.end);
    auto response = json_response(201, body);
    response.fields.add("location", "/v1/evaluations/" + id);
    response.fields.add("ark-receipt", receipt.cursor().text());
    return response;
}

Result<net::Response> ServiceImpl::begin_live(Runner runner) {
    const auto id = fresh_id();
    auto record = runner.record(Record::Kind::started, id);
    record.body = runner.request().document.dump();
    const auto now = deps_.clock.now();
    const auto until = now + static_cast<std::uint64_t>(runner.request().until.count());
    if (live_.size() >= config_.live_max) return fail(Errc::overloaded, "too many evaluations are live");
    ARK_TRY(const auto receipt, append_and_wait(deps_.journal, batch_of(record, runner.tenant(), now)));
    index_now(receipt.end);
    runner.begin_at(receipt.first);
    ARK_TRY_STATUS(live_.add(id, std::move(runner), until));
    follower_.wake();
    JsonValue body{
        JsonValue::Object{{"id", JsonValue{id}}, {"state", JsonValue{std::string(name(Row::State::running))}}}};
    body.set("cursor", JsonValue{receipt.cursor().text()});
    auto response = json_response(202, body);
    response.fields.add("location", "/v1/evaluations/" + id);
    response.fields.add("ark-receipt", receipt.cursor().text());
    return response;
}

void ServiceImpl::index_now(Offset end) {
    // The follower's thread does it; it is a commit behind at most.
    follower_.wake();
    constexpr int tries = 200;
    for (int i = 0; i < tries && index_.folded() < end; ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

Result<net::Response> ServiceImpl::list(const std::string& tenant, const net::RequestHead& head) const {
    ARK_TRY(const auto page, page_of(index_, tenant, head.raw_query));
    return json_response(200, page);
}

Result<net::Response> ServiceImpl::one(const std::string& tenant, const std::string& id) const {
    const auto row = index_.find(tenant, id);
    if (!row) return fail(Errc::not_found, "there is no evaluation " + id);
    auto body = json_of(*row);
    if (row->has_result || row->state == Row::State::failed) {
        ARK_TRY(const auto record, record_at(deps_.journal, row->latest));
        if (record) add_result(body, record->body);
    }
    return json_response(200, body);
}

Result<net::Response> ServiceImpl::cancel(const std::string& tenant, const std::string& id) {
    auto row = index_.find(tenant, id);
    if (!row) return fail(Errc::not_found, "there is no evaluation " + id);
    if (row->elsewhere) return fail(Errc::conflict, "a controller judges " + id + ": delete the Evaluation there");
    if (row->state == Row::State::running) {
        live_.cancel(tenant, id);
        follower_.wake();
        // The follower's thread does it, behind the run that is under way.
        for (int i = 0; i < cancel_tries && row && row->state == Row::State::running; ++i) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
            row = index_.find(tenant, id);
        }
    }
    if (row && row->state == Row::State::running) return json_response(202, json_of(*row));
    if (!row || row->state != Row::State::canceled) return fail(Errc::conflict, "the evaluation " + id + " has ended");
    return json_response(200, json_of(*row));
}

void ServiceImpl::register_metrics(telemetry::Registry& registry) {
    const auto count = [](const std::atomic<std::uint64_t>& value) {
        return [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
    };
    registry.counter_from("ark_evaluations_total", "Evaluations and expressions run on request.", count(evaluated_));
    registry.counter_from("ark_evaluations_refused_total", "Requests for evaluations answered with a problem.",
                          count(refused_));
    registry.gauge("ark_evaluations_live", "Evaluations that go on.",
                   [this] { return static_cast<double>(live_.size()); });
}

}  // namespace

Result<std::unique_ptr<Service>> Service::open(const ServiceConfig& config, ServiceDeps deps) {
    ARK_TRY_STATUS(deps.disk.create_directories(config.directory));
    return std::unique_ptr<Service>(std::make_unique<ServiceImpl>(config, std::move(deps)));
}

}  // namespace ark::evaluations
