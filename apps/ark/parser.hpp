#pragma once
#include "command.hpp"

#include <string>
#include <vector>

/// From words to an Invocation. The only place that knows CLI11.
namespace ark::cli {

struct Parsed {
    const CommandSpec* command = nullptr;  ///< null: none was named; points into the list that was given
    Invocation invocation;
    bool help = false;
    bool version = false;
};

/// `words` without the program's name. Errors (bad_argument) name the word and the nearest one that would do.
Result<Parsed> parse_line(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals,
                          const std::vector<std::string>& words);

}  // namespace ark::cli
