#pragma once
#include "command.hpp"
#include "controller/config.hpp"

namespace ark::cli {

/// The options of whoever runs queries, `ark controller` and `ark up`: how many at once, which models, how they are
/// probed.
void add_run_options(CommandSpec& command);
/// What the command line (and the reference's ARK_MODEL_PROBE_TIMEOUT_SECONDS) says of them. config: a value that
/// cannot be.
Status read_run_options(const Invocation& invocation, controller::ControllerConfig& config);

}  // namespace ark::cli
