#include "controller/controller.hpp"

#include "commands/commands.hpp"
#include "context.hpp"
#include "run_options.hpp"
#include "serve.hpp"
#include "settings.hpp"

namespace ark::cli {
namespace {

using controller::Controller;
using controller::ControllerConfig;

Result<ControllerConfig> config_of(const Context& context, const Invocation& invocation) {
    ControllerConfig config;
    ARK_TRY(const auto listen, parse_listen(invocation.text("listen", "127.0.0.1:8090")));
    if (!listen) return fail(Errc::config, "--listen: a controller that nobody can reach has nothing to do");
    config.host = listen->host;
    config.port = listen->port;
    config.allow_public = invocation.flag("allow-public");
    config.cors_origins = invocation.all("cors-origin");
    config.product = "ark-" ARK_VERSION;
    config.broker = invocation.text("broker", "http://127.0.0.1:8080");
    if (config.broker == "none") config.broker.clear();
    config.reference_broker = invocation.text("broker-api", "ark") == "reference";
    ARK_TRY_STATUS(read_run_options(invocation, config));
    config.data = invocation.text("data", context.configuration.default_data_directory());
    if (config.data.empty()) return fail(Errc::config, "neither XDG_DATA_HOME nor HOME is set: say --data DIR");
    return config;
}

Result<Exit> run_controller(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto config, config_of(context, invocation));
    std::unique_ptr<Controller> controller;
    Service service;
    service.log_level = invocation.text("log-level", "info");
    service.log_json = invocation.text("log-format") == "json";
    service.port_file = invocation.text("port-file");
    service.start = [&]() -> Result<std::string> {
        ARK_TRY(controller, Controller::create(config));
        ARK_TRY_STATUS(controller->start());
        return controller->ready_line();
    };
    service.stop = [&] { controller->stop(); };
    return serve(context, service);
}

}  // namespace

void add_controller(CommandTable& table) {
    CommandSpec command;
    command.path = "controller";
    command.summary = "Run the controller in the foreground until SIGINT or SIGTERM";
    command.details =
        "It keeps the resources (agents, teams, models, tools, queries, …) and serves them in the shape of the\n"
        "Kubernetes API: `ark apply` and `kubectl --server http://127.0.0.1:8090` both work against it.\n"
        "It runs the queries among them, and tells the broker every step as it happens (and the OTLP endpoint of\n"
        "the OTEL_* variables, if they are set). What a broker that is away misses waits on disk. Killed and\n"
        "started again, it goes on after the last completed step.";
    const auto option = [&](std::string name, std::string value, std::string help, std::string fallback,
                            std::vector<std::string> choices = {}) {
        command.options.push_back({std::move(name), std::move(value), std::move(help), std::move(fallback),
                                   std::move(choices), false, Complete::nothing});
    };
    option("--listen", "HOST:PORT", "the resources' API; port 0: any free one", "127.0.0.1:8090");
    option("--broker", "URL", "where everything is told; none: nowhere", "http://127.0.0.1:8080");
    option("--broker-api", "API", "what the broker speaks: ark, or reference for one of the reference's", "ark",
           {"ark", "reference"});
    add_run_options(command);
    option("--data", "DIR", "where the resources live; made when missing", "$XDG_DATA_HOME/ark");
    option("--allow-public", "", "allow an address beyond loopback although nobody is asked for a credential", "");
    option("--cors-origin", "ORIGIN", "web pages that may call the API; * for all", "");
    option("--port-file", "FILE", "write the ready line here once everything listens", "");
    option("--log-level", "LEVEL", "what is said on standard error", "info", {"debug", "info", "warn", "error", "off"});
    option("--log-format", "FORMAT", "of what is said there", "text", {"text", "json"});
    for (auto& each : command.options) {
        each.repeat = each.name == "--cors-origin";
        if (each.value == "DIR") each.complete = Complete::directories;
    }
    command.run = run_controller;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
