#include "commands/commands.hpp"
#include "context.hpp"
#include "load.hpp"
#include "serve.hpp"
#include "settings.hpp"

#include <memory>

#include <fmt/format.h>
#include <spawn.h>
#include <unistd.h>

namespace ark::cli {
namespace {

/// Agents of every kind at the pace of life, so that a person can follow them.
Result<std::unique_ptr<Load>> demo_for(const broker::Broker& broker, std::uint64_t seed) {
    LoadConfig config;
    const auto address = broker.otlp_address().empty() ? broker.http_address() : broker.otlp_address();
    if (address.empty()) return fail(Errc::config, "--demo needs --listen or --otlp-listen");
    ARK_TRY(config.endpoint, net::Url::parse("http://" + address));
    using loadgen::Shape;
    config.scenario.shapes = {Shape::team, Shape::chat, Shape::errors, Shape::questions, Shape::deep, Shape::wide};
    config.scenario.sessions = 6;
    config.scenario.seed = seed;
    config.scenario.payload_bytes = 600;
    config.flush_every = std::chrono::milliseconds(20);
    return std::make_unique<Load>(std::move(config));
}

void open_in_browser(const Context& context, const std::string& url) {
    std::string program = "xdg-open";
    std::string argument = url;
    char* arguments[] = {program.data(), argument.data(), nullptr};
    pid_t child = 0;
    if (posix_spawnp(&child, program.c_str(), nullptr, nullptr, arguments, environ) != 0) {
        context.note("cannot start a browser (no xdg-open): open " + url);
    }
}

void welcome(const Context& context, const broker::Broker& broker, bool demo) {
    const bool color = context.color_errors();
    const auto http = broker.http_address();
    std::string text = "\n";
    if (!http.empty()) text += "  open    " + paint("http://" + http + "/", Style::bold, color) + "\n";
    const auto server = http.empty() || http == "127.0.0.1:8080" ? "" : " --server http://" + http;
    text += "  follow  " + paint("ark watch" + server, Style::bold, color) + "\n";
    text += "  list    " + paint("ark sessions list" + server, Style::bold, color) + "\n";
    if (!broker.otlp_address().empty()) {
        text += "  send    " +
                paint("OTEL_EXPORTER_OTLP_ENDPOINT=http://" + broker.otlp_address(), Style::bold, color) +
                "  (OTLP/HTTP, from any OpenTelemetry SDK)\n";
    }
    text += demo ? "\n  Demo agents are at work. Ctrl-C ends everything.\n"
                 : "\n  Ctrl-C ends it. No agents at hand? ark up --demo\n";
    context.note(text);
}

Result<Exit> run_up(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto config, context.configuration.broker_config());
    ARK_TRY(const auto seed, invocation.whole_number("seed", 1 + context.clock().now().value()));
    const bool demo = invocation.flag("demo");
    std::unique_ptr<Load> load;
    const auto ready = [&](broker::Broker& broker) {
        if (demo) {
            if (auto made = demo_for(broker, seed)) {
                load = std::move(*made);
                load->start();
            } else {
                say("warning: " + made.error().context);
            }
        }
        welcome(context, broker, demo);
        if (invocation.flag("open") && !broker.http_address().empty()) {
            open_in_browser(context, "http://" + broker.http_address() + "/");
        }
    };
    return serve(context, config, ready, [&] { load.reset(); });
}

}  // namespace

void add_up(CommandTable& table) {
    CommandSpec command;
    command.path = "up";
    command.summary = "Start everything on this machine, and say what to try next";
    command.details =
        "A broker with its API on loopback; with --demo also agents to watch. Takes all flags of `ark broker`.";
    command.options = {
        {"--demo", "", "let demo agents work, so that there is something to see", "", {}, false, Complete::nothing},
        {"--open", "", "open the dashboard in the browser", "", {}, false, Complete::nothing},
        {"--seed",
         "N",
         "of the demo agents: the same seed does the same again",
         "the time",
         {},
         false,
         Complete::nothing}};
    for (auto& option : options_of(broker_settings()))
        command.options.push_back(std::move(option));
    command.run = run_up;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
