#include "help.hpp"

#include "commands/commands.hpp"
#include "context.hpp"
#include "resources/kinds_page.hpp"

namespace ark::cli {
namespace {

Result<Exit> run_help(Context& context, const Invocation& invocation) {
    const auto commands = all_commands();
    const auto globals = global_options();
    if (invocation.flag("markdown")) {
        const auto page = invocation.text("COMMAND");
        context.out().write(page == "config"      ? markdown_of_settings()
                            : page == "resources" ? resources::kinds_markdown()
                                                  : markdown_of_all(commands, globals));
        return Exit::success;
    }
    auto path = invocation.text("COMMAND");
    if (path.empty()) {
        context.out().write(help_of_all(commands, globals));
        return Exit::success;
    }
    if (invocation.has("MEMBER")) path += " " + invocation.text("MEMBER");
    std::vector<std::string> known;
    for (const auto& command : commands) {
        known.push_back(command.path);
        if (command.path != path) continue;
        context.out().write(help_of(command, commands, globals));
        return Exit::success;
    }
    auto text = "there is no command '" + path + "'";
    if (const auto near = nearest(path, known)) text += ", did you mean '" + *near + "'?";
    return fail(Errc::bad_argument, std::move(text));
}

}  // namespace

void add_help(CommandTable& table) {
    CommandSpec command;
    command.path = "help";
    command.summary = "Explain a command";
    command.arguments = {{"COMMAND", "for example sessions", false, {}, Complete::nothing},
                         {"MEMBER", "for example list", false, {}, Complete::nothing}};
    command.options = {{"--markdown",
                        "",
                        "everything, as docs/cli.md has it (`help config`: the settings, `help resources`: the kinds)",
                        "",
                        {},
                        false,
                        Complete::nothing}};
    command.run = run_help;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
