#include "broker/broker.hpp"
#include "commands/commands.hpp"
#include "context.hpp"
#include "controller/controller.hpp"
#include "demo.hpp"
#include "run_options.hpp"
#include "serve.hpp"
#include "settings.hpp"

#include <memory>

#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

namespace ark::cli {
namespace {

using controller::Controller;
using controller::ControllerConfig;

void open_in_browser(const Context& context, const std::string& url) {
    std::string program = "xdg-open";
    std::string argument = url;
    char* arguments[] = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    if (posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0) {
        context.note("cannot start a browser (no xdg-open): open " + url);
    }
}

/// An address that the same machine can connect to: of a listener on all addresses, its loopback one.
std::string reachable(const std::string& address) {
    if (address.starts_with("0.0.0.0:")) return "127.0.0.1" + address.substr(7);
    if (address.starts_with("[::]:")) return "[::1]" + address.substr(4);
    return address;
}

/// The broker, and the controller that tells it everything: two halves in one process that meet on the wire only.
class Everything {
public:
    /// No controller: the broker alone (`--controller-listen off`). No demo: nobody is at work.
    Everything(broker::BrokerConfig broker, std::optional<ControllerConfig> controller, std::optional<DemoConfig> demo)
        : broker_config_(std::move(broker)), controller_config_(std::move(controller)), demo_config_(demo) {}

    Result<std::string> start() {
        ARK_TRY(broker_, broker::Broker::create(broker_config_));
        ARK_TRY_STATUS(broker_->start());
        if (!controller_config_) return broker_->ready_line() + " controller=off";
        auto config = *controller_config_;
        const auto address = broker_->http_address().empty() ? broker_->otlp_address() : broker_->http_address();
        if (address.empty())
            return fail(Errc::config,
                        "the controller has no way to the broker: --listen or --otlp-listen, or --controller-listen "
                        "off");
        config.broker = "http://" + reachable(address);
        // What runs left from last time may want the demo's model at once.
        if (demo_config_) {
            ARK_TRY(demo_, Demo::create(*demo_config_));
        }
        ARK_TRY(controller_, Controller::create(config));
        ARK_TRY_STATUS(controller_->start());
        if (demo_) {
            ARK_TRY_STATUS(demo_->start("http://" + reachable(controller_->http_address())));
        }
        return broker_->ready_line() + " controller=" + controller_->http_address();
    }

    /// The controller before the broker: what its runs still have to say gets there.
    void stop() {
        if (demo_) demo_->leave();
        if (controller_) controller_->stop();
        if (demo_) demo_->stop();
        broker_->stop();
    }

