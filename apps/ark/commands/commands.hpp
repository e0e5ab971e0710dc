#pragma once
#include "command.hpp"

#include <vector>

/// Each command's own file adds its lines to the table; commands.cpp puts them in order.
namespace ark::cli {

using CommandTable = std::vector<CommandSpec>;

void add_up(CommandTable& table);
void add_broker(CommandTable& table);
void add_controller(CommandTable& table);
void add_apply(CommandTable& table);
void add_get(CommandTable& table);
void add_query(CommandTable& table);
void add_answers(CommandTable& table);
void add_describe(CommandTable& table);
void add_delete(CommandTable& table);
void add_watch(CommandTable& table);
void add_events_tail(CommandTable& table);
void add_lists(CommandTable& table);  // sessions, queries, traces, events, spans
void add_status(CommandTable& table);
void add_eval(CommandTable& table);  // run, check
void add_eval_list(CommandTable& table);
void add_eval_repl(CommandTable& table);
void add_loadgen(CommandTable& table);
void add_mock_llm(CommandTable& table);
void add_mock_tools(CommandTable& table);
void add_model(CommandTable& table);
void add_tools(CommandTable& table);
void add_a2a(CommandTable& table);
void add_journal(CommandTable& table);
void add_views(CommandTable& table);
void add_config(CommandTable& table);
void add_api(CommandTable& table);
void add_completion(CommandTable& table);
void add_help(CommandTable& table);
void add_version(CommandTable& table);

/// Flags that lists and streams share: the plain parameters of the API.
std::vector<OptionSpec> filter_options();

}  // namespace ark::cli
