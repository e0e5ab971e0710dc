#include "controller/controller.hpp"

#include "a2a/face.hpp"
#include "controller/execution.hpp"
#include "disk/disk.hpp"
#include "net/server.hpp"
#include "resources/embedded_store.hpp"
#include "resources/rest.hpp"
#include "runtime/io_pool.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace ark::controller {
namespace {

using telemetry::log;
using telemetry::LogLevel;

constexpr std::chrono::milliseconds stop_grace{5000};
constexpr unsigned net_threads = 2;

awaitable<void> answer_text(net::Exchange& exchange, std::string text) {
    net::Response response;
    response.fields.add("content-type", "text/plain; charset=utf-8");
    response.body = std::move(text);
    co_await exchange.respond(std::move(response));
}

class ControllerImpl final : public Controller {
public:
    explicit ControllerImpl(const ControllerConfig& config) : config_(config), net_(net_threads) {}
    ~ControllerImpl() override { stop(); }

    // Read this first. Order of construction is order of data; stop() is the reverse.
    Status open() {
        if (!config_.allow_public && !net::is_loopback(config_.host)) {
            return fail(Errc::config, "refusing to listen on " + config_.host +
                                          ": anyone who can reach it could read every Secret and change everything, "
                                          "since there is no authentication. Listen on 127.0.0.1, or accept the risk "
                                          "with --allow-public");
        }
        resources::EmbeddedStoreConfig store;
        store.directory = config_.data + "/resources";
        store.policy.private_addresses = config_.private_models;
        ARK_TRY(store_, resources::EmbeddedStore::open(disk::real_disk(), store, system_clock()));
        // Beyond this point every acknowledged change is there again.
        ARK_TRY(execution_, Execution::create(config_, *store_, audience_));
        resources::RestConfig rest;
        rest.product = config_.product;
        rest_ = std::make_unique<resources::RestApi>(*store_, system_clock(), rest);
        rest_->register_routes(router_);
        face_ = std::make_unique<a2a::Face>(*store_, audience_, system_clock(), a2a::FaceConfig{});
        face_->register_routes(router_);
        for (const auto* path : {"/healthz", "/readyz", "/livez"})
            router_.add("GET", path, [this](net::Exchange& exchange) { return answer_health(exchange); });
        router_.add("GET", "/metrics",
                    [this](net::Exchange& exchange) { return answer_text(exchange, metrics_.text()); });
        register_metrics();
        execution_->register_metrics(metrics_);
        net::ServerConfig server;
        server.host = config_.host;
        server.port = config_.port;
        server.cors_origins = config_.cors_origins;
        ARK_TRY(server_, net::Server::create(net_, server, router_));
        return ok();
    }

    Status start() override {
        net_.start();
        server_->start();
        execution_->start();
        log(LogLevel::info, "controller", "ready",
            {{"http", server_->address()}, {"data", config_.data}, {"resources", store_->status().resources}});
        return ok();
    }

    void stop() override {
        if (stopped_) return;
        stopped_ = true;
        if (server_) server_->stop(stop_grace);
        // Runs are suspended before the store that they read goes.
        if (execution_) execution_->stop();
        // Writes under way resume on net threads: the store ends before they do.
        if (store_) store_->stop();
        net_.stop();
        log(LogLevel::info, "controller", "stopped");
    }

    std::string ready_line() const override { return "ready http=" + server_->address(); }
    std::string http_address() const override { return server_->address(); }

private:
    awaitable<void> answer_health(net::Exchange& exchange) {
        net::Response response;
        response.fields.add("content-type", "text/plain; charset=utf-8");
        // Both pass by themselves: who asks whether we live is not told of them.
        const bool failed = store_->status().failed;
        auto trouble = execution_->trouble();
        if (failed) trouble = "the store refuses writes until its disk takes them again";
        if (exchange.head().path == "/livez") trouble.clear();
        response.status = trouble.empty() ? 200 : 503;
        response.body = trouble.empty() ? "ok\n" : trouble + "\n";
        co_await exchange.respond(std::move(response));
    }

    void register_metrics() {
        telemetry::register_process_metrics(metrics_);
        const auto status = [this] { return store_->status(); };
        const auto number = [](auto value) { return static_cast<double>(value); };
        metrics_.gauge("ark_resources", "Resources that are stored", [=] { return number(status().resources); });
        metrics_.gauge("ark_resources_bytes", "Size of their JSON", [=] { return number(status().bytes); });
        metrics_.gauge("ark_resources_ledger_bytes", "Size of the store's file",
                       [=] { return number(status().ledger_bytes); });
        metrics_.gauge("ark_resources_watches", "Open watches", [=] { return number(status().watches); });
    }

    const ControllerConfig config_;
    telemetry::Registry metrics_;
    runtime::IoPool net_;
    std::unique_ptr<resources::EmbeddedStore> store_;
    emit::Audience audience_;  // of the runs: clients of the face
    std::unique_ptr<Execution> execution_;
    std::unique_ptr<resources::RestApi> rest_;
    std::unique_ptr<a2a::Face> face_;
    net::Router router_;
    std::unique_ptr<net::Server> server_;
    bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Controller>> Controller::create(const ControllerConfig& config) {
    auto controller = std::make_unique<ControllerImpl>(config);
    ARK_TRY_STATUS(controller->open());
    return std::unique_ptr<Controller>(std::move(controller));
}

}  // namespace ark::controller