    broker::Broker& broker() { return *broker_; }
    std::string controller_address() const { return controller_ ? controller_->http_address() : ""; }

private:
    const broker::BrokerConfig broker_config_;
    const std::optional<ControllerConfig> controller_config_;
    const std::optional<DemoConfig> demo_config_;
    std::unique_ptr<broker::Broker> broker_;
    std::unique_ptr<Demo> demo_;
    std::unique_ptr<Controller> controller_;
};

/// Of the half that runs queries; what both have in common is the broker's.
Result<std::optional<ControllerConfig>> controller_config(const broker::BrokerConfig& broker,
                                                          const Invocation& invocation) {
    ARK_TRY(const auto listen, parse_listen(invocation.text("controller-listen", "127.0.0.1:8090")));
    std::optional<ControllerConfig> none;
    if (!listen) return none;
    ControllerConfig config;
    config.host = listen->host;
    config.port = listen->port;
    config.allow_public = broker.allow_public;
    config.cors_origins = broker.cors_origins;
    config.data = broker.data;
    config.product = "ark-" ARK_VERSION;
    ARK_TRY_STATUS(read_run_options(invocation, config));
    return std::optional<ControllerConfig>(std::move(config));
}

void welcome(const Context& context, Everything& all, const std::optional<DemoConfig>& demo) {
    const bool color = context.color_errors();
    const auto http = all.broker().http_address();
    const auto strong = [&](const std::string& text) { return paint(text, Style::bold, color); };
    std::string text = "\n";
    if (!http.empty()) text += "  open    " + strong("http://" + http + "/") + "\n";
    const auto server = http.empty() || http == "127.0.0.1:8080" ? "" : " --server http://" + http;
    text += "  follow  " + strong("ark watch" + server) + "\n";
    text += "  list    " + strong("ark sessions list" + server) + "\n";
    if (const auto address = all.controller_address(); !address.empty()) {
        const auto at = address == "127.0.0.1:8090" ? "" : " --controller http://" + address;
        text += "  apply   " + strong("ark apply -f FILE" + at) + "\n";
        const auto ask = demo ? "ark query run agent/navigator 'Plan a course from Dover to Calais.'"
                              : "ark query run agent/NAME 'TEXT'";
        text += "  ask     " + strong(ask + std::string(server) + at) + "\n";
    }
    if (!all.broker().otlp_address().empty()) {
        text += "  send    " + strong("OTEL_EXPORTER_OTLP_ENDPOINT=http://" + all.broker().otlp_address()) +
                "  (OTLP/HTTP, from any OpenTelemetry SDK)\n";
    }
    if (!demo) {
        text += "\n  Ctrl-C ends it. No agents at hand? ark up --demo\n";
    } else {
        text += demo->visitors ? "\n  Demo agents are at work. Ctrl-C ends everything.\n"
                               : "\n  The examples are there, and nobody asks but you. Ctrl-C ends everything.\n";
    }
    context.note(text);
}

Result<Exit> run_up(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto config, context.configuration.broker_config());
    ARK_TRY(auto control, controller_config(config, invocation));
    std::optional<DemoConfig> demo;
    if (invocation.flag("demo") || invocation.flag("examples")) {
        if (!control) return fail(Errc::bad_argument, "--demo and --examples need the controller");
        demo.emplace();
        ARK_TRY(demo->seed, invocation.whole_number("seed", 1 + context.clock().now().value()));
        demo->visitors = invocation.flag("demo");
    }
    Everything all(config, std::move(control), demo);
    Service service;
    service.log_level = config.log_level;
    service.log_json = config.log_json;
    service.port_file = config.port_file;
    service.start = [&] { return all.start(); };
    service.announced = [&] {
        welcome(context, all, demo);
        if (invocation.flag("open") && !all.broker().http_address().empty()) {
            open_in_browser(context, "http://" + all.broker().http_address() + "/");
        }
    };
    service.stop = [&] { all.stop(); };
    return serve(context, service);
}

}  // namespace

void add_up(CommandTable& table) {
    CommandSpec command;
    command.path = "up";
    command.summary = "Start everything on this machine, and say what to try next";
    command.details =
        "A broker and a controller on loopback, with one data directory. Takes all flags of `ark broker`.\n"
        "--demo needs nothing else: examples/ are applied, and real queries run over a model that follows a script.\n"
        "Ctrl-C and SIGTERM stop both: runs are suspended and go on at the next start.";
    command.options = {
        {"--demo",
         "",
         "apply the examples, with a scripted model and tools to call, and let visitors ask",
         "",
         {},
         false,
         Complete::nothing},
        {"--examples", "", "the same without visitors: for asking yourself", "", {}, false, Complete::nothing},
        {"--open", "", "open the dashboard in the browser", "", {}, false, Complete::nothing},
        {"--seed",
         "N",
         "of the visitors: the same seed asks in the same order",
         "the time",
         {},
         false,
         Complete::nothing},
        {"--controller-listen",
         "HOST:PORT",
         "the resources' API; port 0: any free one; off: no controller",
         "127.0.0.1:8090",
         {},
         false,
         Complete::nothing}};
    add_run_options(command);
    for (auto& option : options_of(broker_settings()))
        command.options.push_back(std::move(option));
    command.run = run_up;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
