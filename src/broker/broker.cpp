#include "broker/broker.hpp"

#include "broker/correlation.hpp"
#include "broker/self_metrics.hpp"
#include "broker/tenant.hpp"
#include "codec/json_writer.hpp"
#include "disk/disk.hpp"
#include "evaluations/service.hpp"
#include "journal/embedded.hpp"
#include "net/server.hpp"
#include "query/api.hpp"
#include "query/problem.hpp"
#include "receive/receive.hpp"
#include "reference/routes.hpp"
#include "reference/store.hpp"
#include "runtime/io_pool.hpp"
#include "runtime/work_pool.hpp"
#include "stream/stream.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "views/views.hpp"
#include "web/web.hpp"

#include <algorithm>
#include <array>
#include <thread>

namespace ark::broker {
namespace {

using telemetry::log;
using telemetry::LogLevel;

constexpr std::chrono::milliseconds stop_grace{5000};
constexpr std::uint64_t goodbye_nanos = 3'000'000'000;  // twenty thousand take half a second; who does not read is left
constexpr std::size_t api_head_bytes_max = 16u << 10;

journal::EmbeddedConfig journal_config(const BrokerConfig& config) {
    journal::EmbeddedConfig out;
    out.directory = config.data + "/journal";
    out.durability = config.durability;
    out.group = config.group;
    out.segment_bytes = config.segment_bytes;
    out.tail_bytes_max = config.memory_journal_tail;
    out.retention_age = config.retention_age;
    out.retention_bytes = config.retention_bytes;
    return out;
}

views::ViewsConfig views_config(const BrokerConfig& config) {
    views::ViewsConfig out;
    out.directory = config.data + "/views";
    out.cache_bytes = config.views_cache;
    out.hot_bytes_max = config.views_hot;
    out.interrupted_after = config.interrupted_after;
    return out;
}

receive::ReceiveConfig receive_config(const BrokerConfig& config) {
    receive::ReceiveConfig out;
    out.request_bytes_max = config.request_bytes_max;
    out.inflate_ratio_max = static_cast<std::size_t>(config.inflate_ratio_max);
    out.nesting_max = config.nesting_max;
    out.attributes_max = config.attributes_max;
    return out;
}

stream::StreamConfig stream_config(const BrokerConfig& config) {
    stream::StreamConfig out;
    out.subscribers_max = config.subscribers_max;
    return out;
}

unsigned net_threads(const BrokerConfig& config) {
    if (config.net_threads > 0) return config.net_threads;
    return std::clamp(std::thread::hardware_concurrency(), 1u, 4u);
}

/// Exposing without authentication needs the explicit flag (design, Security).
Status check_exposure(const BrokerConfig& config) {
    for (const auto& address : {config.listen, config.otlp_listen, config.grpc_listen}) {
        if (!address || config.allow_public || net::is_loopback(address->host)) continue;
        return fail(Errc::config, "refusing to listen on " + address->host +
                                      ": anyone who can reach it could read and write everything, since there is no "
                                      "authentication. Listen on 127.0.0.1, or accept the risk with --allow-public");
    }
    return ok();
}

/// One listener: its routes, its server.
struct Door {
    std::string name;
    net::Router router;
    std::unique_ptr<net::Server> server;

    std::string address() const { return server ? server->address() : ""; }
};

class BrokerImpl final : public Broker {
public:
    explicit BrokerImpl(const BrokerConfig& config)
        : config_(config), work_(config.work_threads), net_(net_threads(config)) {}
    ~BrokerImpl() override { stop(); }

    // Read this first. Order of construction is order of data; stop() is the reverse.
    Status open() {
        ARK_TRY_STATUS(check_exposure(config_));
        ARK_TRY_STATUS(disk::real_disk().create_directories(config_.data));
        ARK_TRY(journal_, journal::open_embedded(disk::real_disk(), journal_config(config_), system_clock()));
        // Beyond this point the journal is proven and its end is known.
        projection_ = std::make_unique<reference::Projection>(keep_config(config_));
        ARK_TRY(views_, views::Views::open(views_config(config_), *journal_, system_clock(), &projection_->of_views()));
        correlation_ = correlate(*views_);
        stream_ = stream::Stream::create(stream_config(config_), net_, work_, *journal_, *correlation_, system_clock());
        // Beyond this point every follower exists; only now may anything be accepted from outside.
        const auto durability = journal::to_text(config_.durability, config_.group);
        receive_ = receive::Receive::create(
            receive_config(config_),
            {*journal_, work_, metrics_, system_clock(), durability, tenant_of, [this] { return views_->folded(); }});
        reference_store_ = reference::Store::create(
            {}, {*projection_, *views_, *journal_, receive_->admission(), net_, work_, system_clock()});
        reference::Ground ground{*reference_store_, receive_->admission(), work_, metrics_, durability, tenant_of};
        reference_ = reference::Api::create(std::move(ground));
        create_api();
        ARK_TRY_STATUS(open_evaluations());
        ARK_TRY_STATUS(open_doors());
        register_metrics();
        return ok();
    }

