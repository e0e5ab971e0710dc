#include "controller/execution.hpp"

#include "disk/disk.hpp"
#include "emit/chunk_streams.hpp"
#include "emit/exporter.hpp"
#include "judges/engine.hpp"
#include "net/http_client.hpp"
#include "reconcile/reconciler.hpp"
#include "resources/guarded_client.hpp"
#include "runs/engine.hpp"
#include "runtime/io_pool.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <atomic>
#include <cstdlib>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <unistd.h>

namespace ark::controller {
namespace {

constexpr std::chrono::milliseconds delivery_grace{2000};
constexpr std::chrono::milliseconds chunk_grace{500};
constexpr unsigned work_threads = 2;

std::optional<std::string> variable(std::string_view name) {
    const auto* value = std::getenv(std::string(name).c_str());
    return value != nullptr ? std::optional<std::string>(value) : std::nullopt;
}

/// Who set them expects something that does not happen.
void name_disregarded_variables() {
    std::vector<std::string> names;
    for (char** variable = environ; *variable != nullptr; ++variable) {
        const std::string_view text(*variable);
        names.emplace_back(text.substr(0, text.find('=')));
    }
    std::string list;
    for (const auto& name : emit::disregarded(names))
        list += (list.empty() ? "" : ", ") + name;
    if (list.empty()) return;
    telemetry::log(telemetry::LogLevel::warn, "controller", "variables that change nothing here are set",
                   {{"variables", list}});
}

class ExecutionImpl final : public Execution {
public:
    ExecutionImpl() : pool_(1), work_(work_threads) {}
    ~ExecutionImpl() override { stop(); }

    Status open(const ControllerConfig& config, resources::ResourceStore& store, emit::Audience& audience) {
        auto& context = pool_.context(0);
        net::HttpClientConfig client;
        client.user_agent = config.product;
        net::use_proxy_of_environment(client);
        client_ = net::HttpClient::create(context, client);
        guarded_ = resources::guarded_client(context, client, config.private_models);
        auto trusting = [&context, client](const std::string& ca_file) mutable {
            client.ca_file = ca_file;
            return net::HttpClient::create(context, client);
        };
        courier_ = emit::http_courier(*client_, std::move(trusting));
        emit::ExporterConfig exporter;
        exporter.outbox.directory = config.data + "/outbox";
        exporter.resource = emit::resource_of(variable, config.product);
        if (!config.broker.empty()) {
            exporter.targets.push_back(config.reference_broker ? emit::reference_broker_target(config.broker)
                                                               : emit::broker_target(config.broker));
        }
        ARK_TRY(auto external, emit::external_targets(variable));
        if (!external.empty()) name_disregarded_variables();
        for (auto& target : external)
            exporter.targets.push_back(std::move(target));
        steps_ = std::make_unique<runs::StepLogs>(disk::real_disk(), work_, system_clock(), config.data + "/runs");
        ARK_TRY(exporter_, emit::Exporter::open(context.get_executor(), work_, disk::real_disk(), *courier_, exporter,
                                                steps_.get()));
        steps_->write_to(*exporter_);
        tracer_ = std::make_unique<emit::Tracer>(*exporter_, system_clock());
        // Beyond this point what an earlier process told is on its way.
        streams_ = emit::ChunkStreams::create(context.get_executor(), *client_, emit::ChunkStreams::Config());
        network_ = runs::make_network(*client_, *guarded_, system_clock(), *streams_, config.broker);
        services_.emplace(
            runs::Services{store, *network_, *tracer_, *steps_, system_clock(), exporter_.get(), &audience});
        runs::EngineConfig engine;
        engine.concurrent_max = config.concurrent_queries_max;
        engine_ = runs::Engine::create(*services_, engine, context.get_executor());
        const reconcile::Services kept{store, *client_, *network_, system_clock()};
        reconcile::ReconcilerConfig reconciler;
        reconciler.probe_models = config.probe_models;
        reconciler.probe_timeout = config.probe_timeout;
        reconciler_ = reconcile::Reconciler::create(kept, reconciler, context.get_executor());
        remote_ = judges::make_remote(*client_);
        evaluators_ = judges::make_remote(*guarded_);
        auto broker = config.broker;
        while (!broker.empty() && broker.back() == '/')
            broker.pop_back();
        const judges::Services judging{*services_, *remote_, *evaluators_, broker};
        judges_ = judges::Engine::create(judging, judges::EngineConfig{}, context.get_executor());
        scope_ = std::make_unique<runtime::Scope>(context.get_executor());
        return ok();
    }

