#pragma once
#include "command.hpp"

#include <string>
#include <vector>

/// The command table as text: for --help, and for docs/cli.md.
namespace ark::cli {

std::string help_of_all(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals);
std::string help_of(const CommandSpec& command, const std::vector<CommandSpec>& commands,
                    const std::vector<OptionSpec>& globals);
/// The reference part of docs/cli.md; a test compares.
std::string markdown_of_all(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals);
/// The tables of docs/configuration.md; a test compares.
std::string markdown_of_settings();

}  // namespace ark::cli
