// approve, reject, answer: what a person says to a query that waits.
#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "resource_client.hpp"

#include <cstdlib>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

/// Who answers, as the events will say: nobody proves it.
std::string who() {
    for (const auto* name : {"USER", "LOGNAME"}) {
        const auto* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return "command line";
}

/// "  3f2c… deploy {"to":"prod"}", one line a question.
std::string listed(const JsonValue& questions) {
    std::string text;
    for (const auto& question : questions.array()) {
        const auto what = question["tool"].text(question["message"].text());
        text += fmt::format("\n  {}  {} {}", printable(question["id"].text()), printable(what),
                            printable(question["arguments"].text()));
    }
    return text;
}

/// The question that is meant: the only one, or the one whose id begins so.
Result<JsonValue> pick(const JsonValue& query, std::string_view type, const std::string& id) {
    const auto name = query["metadata"]["name"].text();
    JsonValue::Array fitting;
    for (const auto& question : query["status"]["questions"].array()) {
        if (question["type"].text() == type && question["id"].text().substr(0, id.size()) == id)
            fitting.push_back(question);
    }
    if (fitting.size() == 1) return fitting.front();
    const auto noun = type == "approval" ? "approval" : "answer";
    if (fitting.size() > 1)
        return fail(Errc::bad_argument,
                    fmt::format("{} waits for more than one {}; say which:{}", name, noun, listed(JsonValue{fitting})));
    const auto phase = query["status"]["phase"].text("pending");
    if (id.empty()) return fail(Errc::conflict, fmt::format("{} waits for no {}: it is {}", name, noun, phase));
    return fail(Errc::not_found, fmt::format("{} waits for no {} {}: it is {}", name, noun, id, phase));
}

/// Writes the answer where the run looks for it, unless somebody was faster.
Status write_answer(ResourceClient& client, const std::string& ns, const JsonValue& question,
                    const std::string& input) {
    const auto path = resource_path(resources::kind_named("A2ATask"), ns, question["task"].text());
    ARK_TRY(const auto task, client.send("GET", path));
    if (!task.value["spec"]["input"].text().empty() && task.value["status"]["phase"].text() != "input-required")
        return fail(Errc::conflict, "it is answered already");
    std::string body;
    codec::JsonWriter json(body);
    json.begin_object().key("metadata").begin_object();
    json.field("resourceVersion", task.value["metadata"]["resourceVersion"].text()).end_object();
    json.key("spec").begin_object().field("input", input).end_object().end_object();
    const auto written = client.send("PATCH", path, "application/merge-patch+json", body);
    return written ? ok() : Status(written.error());
}

Result<Exit> decide(Context& context, const Invocation& invocation, std::string_view decision) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto ns = namespace_of(invocation);
    const auto path = resource_path(resources::kind_named("Query"), ns, invocation.text("QUERY"));
    ARK_TRY(const auto query, client.send("GET", path));
    ARK_TRY(const auto question, pick(query.value, "approval", invocation.text("ID")));
    std::string input;
    codec::JsonWriter json(input);
    json.begin_object().field("decision", decision).field("by", who());
    if (invocation.has("reason")) json.field("reason", invocation.text("reason"));
    json.end_object();
    ARK_TRY_STATUS(write_answer(client, ns, question, input));
    context.note(fmt::format("{} {}: {} {}", decision, printable(question["id"].text()),
                             printable(question["tool"].text()), printable(question["arguments"].text())));
    return Exit::success;
}

Result<Exit> run_approve(Context& context, const Invocation& invocation) {
    return decide(context, invocation, "approved");
}

Result<Exit> run_reject(Context& context, const Invocation& invocation) {
    return decide(context, invocation, "rejected");
}

Result<Exit> run_answer(Context& context, const Invocation& invocation) {
    ARK_TRY(auto client, ResourceClient::create(context, invocation));
    const auto ns = namespace_of(invocation);
    const auto path = resource_path(resources::kind_named("Query"), ns, invocation.text("QUERY"));
    ARK_TRY(const auto query, client.send("GET", path));
    ARK_TRY(const auto question, pick(query.value, "input", invocation.text("question")));
    std::string input;
    codec::JsonWriter json(input);
    json.begin_object().field("answer", invocation.text("TEXT")).field("by", who()).end_object();
    ARK_TRY_STATUS(write_answer(client, ns, question, input));
    context.note("answered " + printable(question["id"].text()));
    return Exit::success;
}

ArgumentSpec query_argument() {
    return {"QUERY", "that waits: ark get queries", true, {}, Complete::nothing};
}

}  // namespace

void add_answers(CommandTable& table) {
    CommandSpec approve;
    approve.path = "approve";
    approve.summary = "Let a query make the tool call that it waits with";
    approve.details =
        "For example: ark approve q-42\n"
        "Ends with 7 when somebody else was faster, or nothing waits. What waits, and with which arguments:\n"
        "ark get query q-42 -o yaml, under status.questions.";
    approve.arguments = {query_argument(),
                         {"ID", "which one, when several wait; its beginning suffices", false, {}, Complete::nothing}};
    approve.options = {namespace_option()};
    approve.run = run_approve;

    CommandSpec reject;
    reject.path = "reject";
    reject.summary = "Refuse the tool call that a query waits with";
    reject.details = "The model is told so, with the reason, and goes on without the call.";
    reject.arguments = approve.arguments;
    reject.options = {{"--reason", "TEXT", "why: the model reads it", "", {}, false, Complete::nothing},
                      namespace_option()};
    reject.run = run_reject;

    CommandSpec answer;
    answer.path = "answer";
    answer.summary = "Answer what an agent elsewhere asks";
    answer.details = "Of A2A agents that need to know more. For example: ark answer q-42 'the blue one'";
    answer.arguments = {query_argument(), {"TEXT", "what the agent is told", true, {}, Complete::nothing}};
    answer.options = {{"--question", "ID", "which one, when several wait", "", {}, false, Complete::nothing},
                      namespace_option()};
    answer.run = run_answer;
    table.push_back(std::move(approve));
    table.push_back(std::move(reject));
    table.push_back(std::move(answer));
}

}  // namespace ark::cli
