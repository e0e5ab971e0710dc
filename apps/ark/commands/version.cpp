#include "codec/json_writer.hpp"
#include "commands/commands.hpp"
#include "context.hpp"

namespace ark::cli {
namespace {

Result<Exit> run_version(Context& context, const Invocation&) {
    if (context.format && *context.format != Format::table && *context.format != Format::wide) {
        std::string text;
        codec::JsonWriter json(text);
        json.begin_object().field("version", ARK_VERSION).field("compiler", __VERSION__).end_object();
        context.out().line(text);
    } else {
        context.out().line("ark " ARK_VERSION);
    }
    return Exit::success;
}

}  // namespace

void add_version(CommandTable& table) {
    CommandSpec command;
    command.path = "version";
    command.summary = "Print the version";
    command.run = run_version;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
