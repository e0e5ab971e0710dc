#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "context.hpp"
#include "load.hpp"
#include "watchdog.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

Result<LoadConfig> load_config(const Context& context, const Invocation& invocation) {
    LoadConfig config;
    ARK_TRY(config.endpoint, net::Url::parse(invocation.text("endpoint", context.server)));
    config.json = invocation.text("protocol") == "http/json";
    config.scenario.shapes.clear();
    for (const auto& shape : invocation.all("scenario"))
        config.scenario.shapes.push_back(*loadgen::parse_shape(shape));
    if (config.scenario.shapes.empty()) config.scenario.shapes = {loadgen::Shape::team};
    ARK_TRY(config.scenario.seed, invocation.whole_number("seed", 1));
    ARK_TRY(const auto sessions, invocation.whole_number("sessions", 20));
    ARK_TRY(config.scenario.payload_bytes, invocation.bytes("payload", 300));
    ARK_TRY(config.batch_max, invocation.whole_number("batch", 512));
    ARK_TRY(const auto connections, invocation.whole_number("connections", 1));
    ARK_TRY(config.items_max, invocation.whole_number("max", 0));
    config.scenario.session_id = invocation.text("session");
    if (sessions < 1 || sessions > 100'000) return fail(Errc::bad_argument, "--sessions: from 1 to 100000");
    if (connections < 1 || connections > 1000) return fail(Errc::bad_argument, "--connections: from 1 to 1000");
    if (config.batch_max < 1) return fail(Errc::bad_argument, "--batch: at least 1");
    if (config.scenario.payload_bytes > (16u << 20)) return fail(Errc::bad_argument, "--payload: at most 16MiB");
    config.scenario.sessions = static_cast<unsigned>(sessions);
    config.connections = static_cast<unsigned>(connections);
    if (invocation.text("rate") == "max") {
        config.pace = LoadConfig::Pace::unlimited;
    } else if (invocation.has("rate")) {
        ARK_TRY(config.rate, invocation.number("rate", 0));
        if (!(config.rate > 0)) return fail(Errc::bad_argument, "--rate: a number above 0, or max");
        config.pace = LoadConfig::Pace::rate;
    }
    return config;
}

std::string report_json(const LoadReport& report) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object();
    json.field("spans", report.spans).field("events", report.events).field("requests", report.requests);
    json.field("bytes", report.bytes).field("seconds", report.seconds);
    json.field("itemsPerSecond", static_cast<double>(report.spans + report.events) / report.seconds);
    json.field("retries", report.retries).field("rejected", report.rejected).field("lost", report.lost);
    json.key("latencyMs").begin_object();
    json.field("p50", report.p50_ms)
        .field("p90", report.p90_ms)
        .field("p99", report.p99_ms)
        .field("max", report.max_ms);
    json.end_object();
    if (!report.last_error.empty()) json.field("lastError", report.last_error);
    json.end_object();
    return text;
}

std::string report_text(const LoadReport& report) {
    const auto items = report.spans + report.events;
    auto text = fmt::format("sent      {} spans, {} events in {} requests, {}\n",
                            format_count(static_cast<std::int64_t>(report.spans)),
                            format_count(static_cast<std::int64_t>(report.events)),
                            format_count(static_cast<std::int64_t>(report.requests)), format_bytes(report.bytes));
    text += fmt::format("rate      {} items/s over {:.1f} s\n",
                        format_count(static_cast<std::int64_t>(static_cast<double>(items) / report.seconds)),
                        report.seconds);
    text += fmt::format("latency   p50 {:.2f}  p90 {:.2f}  p99 {:.2f}  max {:.2f} ms\n", report.p50_ms, report.p90_ms,
                        report.p99_ms, report.max_ms);
    text +=
        fmt::format("failures  {} items lost, {} rejected, {} retries", report.lost, report.rejected, report.retries);
    if (!report.last_error.empty()) text += "  (last: " + printable(report.last_error) + ")";
    return text;
}

Result<Exit> run_loadgen(Context& context, const Invocation& invocation) {
    ARK_TRY(auto config, load_config(context, invocation));
    ARK_TRY(const auto duration,
            invocation.duration_nanos("duration", std::chrono::nanoseconds(std::chrono::seconds(30)).count()));
    const bool progress = is_terminal(2) && !context.quiet;
    Watchdog watchdog({});  // before the threads of Load: they inherit its signal mask
    Load load(std::move(config));
    load.start();
    if (duration > 0) watchdog.limit_total(std::chrono::nanoseconds(duration));
    std::uint64_t last = 0;
    while (!watchdog.stopped() && load.running()) {
        watchdog.sleep(std::chrono::milliseconds(progress ? 1000 : 50));
        if (!progress || watchdog.stopped()) continue;
        const auto sent = load.items_sent();
        say(fmt::format("{} items, {} in the last second", format_count(static_cast<std::int64_t>(sent)),
                        format_count(static_cast<std::int64_t>(sent - last))));
        last = sent;
    }
    load.stop();
    const auto report = load.report();
    const auto format = context.format.value_or(Format::table);
    context.out().line(format == Format::table || format == Format::wide ? report_text(report) : report_json(report));
    if (report.requests == 0 && report.lost > 0) {
        return fail(Errc::connect, "nothing could be sent to " + invocation.text("endpoint", context.server) + ": " +
                                       report.last_error);
    }
    if (watchdog.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog.signal()};
    return report.lost > 0 ? Exit::failed : Exit::success;
}

}  // namespace

void add_loadgen(CommandTable& table) {
    CommandSpec command;
    command.path = "loadgen";
    command.summary = "Send what agents would send: seeded, realistic sessions over OTLP";
    command.details =
        "Spans when they end, events as they happen, with GenAI attributes. The same seed sends the same ids and "
        "texts.\n"
        "Prints rate, latency of acknowledgements and losses at the end; -o json for programs.";
    std::vector<std::string> shapes;
    for (const auto name : loadgen::shape_names())
        shapes.emplace_back(name);
    command.options = {{"--scenario", "NAME", "what the sessions look like; several take turns", "team", shapes, true,
                        Complete::nothing},
                       {"--rate",
                        "N",
                        "items a second, or max: as fast as they are acknowledged",
                        "the pace of life",
                        {},
                        false,
                        Complete::nothing},
                       {"--duration", "TIME", "how long; 0: until Ctrl-C", "30s", {}, false, Complete::nothing},
                       {"--max", "N", "end after so many items", "", {}, false, Complete::nothing},
                       {"--sessions", "N", "at once", "20", {}, false, Complete::nothing},
                       {"--session", "ID", "put everything into this one session", "", {}, false, Complete::nothing},
                       {"--payload", "SIZE", "of each prompt and answer", "300", {}, false, Complete::nothing},
                       {"--seed", "N", "of ids, names, durations and texts", "1", {}, false, Complete::nothing},
                       {"--batch", "N", "most items of a request", "512", {}, false, Complete::nothing},
                       {"--connections", "N", "sessions are shared out among them", "1", {}, false, Complete::nothing},
                       {"--protocol",
                        "NAME",
                        "how OTLP is sent",
                        "http/protobuf",
                        {"http/protobuf", "http/json"},
                        false,
                        Complete::nothing},
                       {"--endpoint", "URL", "an OTLP/HTTP receiver", "the server", {}, false, Complete::nothing}};
    command.run = run_loadgen;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
