#include "commands/commands.hpp"
#include "context.hpp"
#include "mockllm/mock_model.hpp"
#include "serve.hpp"

#include <fstream>
#include <iterator>

namespace ark::cli {
namespace {

constexpr std::size_t script_bytes_max = 4u << 20;

Result<mockllm::Script> read_script(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(Errc::bad_argument, "cannot read " + path);
    std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.size() > script_bytes_max) return fail(Errc::too_large, path + ": a script beyond 4 MiB");
    auto script = mockllm::Script::parse(text);
    if (!script) return prefix(std::move(script).error(), path);
    return script;
}

Result<Exit> run_mock_llm(Context& context, const Invocation& invocation) {
    ARK_TRY(auto script, read_script(invocation.text("script")));
    if (invocation.flag("check")) {
        context.note(std::to_string(script.rules.size()) + " rules, all well");
        return Exit::success;
    }
    mockllm::MockModel model(std::move(script));
    return serve(
        context, invocation.text("listen", "127.0.0.1:4010"), [&](net::Router& router) { model.add_routes(router); },
        [&] { model.stop(); });
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
