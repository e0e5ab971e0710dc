#include "demo.hpp"

#include "demo/files.hpp"
#include "demo/harbour.hpp"
#include "demo/visitors.hpp"
#include "manifests.hpp"
#include "mockllm/mock_model.hpp"
#include "net/client.hpp"
#include "net/server.hpp"
#include "resource_client.hpp"
#include "runtime/io_pool.hpp"

namespace ark::cli {
namespace {

// Where the examples look for the model and the tools.
constexpr std::string_view model_address = "127.0.0.1:4010";
constexpr std::string_view tools_address = "127.0.0.1:4020";
constexpr std::chrono::milliseconds grace{500};

std::string_view file_named(std::string_view name) {
    for (const auto& file : demo::files()) {
        if (file.name == name) return file.text;
    }
    return {};
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
        text.replace(at, from.size(), to);
}

/// On its usual port, or on any when somebody has that: a second demo on one machine works as well.
Result<std::unique_ptr<net::Server>> listen(runtime::IoPool& pool, const net::Router& router,
                                            std::string_view address) {
    net::ServerConfig config;
    const auto colon = address.find(':');
    config.host = address.substr(0, colon);
    config.port = static_cast<std::uint16_t>(std::stoi(std::string(address.substr(colon + 1))));
    auto server = net::Server::create(pool, config, router);
    if (server) return server;
    config.port = 0;
    return net::Server::create(pool, config, router);
}

class RealDemo final : public Demo {
public:
    RealDemo(const DemoConfig& config, mockllm::Script script, std::vector<demo::Visit> visits)
        : config_(config), model_(std::move(script)), visits_(std::move(visits)), pool_(1) {}
    ~RealDemo() override { stop(); }

    Status open() {
        model_.add_routes(model_routes_);
        harbour_.add_routes(tools_routes_);
        ARK_TRY(model_server_, listen(pool_, model_routes_, model_address));
        ARK_TRY(tools_server_, listen(pool_, tools_routes_, tools_address));
        model_server_->start();
        tools_server_->start();
        pool_.start();
        return ok();
    }

    Status start(const std::string& controller) override {
        ARK_TRY_STATUS(apply(controller));
        if (!config_.visitors) return ok();
        demo::VisitorsConfig visitors;
        visitors.controller = controller;
        visitors.visits = visits_;
        visitors.seed = config_.seed;
        visitors_ = demo::Visitors::create(std::move(visitors));
        visitors_->start();
        return ok();
    }

    void leave() override {
        if (visitors_) visitors_->stop();
    }

    void stop() override {
        if (stopped_) return;
        stopped_ = true;
        leave();
        model_.stop();
        harbour_.stop();
        if (model_server_) model_server_->stop(grace);
        if (tools_server_) tools_server_->stop(grace);
        pool_.stop();
    }

private:
    Status apply(const std::string& controller) {
        std::vector<Manifest> manifests;
        for (const auto& file : demo::files()) {
            if (!file.name.starts_with("resources/")) continue;
            std::string text(file.text);
            replace_all(text, model_address, model_server_->address());
            replace_all(text, tools_address, tools_server_->address());
            ARK_TRY_STATUS(add_manifests(text, std::string(file.name), manifests));
        }
        sort_for_apply(manifests);
        ARK_TRY(const auto url, net::Url::parse(controller));
        net::Client client(url);
        net::Fields fields;
        fields.add("content-type", "application/apply-patch+yaml");
        for (const auto& manifest : manifests) {
            const auto& object = manifest.object;
            const auto* kind = resources::find_kind_of(object["apiVersion"].text(), object["kind"].text());
            if (kind == nullptr) return fail(Errc::config, manifest.source + ": an unknown kind");
            Target target(resource_path(*kind, "default", object["metadata"]["name"].text()));
            target.add("fieldManager", "ark-demo").add("force", "true");
            ARK_TRY(const auto answer, client.request("PATCH", target.text(), fields, object.dump()));
            if (answer.status >= 300) return prefix(error_of(answer), manifest.source);
        }
        return ok();
    }

    const DemoConfig config_;
    mockllm::MockModel model_;
    demo::Harbour harbour_;
    const std::vector<demo::Visit> visits_;
    net::Router model_routes_;
    net::Router tools_routes_;
    runtime::IoPool pool_;
    std::unique_ptr<net::Server> model_server_;
    std::unique_ptr<net::Server> tools_server_;
    std::unique_ptr<demo::Visitors> visitors_;
    bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<Demo>> Demo::create(const DemoConfig& config) {
    ARK_TRY(auto script, mockllm::Script::parse(file_named("demo/model.yaml")));
    ARK_TRY(auto visits, demo::parse_visits(file_named("demo/visits.yaml")));
    auto demo = std::make_unique<RealDemo>(config, std::move(script), std::move(visits));
    ARK_TRY_STATUS(demo->open());
    return std::unique_ptr<Demo>(std::move(demo));
}

}  // namespace ark::cli
