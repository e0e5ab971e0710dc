#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "resource_client.hpp"
#include "watchdog.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

constexpr std::chrono::milliseconds look_interval{150};

const resources::Kind& queries() {
    return resources::kind_named("Query");
}

/// Standard input to its end, at most a few MiB: what the store takes.
Result<std::string> read_standard_input() {
    constexpr std::size_t bytes_max = 4u << 20;
    std::string text;
    char piece[65536];
    for (std::size_t got = 0; (got = std::fread(piece, 1, sizeof piece, stdin)) > 0;) {
        text.append(piece, got);
        if (text.size() > bytes_max) return fail(Errc::too_large, "standard input: more than 4 MiB");
    }
    return text;
}

/// "agent/tide-clerk".
struct Asked {
    std::string type;
    std::string name;
};

Result<Asked> asked_of(std::string_view word) {
    const auto slash = word.find('/');
    Asked asked;
    asked.type = word.substr(0, slash);
    if (slash != std::string_view::npos) asked.name = word.substr(slash + 1);
    const bool known = asked.type == "agent" || asked.type == "team" || asked.type == "model" || asked.type == "tool";
    if (!known || asked.name.empty())
        return fail(Errc::bad_argument, "TARGET: say agent/NAME, team/NAME, model/NAME or tool/NAME");
    return asked;
}

Result<std::string> query_json(const Invocation& invocation, const std::string& input) {
    ARK_TRY(const auto asked, asked_of(invocation.text("TARGET")));
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("apiVersion", queries().api_version()).field("kind", "Query");
    json.key("metadata").begin_object().field("generateName", asked.name + "-").end_object();
    json.key("spec").begin_object().field("input", input);
    json.key("target").begin_object().field("type", asked.type).field("name", asked.name).end_object();
    if (invocation.has("session")) json.field("sessionId", invocation.text("session"));
    if (invocation.has("limit")) json.field("timeout", invocation.text("limit"));
    if (invocation.has("param")) {
        json.key("parameters").begin_array();
        for (const auto& pair : invocation.all("param")) {
            const auto equals = pair.find('=');
            if (equals == std::string::npos || equals == 0)
                return fail(Errc::bad_argument, "--param: '" + pair + "' is not NAME=VALUE");
            json.begin_object()
                .field("name", pair.substr(0, equals))
                .field("value", pair.substr(equals + 1))
                .end_object();
        }
        json.end_array();
    }
    json.end_object().end_object();
    return body;
}

bool is_over(std::string_view phase) {
    return phase == "done" || phase == "error" || phase == "canceled";
}

/// Prints the answer on standard output, what went wrong on standard error.
Exit show(Context& context, const JsonValue& query) {
    const auto& status = query["status"];
    if (context.format == Format::json || context.format == Format::ndjson) {
        context.out().line(query.dump());
    } else if (status["phase"].text() == "done") {
        context.out().line(printable_lines(status["response"]["content"].text()));
    } else {
        say(fmt::format("{}: {}", status["phase"].text(), printable(status["response"]["content"].text())));
    }
    if (status["phase"].text() != "done") return Exit::failed;
    context.note(fmt::format("done in {} · {} tokens", status["duration"].text(),
                             status["tokenUsage"]["totalTokens"].integer()));
    return Exit::success;
}

Result<Exit> wait_for_end(Context& context, ResourceClient& client, const std::string& path) {
    Watchdog watchdog([&client] { client.raw().abort(); });
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    while (!watchdog.stopped()) {
        auto now = client.send("GET", path);
        if (watchdog.stopped()) break;
        if (!now) return std::move(now).error();
        if (is_over(now->value["status"]["phase"].text())) return show(context, now->value);
        watchdog.sleep(look_interval);
    }
    if (watchdog.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog.signal()};
    say("the time is up; the query still runs");
    return Exit::timeout;
}