    void register_metrics(telemetry::Registry& metrics) override {
        const auto add = [&](const char* name, const char* help, const std::atomic<std::uint64_t>& value) {
            metrics.gauge(name, help, [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); });
        };
        add("ark_controller_queries_running", "Runs under way", running_);
        add("ark_controller_queries_waiting", "Queries that wait for their turn", waiting_);
        add("ark_controller_queries_asking", "Runs that wait for a person", asking_);
        add("ark_controller_queries_ended", "Runs that ended since the start", ended_);
        add("ark_controller_servers", "MCP and A2A servers that are looked after", servers_);
        add("ark_controller_servers_failing", "Those whose tools or card could not be read at the last look",
            servers_failing_);
        add("ark_controller_models", "Models that are probed", models_);
        add("ark_controller_models_failing", "Those that did not answer at the last probe", models_failing_);
        add("ark_controller_statuses_waiting", "Statuses of agents, teams and others that may be out of date",
            statuses_waiting_);
        add("ark_controller_evaluations_running", "Evaluations under way", judging_);
        add("ark_controller_evaluations_ended", "Evaluations that ended since the start", judged_);
        add("ark_controller_telemetry_waiting_bytes", "Telemetry that a target lacks yet", undelivered_);
        add("ark_controller_telemetry_dropped", "Spans and events for which there was no room", dropped_);
        add("ark_controller_telemetry_disk_failed", "1: the disk of the outbox takes no writes, and runs wait for it",
            disk_failed_);
        add("ark_controller_chunks", "Chunks of answers that were written", chunks_);
        add("ark_controller_chunks_dropped", "Chunks that had no room, or no broker", chunks_dropped_);
    }

    std::string trouble() const override {
        if (disk_failed_ == 0) return {};
        return "the disk takes no writes: steps and telemetry wait in memory, and runs fail that wait for long";
    }

    void start() override {
        engine_->start();
        reconciler_->start();
        judges_->start();
        scope_->spawn(publish());
        pool_.start();
        started_ = true;
    }

    void stop() override {
        if (stopped_) return;
        stopped_ = true;
        if (exporter_) {
            if (!started_) pool_.start();
            asio::co_spawn(pool_.context(0), finish(), asio::use_future).wait();
        }
        work_.stop();
        pool_.stop();
    }

private:
    /// Counters live on the engine's thread; scrapes come on others.
    awaitable<void> publish() {
        while (!publishing_stop_.stop_requested()) {
            const auto engine = engine_->counters();
            const auto exporter = exporter_->counters();
            running_ = engine.running;
            waiting_ = engine.waiting;
            asking_ = engine.asking;
            ended_ = engine.ended;
            const auto kept = reconciler_->counters();
            servers_ = kept.servers;
            servers_failing_ = kept.servers_failing;
            models_ = kept.models;
            models_failing_ = kept.models_failing;
            statuses_waiting_ = kept.verdicts_waiting;
            const auto judges = judges_->counters();
            judging_ = judges.running;
            judged_ = judges.ended;
            undelivered_ = exporter.outbox.waiting_bytes;
            dropped_ = exporter.dropped;
            disk_failed_ = exporter.outbox.disk_failed ? 1 : 0;
            chunks_ = streams_->counters().lines;
            chunks_dropped_ = streams_->counters().dropped;
            co_await runtime::sleep_for(std::chrono::seconds(1), publishing_stop_.get_token());
        }
    }

    awaitable<void> finish() {
        publishing_stop_.request_stop();
        if (exporter_) exporter_->hurry();
        if (scope_) co_await scope_->close();
        if (reconciler_) co_await reconciler_->stop();
        if (judges_) co_await judges_->stop();
        if (engine_) co_await engine_->stop();
        if (streams_) co_await streams_->stop(chunk_grace);
        co_await exporter_->stop(delivery_grace);
    }

    runtime::IoPool pool_;
    runtime::WorkPool work_;
    std::unique_ptr<net::HttpClient> client_;
    std::unique_ptr<net::HttpClient> guarded_;  // for models and evaluators
    std::unique_ptr<emit::Courier> courier_;
    std::unique_ptr<runs::StepLogs> steps_;
    std::unique_ptr<emit::Exporter> exporter_;
    std::unique_ptr<emit::Tracer> tracer_;
    std::unique_ptr<emit::ChunkStreams> streams_;
    std::unique_ptr<runs::Network> network_;
    std::optional<runs::Services> services_;
    std::unique_ptr<runs::Engine> engine_;
    std::unique_ptr<reconcile::Reconciler> reconciler_;
    std::unique_ptr<judges::Remote> remote_;
    std::unique_ptr<judges::Remote> evaluators_;
    std::unique_ptr<judges::Engine> judges_;
    std::atomic<std::uint64_t> running_ = 0;
    std::atomic<std::uint64_t> waiting_ = 0;
    std::atomic<std::uint64_t> asking_ = 0;
    std::atomic<std::uint64_t> ended_ = 0;
    std::atomic<std::uint64_t> servers_ = 0;
    std::atomic<std::uint64_t> servers_failing_ = 0;
    std::atomic<std::uint64_t> models_ = 0;
    std::atomic<std::uint64_t> models_failing_ = 0;
    std::atomic<std::uint64_t> statuses_waiting_ = 0;
    std::atomic<std::uint64_t> judging_ = 0;
    std::atomic<std::uint64_t> judged_ = 0;
    std::atomic<std::uint64_t> undelivered_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
    std::atomic<std::uint64_t> disk_failed_ = 0;
    std::atomic<std::uint64_t> chunks_ = 0;
    std::atomic<std::uint64_t> chunks_dropped_ = 0;
    std::stop_source publishing_stop_;
    std::unique_ptr<runtime::Scope> scope_;
    bool started_ = false;
    bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Execution>> Execution::create(const ControllerConfig& config, resources::ResourceStore& store,
                                                     emit::Audience& audience) {
    auto execution = std::make_unique<ExecutionImpl>();
    ARK_TRY_STATUS(execution->open(config, store, audience));
    return std::unique_ptr<Execution>(std::move(execution));
}

}  // namespace ark::controller