    Status start() override {
        views_->start();
        evaluations_->start();
        net_.start();
        for (auto* door : doors()) {
            if (door->server) door->server->start();
        }
        const auto status = journal_->status();
        log(LogLevel::info, "broker", "ready",
            {{"http", http_.address()},
             {"otlp", otlp_.address()},
             {"grpc", grpc_.address()},
             {"data", config_.data},
             {"items", status.end - status.begin},
             {"durability", status.durability}});
        if (config_.durability != journal::Durability::sync) {
            log(LogLevel::warn, "broker", "acknowledgements do not survive a power loss",
                {{"durability", status.durability}});
        }
        return ok();
    }

    void stop() override {
        if (stopped_) return;
        stopped_ = true;
        if (stream_) stream_->stop();
        if (reference_store_) reference_store_->stop();
        if (evaluations_) evaluations_->end_waits();
        wait_for_goodbyes();
        for (auto* door : doors()) {
            if (door->server) door->server->stop(stop_grace);
        }
        // Reads under way refer to frames of their handlers: the pool ends before the threads that own the frames.
        work_.stop();
        net_.stop();
        if (evaluations_) evaluations_->stop();
        if (views_) views_->stop();
        if (journal_) journal_->stop();
        log(LogLevel::info, "broker", "stopped");
    }

    std::string ready_line() const override {
        const auto text = [](const Door& door) { return door.server ? door.address() : std::string("off"); };
        return "ready http=" + text(http_) + " otlp=" + text(otlp_) + " grpc=" + text(grpc_);
    }
    std::string http_address() const override { return http_.address(); }
    std::string otlp_address() const override { return otlp_.address(); }
    std::string grpc_address() const override { return grpc_.address(); }
    std::vector<std::pair<std::string, std::string>> routes() const override { return routes_; }

private:
    /// A server that stops closes what is still open: subscribers hear `bye` before.
    void wait_for_goodbyes() const {
        const auto until = system_clock().monotonic_nanos() + goodbye_nanos;
        while (stream_ && stream_->status().subscribers > 0 && system_clock().monotonic_nanos() < until)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }

    std::array<Door*, 3> doors() { return {&http_, &otlp_, &grpc_}; }

    void create_api() {
        query::ApiDeps deps{*views_, *journal_, work_, system_clock(), {}, {}, {}, {}};
        deps.tenant_of = tenant_of;
        deps.metrics = [this] { return metrics_.text(); };
        deps.openapi_parts = {receive::openapi(), stream::openapi(), reference::openapi(), evaluations::openapi()};
        deps.status = [this](codec::JsonWriter& json) { write_status(json); };
        api_ = query::Api::create(query::ApiConfig{}, std::move(deps));
    }

    Status open_evaluations() {
        evaluations::ServiceConfig config;
        config.directory = config_.data + "/evaluations";
        evaluations::ServiceDeps deps{*views_, *journal_, work_, disk::real_disk(), system_clock(), {}, {}};
        deps.tenant_of = tenant_of;
        deps.problem = [](const Error& error, const net::RequestHead& head) {
            // What a model would have to judge: the request is valid, this process cannot serve it.
            const auto problem = error.code == Errc::unsupported
                                     ? query::Problem(query::ProblemKind::not_implemented, error.context)
                                     : query::Problem(error);
            return query::problem_response(problem, head.path, head.fields.find("x-request-id"));
        };
        ARK_TRY(evaluations_, evaluations::Service::open(config, std::move(deps)));
        return ok();
    }

