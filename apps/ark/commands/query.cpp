#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "commands/get.hpp"
#include "query_follow.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

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
    json.begin_object().field("apiVersion", query_kind().api_version()).field("kind", "Query");
    json.key("metadata").begin_object().field("generateName", asked.name + "-");
    // Whoever watches wants to read along.
    if (!invocation.flag("no-wait") && !invocation.flag("no-steps"))
        json.key("annotations").begin_object().field("ark.mckinsey.com/streaming-enabled", "true").end_object();
    json.end_object();
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

Awaited awaited_of(const JsonValue& query, const Invocation& invocation) {
    Awaited awaited;
    const auto& metadata = query["metadata"];
    awaited.ns = metadata["namespace"].text();
    awaited.name = metadata["name"].text();
    awaited.uid = metadata["uid"].text();
    awaited.since = metadata["creationTimestamp"].text();
    awaited.steps = !invocation.flag("no-steps");
    awaited.cancel_on_interrupt = invocation.flag("cancel-on-interrupt");
    awaited.fail_on_input = invocation.text("answer") == "fail";
    return awaited;
}

/// The first line: what to call it from another terminal.
void announce(const Context& context, const JsonValue& query) {
    const auto color = context.color_errors();
    auto line = fmt::format("◇ query {}", paint(query["metadata"]["name"].text(), Style::bold, color));
    const auto session = query["spec"]["sessionId"].text();
    if (!session.empty()) line += " · session " + printable(session);
    context.note(line + paint(fmt::format(" · {}/", context.server), Style::dim, color));
}

bool is_query(const JsonValue& query, std::string_view word) {
    return query["metadata"]["name"].text().starts_with(word) || query["metadata"]["uid"].text().starts_with(word);
}

/// By name, by the beginning of name or uid when only one has it, or the newest one: @latest.
Result<JsonValue> find_query(ResourceClient& client, const std::string& ns, const std::string& word) {
    const bool latest = word == "@latest";
    if (!latest) {
        auto exact = client.send("GET", resource_path(query_kind(), ns, word));
        if (exact || exact.error().code != Errc::not_found) {
            if (!exact) return std::move(exact).error();
            return std::move(exact->value);
        }
    }
    ARK_TRY(const auto all, client.send("GET", collection_path(query_kind(), ns)));
    std::vector<const JsonValue*> found;
    std::vector<std::string> names;
    for (const auto& query : all.value["items"].array()) {
        names.emplace_back(query["metadata"]["name"].text());
        if (latest || is_query(query, word)) found.push_back(&query);
    }
    if (found.empty()) {
        const auto near = nearest(word, names);
        return fail(Errc::not_found, fmt::format("no query matches '{}' in namespace {}{}\n  try: ark query list", word,
                                                 ns, near ? ", did you mean '" + *near + "'?" : ""));
    }
    const auto created = [](const JsonValue* query) { return (*query)["metadata"]["creationTimestamp"].text(); };
    std::stable_sort(found.begin(), found.end(), [&](const auto* a, const auto* b) { return created(a) > created(b); });
    if (latest || found.size() == 1) return *found.front();
    std::string few;
    for (std::size_t i = 0; i < found.size() && i < 5; ++i)
        few += (i == 0 ? "" : ", ") + std::string((*found[i])["metadata"]["name"].text());
    return fail(Errc::not_found, fmt::format("{} queries begin with '{}': {}", found.size(), word, few));
}

/// Creates a query, and waits for its end unless told otherwise.
Result<Exit> ask(Context& context, const Invocation& invocation, ResourceClient& client, const std::string& body) {
    const auto ns = namespace_of(invocation);
    ARK_TRY(const auto made, client.send("POST", collection_path(query_kind(), ns), "application/json", body));
    for (const auto& warning : made.warnings)
        context.note("warning: " + warning);
    if (invocation.flag("no-wait")) {
        context.out().line(made.value["metadata"]["name"].text());
        return Exit::success;
    }
    announce(context, made.value);
    return follow_query(context, client, awaited_of(made.value, invocation));
}

Result<Exit> run_query(Context& context, const Invocation& invocation) {
    auto input = invocation.text("INPUT");
    if (input.empty() || input == "-") {
        ARK_TRY(input, read_standard_input());
    }
    ARK_TRY(const auto body, query_json(invocation, input));
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    return ask(context, invocation, client, body);
}

Result<Exit> run_list_queries(Context& context, const Invocation& invocation) {
    return get_resources(context, invocation, query_kind(), "");
}

Result<Exit> run_get_query(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    ARK_TRY(const auto query, find_query(client, namespace_of(invocation), invocation.text("NAME")));
    return get_resources(context, invocation, query_kind(), std::string(query["metadata"]["name"].text()));
}

Result<Exit> run_wait(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    ARK_TRY(const auto query, find_query(client, namespace_of(invocation), invocation.text("NAME")));
    announce(context, query);
    return follow_query(context, client, awaited_of(query, invocation));
}

Result<Exit> run_cancel_query(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto ns = namespace_of(invocation);
    ARK_TRY(const auto query, find_query(client, ns, invocation.text("NAME")));
    const std::string name(query["metadata"]["name"].text());
    if (const auto phase = query["status"]["phase"].text(); is_over(phase))
        return fail(Errc::conflict, fmt::format("query {} has ended: {}", name, phase));
    ARK_TRY_STATUS(client.send("PATCH", resource_path(query_kind(), ns, name), "application/merge-patch+json",
                               R"({"spec":{"cancel":true}})"));
    context.note("query " + name + " is told to end");
    return Exit::success;
}

