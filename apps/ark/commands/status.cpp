#include "api_client.hpp"
#include "commands/commands.hpp"
#include "render.hpp"

namespace ark::cli {
namespace {

Result<Exit> run_status(Context& context, const Invocation&) {
    ARK_TRY(auto api, ApiClient::create(context));
    ARK_TRY(const auto status, api.get(Target("/v1/status")));
    write_one(context, context.format.value_or(Format::table), status);
    return Exit::success;
}

}  // namespace

void add_status(CommandTable& table) {
    CommandSpec command;
    command.path = "status";
    command.summary = "How the broker is: version, journal, views, streams, limits";
    command.run = run_status;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