    Status open_doors() {
        api_->register_routes(http_.router);
        evaluations_->register_routes(http_.router);
        receive_->register_otlp_http(http_.router);
        receive_->register_otlp_grpc(http_.router);
        reference_->register_routes(http_.router);
        http_.router.add("GET", "/v1/stream", [this](net::Exchange& exchange) { return serve_stream(exchange); });
        routes_ = http_.router.routes();
        web::register_routes(http_.router);
        receive_->register_otlp_http(otlp_.router);
        receive_->register_otlp_grpc(otlp_.router);
        receive_->register_otlp_grpc(grpc_.router);
        receive_->register_otlp_http(grpc_.router);
        ARK_TRY_STATUS(open_door(http_, config_.listen));
        ARK_TRY_STATUS(open_door(otlp_, config_.otlp_listen));
        return open_door(grpc_, config_.grpc_listen);
    }

    Status open_door(Door& door, const std::optional<ListenAddress>& address) {
        if (!address) return ok();
        net::ServerConfig server;
        server.host = address->host;
        server.port = address->port;
        server.connections_max = config_.connections_max;
        server.cors_origins = config_.cors_origins;
        // Clients of the reference rely on its bound; the OTLP doors have headers of exporters to carry.
        if (&door == &http_) server.head_bytes_max = api_head_bytes_max;
        ARK_TRY(door.server, net::Server::create(net_, server, door.router));
        return ok();
    }

    /// No coroutine: its frame would wait with every subscriber.
    awaitable<void> serve_stream(net::Exchange& exchange) {
        auto tenant = tenant_of(exchange.head());
        if (!tenant) return refuse(exchange, std::move(tenant).error());
        return stream_->serve(exchange, std::move(*tenant));
    }

    static awaitable<void> refuse(net::Exchange& exchange, Error error) {
        const query::Problem problem(error);
        const auto& head = exchange.head();
        auto response = query::problem_response(problem, head.path, head.fields.find("x-request-id"));
        co_await exchange.respond(std::move(response));
    }

    void write_status(codec::JsonWriter& json) const {
        const auto stream = stream_->status();
        json.key("stream").begin_object();
        json.field("subscribers", stream.subscribers).field("filters", stream.filters);
        json.field("openedTotal", stream.opened_total).field("resumedTotal", stream.resumed_total);
        json.field("framesTotal", stream.frames_total).field("bytesTotal", stream.bytes_total);
        json.field("gapsTotal", stream.gaps_total).field("slowClosedTotal", stream.slow_closed_total);
        json.end_object();
        json.key("listeners").begin_object();
        json.field("http", http_.address()).field("otlp", otlp_.address()).field("grpc", grpc_.address());
        json.end_object();
    }

    void register_metrics() {
        telemetry::register_process_metrics(metrics_);
        register_journal_metrics(metrics_, *journal_);
        register_views_metrics(metrics_, *views_);
        register_stream_metrics(metrics_, *stream_);
        register_reference_metrics(metrics_, *reference_store_);
        api_->register_metrics(metrics_);
        evaluations_->register_metrics(metrics_);
        for (auto* door : doors()) {
            if (door->server) register_server_metrics(metrics_, door->name, *door->server);
        }
    }

    const BrokerConfig config_;
    telemetry::Registry metrics_;
    runtime::WorkPool work_;
    runtime::IoPool net_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<reference::Projection> projection_;
    std::unique_ptr<views::Views> views_;
    std::unique_ptr<stream::Correlation> correlation_;
    std::unique_ptr<stream::Stream> stream_;
    std::unique_ptr<receive::Receive> receive_;
    std::unique_ptr<reference::Store> reference_store_;
    std::unique_ptr<reference::Api> reference_;
    std::unique_ptr<query::Api> api_;
    std::unique_ptr<evaluations::Service> evaluations_;
    std::vector<std::pair<std::string, std::string>> routes_;
    Door http_{"http", {}, {}};
    Door otlp_{"otlp", {}, {}};
    Door grpc_{"grpc", {}, {}};
    bool stopped_ = false;
};

}  // namespace

reference::KeepConfig keep_config(const BrokerConfig& config) {
    reference::KeepConfig keep;
    keep.messages_max = config.messages_max;
    keep.events_max = config.events_max;
    keep.chunks_max = config.chunks_max;
    keep.finished_chunks = config.chunks_kept;
    keep.spans_max = config.spans_max;
    return keep;
}

Result<std::unique_ptr<Broker>> Broker::create(const BrokerConfig& config) {
    auto broker = std::make_unique<BrokerImpl>(config);
    ARK_TRY_STATUS(broker->open());
    return std::unique_ptr<Broker>(std::move(broker));
}

}  // namespace ark::broker