Result<Exit> run_restart(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    ARK_TRY(const auto old, find_query(client, namespace_of(invocation), invocation.text("NAME")));
    const std::string name(old["metadata"]["name"].text());
    if (!is_over(old["status"]["phase"].text())) return fail(Errc::conflict, "query " + name + " still runs");
    JsonValue spec = old["spec"];
    spec.erase("cancel");
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().field("apiVersion", query_kind().api_version()).field("kind", "Query");
    json.key("metadata").begin_object().field("generateName", name + "-");
    if (invocation.has("from")) {
        json.key("annotations").begin_object();
        json.field("ark.mckinsey.com/restart-of", old["metadata"]["uid"].text());
        json.field("ark.mckinsey.com/restart-from", invocation.text("from")).end_object();
    }
    json.end_object().key("spec");
    spec.write(json);
    json.end_object();
    return ask(context, invocation, client, body);
}

/// Of everything that waits for a query's end.
std::vector<OptionSpec> waiting_options() {
    return {{"--no-steps", "", "only the answer", "", {}, false, Complete::nothing},
            {"--answer",
             "WHAT",
             "when the query waits for a person: wait, or fail (exit 9; it goes on waiting)",
             "wait",
             {"wait", "fail"},
             false,
             Complete::nothing},
            {"--cancel-on-interrupt",
             "",
             "Ctrl-C cancels the query, instead of leaving it to run",
             "",
             {},
             false,
             Complete::nothing}};
}

OptionSpec no_wait_option() {
    return {"--no-wait", "", "print its name and leave", "", {}, false, Complete::nothing};
}

ArgumentSpec one_query_argument() {
    return {"NAME", "of the query, or how name or uid begin; @latest", true, {}, Complete::nothing};
}

}  // namespace

void add_query(CommandTable& table) {
    CommandSpec group;
    group.path = "query";
    group.summary = "Ask agents, teams, models and tools";
    table.push_back(std::move(group));

    CommandSpec run;
    run.path = "query run";
    run.summary = "Ask, watch the steps, get the answer";
    run.details =
        "For example: ark query run agent/tide-clerk 'When is high tide in Dover?'\n"
        "Each model call, tool call and turn of a team is shown on standard error as it begins and ends, from the\n"
        "broker (--server); the answer is on standard output. The query itself is the controller's (--controller).\n"
        "-o json and yaml give the whole query at the end, -o ndjson each event as it comes and the query behind "
        "them.\n"
        "Ends with 2 when the query fails, with 3 when --timeout is over, with 9 when it waits for a person under\n"
        "--answer fail. Ctrl-C and --timeout leave the query to run: ark query wait takes it up again.";
    run.arguments = {{"TARGET", "agent/NAME, team/NAME, model/NAME or tool/NAME", true, {}, Complete::nothing},
                     {"INPUT", "what to ask; - or nothing: standard input", false, {}, Complete::nothing}};
    run.options = {{"-p,--param", "NAME=VALUE", "a parameter of the query", "", {}, true, Complete::nothing},
                   {"--session", "ID", "the session it belongs to", "its own", {}, false, Complete::nothing},
                   {"--limit", "DURATION", "ends the query after so long", "5m", {}, false, Complete::nothing},
                   no_wait_option(),
                   namespace_option()};
    for (auto& option : waiting_options())
        run.options.push_back(std::move(option));
    run.run = run_query;
    table.push_back(std::move(run));

    CommandSpec list;
    list.path = "query list";
    list.summary = "List queries, as the controller knows them";
    list.details = "What became of them on the way is the broker's: ark queries list, ark events list --query NAME.";
    list.options = list_options();
    list.run = run_list_queries;
    table.push_back(std::move(list));

    CommandSpec get;
    get.path = "query get";
    get.summary = "Show a query";
    get.arguments = {one_query_argument()};
    get.options = {namespace_option(), {"-w,--watch", "", "go on with every change", "", {}, false, Complete::nothing}};
    get.run = run_get_query;
    table.push_back(std::move(get));

    CommandSpec wait;
    wait.path = "query wait";
    wait.summary = "Watch the steps of a query that runs, and get its answer";
    wait.details = "Ends as `ark query run` does. Steps that were there before are shown first.";
    wait.arguments = {one_query_argument()};
    wait.options = waiting_options();
    wait.options.push_back(namespace_option());
    wait.run = run_wait;
    table.push_back(std::move(wait));

    CommandSpec cancel;
    cancel.path = "query cancel";
    cancel.summary = "Stop a query that runs";
    cancel.arguments = {one_query_argument()};
    cancel.options = {namespace_option()};
    cancel.run = run_cancel_query;
    table.push_back(std::move(cancel));

    CommandSpec restart;
    restart.path = "query restart";
    restart.summary = "Ask again what was asked, whole or from a step";
    restart.details =
        "A new query with the same specification. With --from, the steps that the first one completed before that "
        "step\n"
        "are reused: its models and tools are not asked for them again. Paths of steps: docs/life-of-a-run.md.";
    restart.arguments = {one_query_argument()};
    restart.options = {
        {"--from", "STEP", "the first step to take anew: /agent.clerk/llm.1", "", {}, false, Complete::nothing},
        no_wait_option(),
        namespace_option()};
    for (auto& option : waiting_options())
        restart.options.push_back(std::move(option));
    restart.run = run_restart;
    table.push_back(std::move(restart));
}

}  // namespace ark::cli
