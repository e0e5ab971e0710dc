#include "query/api.hpp"

#include "base/hex.hpp"
#include "base/random.hpp"
#include "codec/utf8.hpp"
#include "query/answer.hpp"
#include "query/openapi.hpp"
#include "query/pages.hpp"
#include "query/replay.hpp"
#include "query/routes.hpp"
#include "telemetry/log.hpp"

#include <atomic>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>

namespace ark::query {
namespace {

/// One of a bounded number of places; empty when all were taken.
class Slot {
public:
    Slot(std::atomic<std::size_t>& taken, std::size_t places) : taken_(taken) {
        held_ = taken_.fetch_add(1, std::memory_order_relaxed) < places;
        if (!held_) taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    ~Slot() {
        if (held_) taken_.fetch_sub(1, std::memory_order_relaxed);
    }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    explicit operator bool() const { return held_; }

private:
    std::atomic<std::size_t>& taken_;
    bool held_ = false;
};

/// A request that may be read for: who asks and what.
struct Asked {
    std::string tenant;
    Params params;
    std::optional<Cursor> at_least;
};

Problem too_many(std::string_view what) {
    Problem problem(ProblemKind::overloaded, "too many " + std::string(what) + " are under way");
    problem.retry_after_seconds = 1;
    return problem;
}

class ApiImpl final : public Api {
public:
    ApiImpl(const ApiConfig& config, ApiDeps deps)
        : config_(config),
          deps_(std::move(deps)),
          openapi_(merge_openapi(openapi_text(), deps_.openapi_parts)),
          id_seed_(random_seed()) {}

    void register_routes(net::Router& router) override {
        for (const auto& route : read_routes()) {
            router.add("GET", route.pattern,
                       [this, &route](net::Exchange& exchange) { return serve_read(exchange, route); });
        }
        router.add("GET", replay_pattern, [this](net::Exchange& exchange) { return serve_replay(exchange); });
        add_page(router, "/healthz", [](const net::RequestHead&) -> Outcome<Body> { return health_page(); });
        add_page(router, "/openapi.json",
                 [this](const net::RequestHead&) -> Outcome<Body> { return openapi_page(openapi_); });
        add_page(router, "/problems/{type}",
                 [](const net::RequestHead& head) { return problem_page(head.path_values[0]); });
        add_work_page(router, "/readyz",
                      [this](const net::RequestHead& head) { return readiness(deps_, config_, head); });
        add_work_page(router, "/metrics",
                      [this](const net::RequestHead&) -> Outcome<Body> { return metrics_page(deps_); });
    }

    void register_metrics(telemetry::Registry& registry) override;

    ApiCounters counters() const override {
        ApiCounters out;
        out.requests_total = requests_.load(std::memory_order_relaxed);
        out.problems_total = problems_.load(std::memory_order_relaxed);
        out.overloaded_total = overloaded_.load(std::memory_order_relaxed);
        out.not_modified_total = not_modified_.load(std::memory_order_relaxed);
        out.in_flight = in_flight_.load(std::memory_order_relaxed);
        return out;
    }

private:
    using Page = std::function<Outcome<Body>(const net::RequestHead&)>;

    void add_page(net::Router& router, std::string_view pattern, Page page);
    void add_work_page(net::Router& router, std::string_view pattern, Page page);

    awaitable<void> serve_page(net::Exchange& exchange, const Page& page);
    awaitable<void> serve_work_page(net::Exchange& exchange, const Page& page);
    awaitable<void> serve_read(net::Exchange& exchange, const ReadRoute& route);
    awaitable<void> serve_replay(net::Exchange& exchange);
    awaitable<net::Response> read(net::Exchange& exchange, const ReadRoute& route, const std::string& request_id);
    awaitable<std::optional<Problem>> wait_for(const Cursor& at_least);
    awaitable<void> send(net::Exchange& exchange, net::Response response, const std::string& request_id);

    Outcome<Asked> ask(const net::RequestHead& head, std::span<const std::string_view> parameters) const;
    Call call_of(const net::RequestHead& head, const Asked& asked) const {
        return {deps_,
                config_,
                head,
                asked.params,
                asked.tenant,
                deps_.clock.now(),
                {deps_.journal.epoch(), deps_.views.folded()}};
    }
    net::Response perform(const net::RequestHead& head, const Asked& asked, ReadFunction function,
                          const std::string& request_id);
    net::Response respond(const net::RequestHead& head, Outcome<Body> outcome, const std::string& request_id);
    net::Response refuse(const net::RequestHead& head, const Problem& problem, const std::string& request_id);
    std::string request_id_of(const net::RequestHead& head);

