#include "commands/commands.hpp"
#include "context.hpp"
#include "demo/harbour.hpp"
#include "serve.hpp"

namespace ark::cli {
namespace {

Result<Exit> run_mock_tools(Context& context, const Invocation& invocation) {
    demo::Harbour harbour;
    return serve(
        context, invocation.text("listen", "127.0.0.1:4020"), [&](net::Router& router) { harbour.add_routes(router); },
        [&] { harbour.stop(); });
}

}  // namespace

void add_mock_tools(CommandTable& table) {
    CommandSpec command;
    command.path = "mock-tools";
    command.summary = "Serve the tools of the examples: an MCP server and a small web service";
    command.details =
        "The MCP server is at http://HOST:PORT/mcp (streamable HTTP; tools lookup and route), the web service at\n"
        "/tides/PORT and /berths. What they know is made up. For example:\n"
        "ark tools call --mcp http://127.0.0.1:4020/mcp lookup '{\"place\": \"Dover\"}'";
    command.options = {
        {"--listen", "HOST:PORT", "port 0: any free one", "127.0.0.1:4020", {}, false, Complete::nothing}};
    command.run = run_mock_tools;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
