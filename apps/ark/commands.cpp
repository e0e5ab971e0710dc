#include "commands/commands.hpp"

#include "settings.hpp"

namespace ark::cli {

std::vector<CommandSpec> all_commands() {
    CommandTable table;
    add_up(table);
    add_broker(table);
    add_controller(table);
    add_apply(table);
    add_get(table);
    add_describe(table);
    add_delete(table);
    add_query(table);
    add_answers(table);
    add_watch(table);
    add_lists(table);
    add_events_tail(table);
    add_status(table);
    add_eval(table);
    add_eval_list(table);
    add_eval_repl(table);
    add_loadgen(table);
    add_mock_llm(table);
    add_mock_tools(table);
    add_model(table);
    add_tools(table);
    add_a2a(table);
    add_journal(table);
    add_views(table);
    add_config(table);
    add_api(table);
    add_completion(table);
    add_help(table);
    add_version(table);
    return table;
}

std::vector<OptionSpec> global_options() {
    auto options = options_of(client_settings());
    for (auto& option : options) {
        if (option.key() == "output") {
            option.name = "-o,--output";
            option.choices = {"table", "wide", "json", "yaml", "ndjson", "name"};
        }
        if (option.key() == "color") option.choices = {"auto", "always", "never"};
        if (option.key() == "time") option.choices = {"local", "utc", "relative", "unix"};
    }
    options.push_back(
        {"--config", "FILE", "read this file instead of ./ark.yaml and the user's", "", {}, false, Complete::files});
    options.push_back({"--no-headers", "", "tables without their first line", "", {}, false, Complete::nothing});
    options.push_back({"-q,--quiet", "", "nothing on standard error but errors", "", {}, false, Complete::nothing});
    options.push_back(
        {"-v,--verbose", "", "each request and how long it took, on standard error", "", {}, false, Complete::nothing});
    options.push_back({"-h,--help", "", "explain the command", "", {}, false, Complete::nothing});
    options.push_back({"--version", "", "print the version", "", {}, false, Complete::nothing});
    return options;
}

std::vector<OptionSpec> filter_options() {
    std::vector<OptionSpec> options;
    const auto add = [&options](std::string name, std::string value, std::string help,
                                std::vector<std::string> choices = {}, bool repeat = false) {
        options.push_back(
            {std::move(name), std::move(value), std::move(help), "", std::move(choices), repeat, Complete::nothing});
    };
    add("--session", "ID", "only this session");
    add("--query", "ID", "only this query: id or name");
    add("--trace", "ID", "only this trace");
    add("--agent", "NAME", "only what this agent does");
    add("--team", "NAME", "only what this team does");
    add("--tool", "NAME", "only calls of this tool");
    add("--model", "NAME", "only calls of this model");
    add("--reason", "REASON", "only events of this reason; a trailing * matches a prefix", {}, true);
    add("--component", "KIND", "only this kind of step",
        {"query", "agent", "team", "llm", "tool", "memory", "a2a", "evaluation", "other"});
    add("--status", "STATUS", "success or failure; of rows also a state such as running");
    add("--errors", "", "only what failed: --status failure");
    add("--filter", "EXPR", "only what this expression is true of: see docs/expressions.md");
    return options;
}

}  // namespace ark::cli
