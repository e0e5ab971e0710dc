#include "commands/commands.hpp"
#include "context.hpp"
#include "demo/harbour.hpp"
#include "net/server.hpp"
#include "runtime/io_pool.hpp"
#include "settings.hpp"
#include "watchdog.hpp"

namespace ark::cli {
namespace {

constexpr std::chrono::milliseconds grace{500};

Result<Exit> run_mock_tools(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto address, parse_listen(invocation.text("listen", "127.0.0.1:4020")));
    if (!address) return fail(Errc::bad_argument, "--listen: off leaves nothing to do");
    net::ServerConfig config;
    config.host = address->host;
    config.port = address->port;
    Watchdog watchdog({});  // before the net threads: they inherit its signal mask
    demo::Harbour harbour;
    net::Router router;
    harbour.add_routes(router);
    runtime::IoPool pool(1);
    ARK_TRY(const auto server, net::Server::create(pool, config, router));
    server->start();
    pool.start();
    context.out().line("ready http=" + server->address());
    context.out().flush();
    while (!watchdog.stopped())
        watchdog.sleep(std::chrono::hours(1));
    harbour.stop();
    server->stop(grace);
    pool.stop();
    return Exit::success;
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
