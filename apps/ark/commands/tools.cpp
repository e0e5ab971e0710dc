#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"
#include "commands/commands.hpp"
#include "control_loop.hpp"
#include "terminal.hpp"
#include "text_table.hpp"
#include "tools/mcp/client.hpp"

#include <iostream>

#include <fmt/format.h>

namespace ark::cli {
namespace {

namespace mcp = tools::mcp;

Result<mcp::ClientConfig> mcp_config(const Context& context, const Invocation& invocation) {
    mcp::ClientConfig config;
    config.url = invocation.text("mcp");
    if (config.url.empty()) return fail(Errc::bad_argument, "--mcp: the server's URL is needed");
    ARK_TRY_STATUS(net::Url::parse(config.url, net::Url::Schemes::http_and_https));
    if (invocation.text("transport") == "sse") config.transport = mcp::Transport::sse;
    ARK_TRY(config.fields, fields_of(invocation));
    config.elicitation = is_terminal(0);
    config.timeout = context.timeout;
    return config;
}

std::string tools_json(const mcp::ServerInfo& server, const std::vector<mcp::ToolInfo>& tools) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().key("server").begin_object();
    json.field("name", server.name).field("version", server.version);
    json.field("protocolVersion", server.protocol_version).end_object();
    json.key("items").begin_array();
    for (const auto& tool : tools) {
        json.begin_object().field("name", tool.definition.name).field("title", tool.title);
        json.field("description", tool.definition.description);
        json.key("inputSchema").raw(tool.definition.parameters).key("annotations");
        tool.annotations.write(json);
        json.end_object();
    }
    json.end_array().end_object();
    return text;
}

void print_tools(const Context& context, const mcp::ServerInfo& server, const std::vector<mcp::ToolInfo>& tools) {
    const auto format = context.format.value_or(Format::table);
    if (format == Format::json || format == Format::ndjson || format == Format::yaml)
        return context.out().line(tools_json(server, tools));
    for (const auto& tool : tools) {
        const auto& about = tool.definition.description;
        const auto first_line = printable(about.substr(0, about.find('\n')));
        context.out().line(format == Format::name
                               ? printable(tool.definition.name)
                               : fmt::format("{:<28} {}", printable(tool.definition.name), first_line));
    }
    context.note(fmt::format("{} {}, MCP {}, {} tools", printable(server.name), printable(server.version),
                             printable(server.protocol_version), tools.size()));
}

/// The server's question, put to whoever sits at the terminal.
awaitable<tools::Answer> ask_person(tools::Question question) {
    tools::Answer answer;
    say("? " + printable(question.message));
    if (!question.url.empty()) say("  open " + printable(question.url) + " , then press return (or type no)");
    if (!question.schema.empty()) say("  as JSON of " + printable(question.schema) + " (return alone declines)");
    std::string line;
    std::getline(std::cin, line);
    const bool accepted = question.url.empty() ? !line.empty() : line != "no";
    answer.action = accepted ? tools::Answer::Action::accept : tools::Answer::Action::decline;
    answer.content = codec::repaired_utf8(line);
    co_return answer;
}

awaitable<Result<std::vector<mcp::ToolInfo>>> list(mcp::Client& client, mcp::ServerInfo& server, std::stop_token stop) {
    ARK_CO_TRY(server, co_await client.connect(stop));
    auto all = co_await client.tools(stop);
    co_await client.close();
    co_return all;
}

awaitable<Result<tools::ToolResult>> call(mcp::Client& client, std::string tool, std::string arguments,
                                          tools::CallContext context) {
    auto stop = context.stop;
    ARK_CO_TRY_STATUS(co_await client.connect(stop));
    auto result = co_await client.call(std::move(tool), std::move(arguments), std::move(context));
    co_await client.close();
    co_return result;
}

Result<Exit> run_list_tools(Context& context, const Invocation& invocation) {
    ARK_TRY(auto config, mcp_config(context, invocation));
    ControlLoop loop(context);
    const auto client = mcp::Client::create(loop.http(), std::move(config));
    mcp::ServerInfo server;
    const auto found = loop.run(list(*client, server, loop.stop_token()));
    if (const auto exit = loop.stopped_by(); exit && !found) return *exit;
    if (!found) return Error(found.error());
    print_tools(context, server, *found);
    return Exit::success;
}

Result<Exit> run_call(Context& context, const Invocation& invocation) {
    ARK_TRY(auto config, mcp_config(context, invocation));
    const auto arguments = codec::repaired_utf8(invocation.text("ARGUMENTS", "{}"));
    const auto parsed = codec::JsonValue::parse(arguments);
    if (!parsed || !parsed->is_object()) return fail(Errc::bad_argument, "ARGUMENTS: a JSON object was expected");
    ControlLoop loop(context);
    tools::CallContext call_context;
    call_context.stop = loop.stop_token();
    call_context.timeout = context.timeout;
    if (config.elicitation) call_context.ask = ask_person;
    call_context.on_progress = [&context](double done, double total, std::string_view message) {
        context.note(fmt::format("{}/{} {}", done, total, printable(message)));
    };
    const auto client = mcp::Client::create(loop.http(), std::move(config));
    const auto result = loop.run(call(*client, invocation.text("TOOL"), arguments, std::move(call_context)));
    if (const auto exit = loop.stopped_by(); exit && !result) return *exit;
    if (!result) return Error(result.error());
    const bool as_json = context.format.value_or(Format::table) != Format::table;
    context.out().line(as_json && !result->structured.empty() ? result->structured : printable_lines(result->text));
    return result->is_error ? Exit::failed : Exit::success;
}

}  // namespace

void add_tools(CommandTable& table) {
    CommandSpec group;
    group.path = "tools";
    group.summary = "Look at and call the tools of an MCP server directly, without a broker.";
    table.push_back(std::move(group));

    const std::vector<OptionSpec> options = {
        {"--mcp", "URL", "the MCP server", "", {}, false, Complete::nothing},
        {"--transport", "NAME", "http finds sse by itself", "http", {"http", "sse"}, false, Complete::nothing},
        {"-H,--header", "FIELD", "'Name: value', such as an authorization", "", {}, true, Complete::nothing}};
    CommandSpec list_command;
    list_command.path = "tools list";
    list_command.summary = "List the tools of an MCP server";
    list_command.options = options;
    list_command.run = run_list_tools;
    table.push_back(std::move(list_command));

    CommandSpec call_command;
    call_command.path = "tools call";
    call_command.summary = "Call a tool of an MCP server and print its result";
    call_command.details =
        "For example: ark tools call --mcp http://127.0.0.1:4020/mcp lookup '{\"place\":\"Dover\"}'\n"
        "Questions of the server are put to you when standard input is a terminal, else declined.\n"
        "Ends with 2 when the tool says that it failed.";
    call_command.arguments = {{"TOOL", "its name", true, {}, Complete::nothing},
                              {"ARGUMENTS", "a JSON object; none: {}", false, {}, Complete::nothing}};
    call_command.options = options;
    call_command.run = run_call;
    table.push_back(std::move(call_command));
}

}  // namespace ark::cli
