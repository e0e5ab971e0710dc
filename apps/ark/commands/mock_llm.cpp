#include "commands/commands.hpp"
#include "context.hpp"
#include "mockllm/mock_model.hpp"
#include "net/server.hpp"
#include "runtime/io_pool.hpp"
#include "settings.hpp"
#include "watchdog.hpp"

#include <fstream>
#include <iterator>

namespace ark::cli {
namespace {

constexpr std::size_t script_bytes_max = 4u << 20;
constexpr std::chrono::milliseconds grace{500};

Result<mockllm::Script> read_script(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(Errc::bad_argument, "cannot read " + path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.size() > script_bytes_max) return fail(Errc::too_large, path + ": a script beyond 4 MiB");
    auto script = mockllm::Script::parse(text);
    if (!script) return prefix(std::move(script).error(), path);
    return script;
}

Result<net::ServerConfig> listen_config(const std::string& text) {
    ARK_TRY(const auto address, parse_listen(text));
    if (!address) return fail(Errc::bad_argument, "--listen: off leaves nothing to do");
    net::ServerConfig config;
    config.host = address->host;
    config.port = address->port;
    return config;
}

Result<Exit> run_mock_llm(Context& context, const Invocation& invocation) {
    ARK_TRY(auto script, read_script(invocation.text("script")));
    if (invocation.flag("check")) {
        context.note(std::to_string(script.rules.size()) + " rules, all well");
        return Exit::success;
    }
    ARK_TRY(const auto config, listen_config(invocation.text("listen", "127.0.0.1:4010")));
    Watchdog watchdog({});  // before the net threads: they inherit its signal mask
    mockllm::MockModel model(std::move(script));
    net::Router router;
    model.add_routes(router);
    runtime::IoPool pool(1);
    ARK_TRY(const auto server, net::Server::create(pool, config, router));
    server->start();
    pool.start();
    context.out().line("ready http=" + server->address());
    context.out().flush();
    while (!watchdog.stopped())
        watchdog.sleep(std::chrono::hours(1));
    model.stop();
    server->stop(grace);
    pool.stop();
    return Exit::success;
}

}  // namespace

void add_mock_llm(CommandTable& table) {
    CommandSpec command;
    command.path = "mock-llm";
    command.summary = "Serve a model that says what a script says: OpenAI-compatible, for demos and tests";
    command.details =
        "Replies and tool calls are chosen by the conversation and streamed at the script's pace; errors too.\n"
        "Point any OpenAI client at http://HOST:PORT/v1 with any key. docs/mock-llm.md has the script's grammar.";
    command.options = {
        {"--script", "FILE", "what to say: YAML", "", {}, false, Complete::files},
        {"--listen", "HOST:PORT", "port 0: any free one", "127.0.0.1:4010", {}, false, Complete::nothing},
        {"--check", "", "only read the script, and say what is wrong with it", "", {}, false, Complete::nothing}};
    command.run = run_mock_llm;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
