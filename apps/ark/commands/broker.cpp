#include "commands/commands.hpp"
#include "config.hpp"
#include "context.hpp"
#include "serve.hpp"
#include "settings.hpp"

namespace ark::cli {
namespace {

Result<Exit> run_broker(Context& context, const Invocation&) {
    ARK_TRY_STATUS(context.configuration.adopt_reference_variables(process_environment()));
    ARK_TRY(const auto config, context.configuration.broker_config());
    return serve(context, config);
}

}  // namespace

void add_broker(CommandTable& table) {
    CommandSpec command;
    command.path = "broker";
    command.summary = "Run the broker in the foreground until SIGINT or SIGTERM";
    command.details =
        "Every flag is also a variable (ARK_OTLP_LISTEN) and a key of the file (broker.otlp-listen);\n"
        "`ark config view --origin` shows which one holds. PORT, HOST, LOG_LEVEL and the other variables of the\n"
        "reference's broker are taken where they have a counterpart (docs/configuration.md).";
    command.options = options_of(broker_settings());
    command.run = run_broker;
    table.push_back(std::move(command));
}

}  // namespace ark::cli
