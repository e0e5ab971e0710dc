#include "run_options.hpp"

#include "base/duration.hpp"

#include <cstdlib>

namespace ark::cli {
namespace {

constexpr const char* timeout_variable = "ARK_MODEL_PROBE_TIMEOUT_SECONDS";
constexpr std::chrono::milliseconds timeout_max{std::chrono::hours(1)};

/// The option, else the variable, else a minute.
Result<std::chrono::milliseconds> probe_timeout(const Invocation& invocation) {
    const auto* variable = std::getenv(timeout_variable);
    const bool by_option = !invocation.text("model-probe-timeout").empty();
    auto text = invocation.text("model-probe-timeout", "60s");
    if (!by_option && variable != nullptr && *variable != '\0') text = std::string(variable) + "s";
    const auto time = parse_duration(text);
    const auto milliseconds =
        time ? std::chrono::duration_cast<std::chrono::milliseconds>(*time) : std::chrono::milliseconds(0);
    if (milliseconds.count() <= 0 || milliseconds > timeout_max) {
        return fail(Errc::config, std::string(by_option ? "--model-probe-timeout" : timeout_variable) +
                                      ": a duration up to an hour, such as " + (by_option ? "30s" : "30") + ", not '" +
                                      (by_option ? text : std::string(variable == nullptr ? "" : variable)) + "'");
    }
    return milliseconds;
}

}  // namespace

void add_run_options(CommandSpec& command) {
    const auto option = [&](std::string name, std::string value, std::string help, std::string fallback) {
        command.options.push_back(
            {std::move(name), std::move(value), std::move(help), std::move(fallback), {}, false, Complete::nothing});
    };
    option("--max-concurrent-queries", "N", "more wait their turn", "32");
    option("--no-private-models", "", "refuse models on this machine and in private networks", "");
    option("--no-model-probes", "", "do not ask models whether they would answer: there to be used is enough", "");
    option("--model-probe-timeout", "TIME", "after which a model that does not answer counts as not available", "60s");
}

Status read_run_options(const Invocation& invocation, controller::ControllerConfig& config) {
    config.private_models = !invocation.flag("no-private-models");
    config.probe_models = !invocation.flag("no-model-probes");
    ARK_TRY(config.probe_timeout, probe_timeout(invocation));
    ARK_TRY(config.concurrent_queries_max, invocation.whole_number("max-concurrent-queries", 32));
    if (config.concurrent_queries_max == 0) return fail(Errc::config, "--max-concurrent-queries: at least 1");
    return ok();
}

}  // namespace ark::cli