Result<Exit> run_query(Context& context, const Invocation& invocation) {
    auto input = invocation.text("INPUT");
    if (input.empty() || input == "-") {
        ARK_TRY(input, read_standard_input());
    }
    ARK_TRY(const auto body, query_json(invocation, input));
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto ns = namespace_of(invocation);
    ARK_TRY(const auto made, client.send("POST", collection_path(queries(), ns), "application/json", body));
    const std::string name(made.value["metadata"]["name"].text());
    if (invocation.flag("no-wait")) {
        context.out().line(name);
        return Exit::success;
    }
    context.note("query " + name);
    return wait_for_end(context, client, resource_path(queries(), ns, name));
}

Result<Exit> run_cancel(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto path = resource_path(queries(), namespace_of(invocation), invocation.text("NAME"));
    ARK_TRY_STATUS(client.send("PATCH", path, "application/merge-patch+json", R"({"spec":{"cancel":true}})"));
    return Exit::success;
}

Result<Exit> run_restart(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto ns = namespace_of(invocation);
    ARK_TRY(auto before, client.send("GET", resource_path(queries(), ns, invocation.text("NAME"))));
    const auto& old = before.value;
    if (!is_over(old["status"]["phase"].text())) return fail(Errc::conflict, "it still runs");
    JsonValue spec = old["spec"];
    spec.erase("cancel");
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("apiVersion", queries().api_version()).field("kind", "Query");
    json.key("metadata").begin_object().field("generateName", std::string(old["metadata"]["name"].text()) + "-");
    if (invocation.has("from")) {
        json.key("annotations").begin_object();
        json.field("ark.mckinsey.com/restart-of", old["metadata"]["uid"].text());
        json.field("ark.mckinsey.com/restart-from", invocation.text("from")).end_object();
    }
    json.end_object().key("spec");
    spec.write(json);
    json.end_object();
    ARK_TRY(const auto made, client.send("POST", collection_path(queries(), ns), "application/json", body));
    const std::string name(made.value["metadata"]["name"].text());
    context.note("query " + name);
    return wait_for_end(context, client, resource_path(queries(), ns, name));
}

}  // namespace

void add_query(CommandTable& table) {
    CommandSpec group;
    group.path = "query";
    group.summary = "Ask agents, teams, models and tools";
    table.push_back(std::move(group));

    CommandSpec run;
    run.path = "query run";
    run.summary = "Ask, wait for the answer, print it";
    run.details =
        "For example: ark query run agent/tide-clerk 'When is high tide in Dover?'\n"
        "The answer is on standard output, everything else on standard error. Ends with 2 when the query fails, with "
        "3\n"
        "when --timeout is over; the query goes on then. Steps as they happen: ark watch.";
    run.arguments = {{"TARGET", "agent/NAME, team/NAME, model/NAME or tool/NAME", true, {}, Complete::nothing},
                     {"INPUT", "what to ask; - or nothing: standard input", false, {}, Complete::nothing}};
    run.options = {{"-p,--param", "NAME=VALUE", "a parameter of the query", "", {}, true, Complete::nothing},
                   {"--session", "ID", "the session it belongs to", "its own", {}, false, Complete::nothing},
                   {"--limit", "DURATION", "ends the query after so long", "5m", {}, false, Complete::nothing},
                   {"--no-wait", "", "print its name and leave", "", {}, false, Complete::nothing},
                   namespace_option()};
    run.run = run_query;
    table.push_back(std::move(run));

    CommandSpec cancel;
    cancel.path = "query cancel";
    cancel.summary = "Stop a query that runs";
    cancel.arguments = {{"NAME", "of the Query", true, {}, Complete::nothing}};
    cancel.options = {namespace_option()};
    cancel.run = run_cancel;
    table.push_back(std::move(cancel));

    CommandSpec restart;
    restart.path = "query restart";
    restart.summary = "Ask again what was asked, whole or from a step";
    restart.details =
        "A new query with the same specification. With --from, the steps that the first one completed before that "
        "step\n"
        "are reused: its models and tools are not asked for them again. Paths of steps: docs/life-of-a-run.md.";
    restart.arguments = {{"NAME", "of a Query that has ended", true, {}, Complete::nothing}};
    restart.options = {
        {"--from", "STEP", "the first step to take anew: /agent.clerk/llm.1", "", {}, false, Complete::nothing},
        namespace_option()};
    restart.run = run_restart;
    table.push_back(std::move(restart));
}

}  // namespace ark::cli
