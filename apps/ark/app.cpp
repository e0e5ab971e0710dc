#include "app.hpp"

#include "api_client.hpp"
#include "completion.hpp"
#include "context.hpp"
#include "help.hpp"
#include "parser.hpp"

#include <csignal>

namespace ark::cli {
namespace {

constexpr std::chrono::milliseconds completion_timeout{300};  // somebody holds the Tab key

int report(const Error& error) {
    say(paint("error:", Style::red, wants_color(ColorMode::automatic, 2)) + " " + error.context);
    return static_cast<int>(exit_of(error));
}

std::vector<std::string> ask_for_ids(const std::string& plural, const std::string& prefix) {
    auto configuration = Configuration::load({}, process_environment());
    if (!configuration) return {};
    auto context = Context::create({}, std::move(*configuration));
    if (!context) return {};
    context->timeout = completion_timeout;
    auto api = ApiClient::create(*context);
    if (!api) return {};
    Target target("/v1/" + plural);
    target.add("limit", "50").add("q", prefix);
    const auto page = api->get(target);
    std::vector<std::string> ids;
    if (!page) return ids;
    for (const auto& row : (*page)["items"].array())
        ids.push_back(printable(row["id"].text()));
    return ids;
}

int complete(const std::vector<std::string>& words) {
    Out out;
    for (const auto& candidate : candidates(all_commands(), global_options(), words, ask_for_ids)) {
        out.line(candidate.description.empty() ? candidate.word : candidate.word + "\t" + candidate.description);
    }
    return 0;
}

Result<Exit> dispatch(const Parsed& parsed, const std::vector<CommandSpec>& commands,
                      const std::vector<OptionSpec>& globals) {
    const auto& command = parsed.command;
    if (parsed.version) {
        Out().line("ark " ARK_VERSION);
        return Exit::success;
    }
    if (command == nullptr || command->run == nullptr || parsed.help) {
        const auto text = command == nullptr ? help_of_all(commands, globals) : help_of(*command, commands, globals);
        if (parsed.help) {
            Out().write(text);
            return Exit::success;
        }
        say(text);  // a command was expected: this is not data
        return Exit::usage;
    }
    ARK_TRY(auto configuration, Configuration::load(parsed.invocation, process_environment()));
    ARK_TRY(auto context, Context::create(parsed.invocation, std::move(configuration)));
    auto exit = command->run(context, parsed.invocation);
    context.out().flush();
    return exit;
}

}  // namespace

int run(const std::vector<std::string>& words) {
    std::signal(SIGPIPE, SIG_IGN);  // writers see EPIPE, and end quietly (Out) or say what they lost (net)
    if (!words.empty() && words.front() == "__complete") return complete({words.begin() + 1, words.end()});
    const auto commands = all_commands();
    const auto globals = global_options();
    const auto parsed = parse_line(commands, globals, words);
    if (!parsed) return report(parsed.error());
    const auto exit = dispatch(*parsed, commands, globals);
    return exit ? static_cast<int>(*exit) : report(exit.error());
}

}  // namespace ark::cli
