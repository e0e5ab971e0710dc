#include "api_client.hpp"
#include "commands/commands.hpp"
#include "render.hpp"

namespace ark::cli {
namespace {

Column text_of(std::string title, std::string field, bool yields = false) {
    return {std::move(title), Align::left, false, yields, [field](const JsonValue& row, const Context&) {
                return Cell{std::string(row[field].text()), Style::plain};
            }};
}

Cell result_cell(const JsonValue& row, const Context&) {
    if (row["passed"].is_null()) return {"–", Style::dim};
    return row["passed"].boolean() ? Cell{"passed", Style::green} : Cell{"failed", Style::red};
}

std::vector<Column> columns() {
    return {text_of("EVALUATION", "id"),
            text_of("NAME", "name", true),
            {"STATE", Align::left, false, false,
             [](const JsonValue& row, const Context&) { return state_cell(row["state"].text()); }},
            {"RESULT", Align::left, false, false, result_cell},
            text_of("SCORE", "score"),
            text_of("QUERY", "query"),
            text_of("SESSION", "session"),
            {"UPDATED", Align::left, false, false,
             [](const JsonValue& row, const Context& context) { return time_cell(row["updated"], context); }}};
}

Result<Exit> run_list_evaluations(Context& context, const Invocation& invocation) {
    ARK_TRY(auto api, ApiClient::create(context));
    Target target("/v1/evaluations");
    for (const char* name : {"query", "session", "name", "limit", "cursor"}) {
        target.add(name, invocation.text(name));
    }
    if (invocation.flag("failed")) target.add("passed", "false");
    ARK_TRY(const auto page, api.get(target));
    write_page(context, context.format.value_or(Format::table), columns(), page);
    return Exit::success;
}

Result<Exit> run_get_evaluation(Context& context, const Invocation& invocation) {
    ARK_TRY(auto api, ApiClient::create(context));
    ARK_TRY(const auto evaluation, api.get(Target("/v1/evaluations/" + net::percent_encode(invocation.text("ID")))));
    write_one(context, context.format.value_or(Format::table), evaluation);
    return Exit::success;
}

Result<Exit> run_cancel_evaluation(Context& context, const Invocation& invocation) {
    ARK_TRY(auto api, ApiClient::create(context));
    const auto id = invocation.text("ID");
    ARK_TRY(const auto response, api.send("DELETE", "/v1/evaluations/" + net::percent_encode(id), {}, {}));
    if (response.status >= 400) return error_of(response);
    context.note(response.status == 202 ? id + " will be canceled" : id + " is canceled");
    return Exit::success;
}

}  // namespace

void add_eval_list(CommandTable& table) {
    CommandSpec list;
    list.path = "eval list";
    list.summary = "The broker's evaluations, newest first";
    list.options = {{"--query", "ID", "only of this query", "", {}, false, Complete::nothing},
                    {"--session", "ID", "only of this session", "", {}, false, Complete::nothing},
                    {"--name", "NAME", "only of this name", "", {}, false, Complete::nothing},
                    {"--failed", "", "only those that did not pass", "", {}, false, Complete::nothing},
                    {"--limit", "N", "how many", "100", {}, false, Complete::nothing},
                    {"--cursor", "CURSOR", "nextCursor of the page before", "", {}, false, Complete::nothing}};
    list.run = run_list_evaluations;
    table.push_back(std::move(list));

    CommandSpec get;
    get.path = "eval get";
    get.summary = "One evaluation with its latest result";
    get.arguments = {{"ID", "of the evaluation", true, {}, Complete::nothing}};
    get.run = run_get_evaluation;
    table.push_back(std::move(get));

    CommandSpec cancel;
    cancel.path = "eval cancel";
    cancel.summary = "End a live evaluation of the broker's";
    cancel.arguments = {{"ID", "of the evaluation", true, {}, Complete::nothing}};
    cancel.run = run_cancel_evaluation;
    table.push_back(std::move(cancel));
}

}  // namespace ark::cli
