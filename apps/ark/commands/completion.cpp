#include "completion.hpp"

#include "commands/commands.hpp"
#include "context.hpp"

namespace ark::cli {
namespace {

Result<Exit> run_completion(Context& context, const Invocation& invocation) {
    context.out().write(completion_script(invocation.text("SHELL")));
    return Exit::success;
}

}  // namespace

void add_completion(CommandTable& table) {
    CommandSpec command;
    command.path = "completion";
    command.summary = "Print the script that teaches a shell to complete ark's words";
    command.details = "For example: source <(ark completion bash)";
    command.arguments = {{"SHELL", "bash, zsh or fish", true, {"bash", "zsh", "fish"}, Complete::nothing}};
    command.run = run_completion;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