    const ApiConfig config_;
    const ApiDeps deps_;
    const std::string openapi_;
    const std::uint64_t id_seed_;
    std::atomic<std::uint64_t> next_id_ = 0;
    std::atomic<std::size_t> in_flight_ = 0;  // reads given to the work pool
    std::atomic<std::size_t> waiting_ = 0;    // for at_least
    std::atomic<std::size_t> replaying_ = 0;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> problems_ = 0;
    std::atomic<std::uint64_t> overloaded_ = 0;
    std::atomic<std::uint64_t> not_modified_ = 0;
};

// ---- reads ----

awaitable<void> ApiImpl::serve_read(net::Exchange& exchange, const ReadRoute& route) {
    const auto request_id = request_id_of(exchange.head());
    auto response = co_await read(exchange, route, request_id);
    co_await send(exchange, std::move(response), request_id);
}

awaitable<net::Response> ApiImpl::read(net::Exchange& exchange, const ReadRoute& route, const std::string& request_id) {
    const auto& head = exchange.head();
    auto asked = ask(head, route.parameters);
    if (!asked) co_return refuse(head, asked.error(), request_id);
    if (asked->at_least) {
        const auto problem = co_await wait_for(*asked->at_least);
        if (problem) co_return refuse(head, *problem, request_id);
    }
    const Slot slot(in_flight_, config_.requests_max);
    if (!slot) co_return refuse(head, too_many("reads"), request_id);
    auto job = [&] { return perform(head, *asked, route.read, request_id); };
    auto response = co_await runtime::on(deps_.work, job);
    co_return response;
}

Outcome<Asked> ApiImpl::ask(const net::RequestHead& head, std::span<const std::string_view> parameters) const {
    if (!codec::valid_utf8(head.path)) return Problem(ProblemKind::invalid_parameter, "the path is not UTF-8");
    ARK_TRY(auto tenant, deps_.tenant_of(head));
    ARK_TRY(auto params, Params::read(head.raw_query, parameters));
    ARK_TRY(auto at_least, params.cursor("at_least"));
    return Asked{std::move(tenant), std::move(params), at_least};
}

net::Response ApiImpl::perform(const net::RequestHead& head, const Asked& asked, ReadFunction function,
                               const std::string& request_id) {
    const auto call = call_of(head, asked);
    auto outcome = function(call);
    const auto next_token = outcome ? outcome->next_token : std::string{};
    auto response = respond(head, std::move(outcome), request_id);
    add_next_link(head, asked.params, next_token, response);
    response.fields.add("ark-cursor", call.at.text());
    return response;
}

// Wakes with every fold of the views: their thread only posts to ours.
awaitable<std::optional<Problem>> ApiImpl::wait_for(const Cursor& at_least) {
    if (at_least.epoch != deps_.journal.epoch()) {
        co_return Problem(ProblemKind::cursor_expired, "at_least is a cursor of an earlier history");
    }
    if (at_least.offset > deps_.journal.end()) {
        co_return invalid_parameter("at_least", "this position is ahead of the journal");
    }
    if (deps_.views.folded() >= at_least.offset) co_return std::nullopt;
    const Slot slot(waiting_, config_.waiters_max);
    if (!slot) co_return too_many("waits for at_least");

    const auto executor = co_await asio::this_coro::executor;
    // Shared with the listener, which may be in its last call while we leave.
    const auto timer = std::make_shared<asio::steady_timer>(executor);
    std::function<void(Offset)> wake = [timer, executor](Offset) {
        asio::post(executor, [timer] { timer->cancel(); });
    };
    const auto listening = deps_.views.on_folded(std::move(wake));
    deps_.views.hurry_to(at_least.offset);
    const auto begun = deps_.clock.monotonic_nanos();
    while (deps_.views.folded() < at_least.offset) {
        const auto waited = std::chrono::nanoseconds(deps_.clock.monotonic_nanos() - begun);
        if (waited >= config_.at_least_max) {
            co_return Problem(ProblemKind::deadline, "the views did not reach at_least in time");
        }
        timer->expires_after(config_.at_least_max - waited);
        boost::system::error_code woken;
        co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, woken));
    }
    co_return std::nullopt;
}

// ---- replay ----

awaitable<void> ApiImpl::serve_replay(net::Exchange& exchange) {
    const auto& head = exchange.head();
    const auto request_id = request_id_of(head);
    auto asked = ask(head, replay_parameters());
    std::optional<Problem> problem;
    if (!asked) problem = asked.error();
    if (!problem && asked->at_least) problem = co_await wait_for(*asked->at_least);
    const Slot slot(replaying_, config_.replays_max);
    if (!problem && !slot) problem = too_many("replays");
    if (problem) {
        auto response = refuse(head, *problem, request_id);
        co_return co_await send(exchange, std::move(response), request_id);
    }
    const auto call = call_of(head, *asked);
    auto prepare = [&] { return plan_replay(call); };
    const auto plan = co_await runtime::on(deps_.work, prepare);
    if (!plan) {
        auto response = refuse(head, plan.error(), request_id);
        co_return co_await send(exchange, std::move(response), request_id);
    }
    requests_.fetch_add(1, std::memory_order_relaxed);
    net::Fields fields;
    fields.add("content-type", "text/event-stream");
    fields.add("cache-control", "no-store");
    fields.add("x-accel-buffering", "no");
    fields.add("x-request-id", request_id);
    if (head.method == "HEAD") {  // a body that nobody sees is not played
        net::Response response;
        response.fields = std::move(fields);
        co_return co_await exchange.respond(std::move(response));
    }
    auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (stream) co_await play(**stream, call, *plan);
}

// ---- pages ----

void ApiImpl::add_page(net::Router& router, std::string_view pattern, Page page) {
    router.add("GET", pattern,
               [this, page = std::move(page)](net::Exchange& exchange) { return serve_page(exchange, page); });
}

void ApiImpl::add_work_page(net::Router& router, std::string_view pattern, Page page) {
    router.add("GET", pattern,
               [this, page = std::move(page)](net::Exchange& exchange) { return serve_work_page(exchange, page); });
}

awaitable<void> ApiImpl::serve_page(net::Exchange& exchange, const Page& page) {
    const auto request_id = request_id_of(exchange.head());
    auto response = respond(exchange.head(), page(exchange.head()), request_id);
    co_await send(exchange, std::move(response), request_id);
}

awaitable<void> ApiImpl::serve_work_page(net::Exchange& exchange, const Page& page) {
    const auto request_id = request_id_of(exchange.head());
    auto job = [&] { return respond(exchange.head(), page(exchange.head()), request_id); };
    auto response = co_await runtime::on(deps_.work, job);
    co_await send(exchange, std::move(response), request_id);
}

// ---- answers ----

net::Response ApiImpl::respond(const net::RequestHead& head, Outcome<Body> outcome, const std::string& request_id) {
    if (!outcome) return refuse(head, outcome.error(), request_id);
    return answer(head, std::move(*outcome), config_.gzip_bytes_min);
}

net::Response ApiImpl::refuse(const net::RequestHead& head, const Problem& problem, const std::string& request_id) {
    problems_.fetch_add(1, std::memory_order_relaxed);
    if (problem.kind == ProblemKind::overloaded) overloaded_.fetch_add(1, std::memory_order_relaxed);
    if (!problem.cause.empty()) {
        telemetry::log(telemetry::LogLevel::error, "query", "a read failed",
                       {{"requestId", request_id}, {"cause", problem.cause}});
    }
    const auto instance = codec::valid_utf8(head.path) ? std::string_view(head.path) : std::string_view{};
    return problem_response(problem, instance, request_id);
}

awaitable<void> ApiImpl::send(net::Exchange& exchange, net::Response response, const std::string& request_id) {
    requests_.fetch_add(1, std::memory_order_relaxed);
    if (response.status == 304) not_modified_.fetch_add(1, std::memory_order_relaxed);
    response.fields.set("x-request-id", request_id);
    co_await exchange.respond(std::move(response));
}

std::string ApiImpl::request_id_of(const net::RequestHead& head) {
    const auto sent = usable_request_id(head.fields.find("x-request-id"));
    if (!sent.empty()) return std::string(sent);
    std::string id;
    append_hex_number(id, Random(id_seed_ + next_id_.fetch_add(1, std::memory_order_relaxed)).next(), 16);
    return id;
}

void ApiImpl::register_metrics(telemetry::Registry& registry) {
    const auto count = [](const std::atomic<std::uint64_t>& value) {
        return [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
    };
    registry.counter_from("ark_query_requests_total", "Reads answered, refused ones included.", count(requests_));
    registry.counter_from("ark_query_problems_total", "Reads answered with a problem document.", count(problems_));
    registry.counter_from("ark_query_overloaded_total", "Reads refused because too many were under way.",
                          count(overloaded_));
    registry.counter_from("ark_query_not_modified_total", "Reads answered with 304.", count(not_modified_));
    registry.gauge("ark_query_in_flight", "Reads given to the work pool.",
                   [this] { return static_cast<double>(in_flight_.load(std::memory_order_relaxed)); });
    registry.gauge("ark_query_replays", "Replays under way.",
                   [this] { return static_cast<double>(replaying_.load(std::memory_order_relaxed)); });
}

}  // namespace

std::unique_ptr<Api> Api::create(const ApiConfig& config, ApiDeps deps) {
    return std::make_unique<ApiImpl>(config, std::move(deps));
}

}  // namespace ark::query
