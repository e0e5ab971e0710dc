#pragma once
#include "command.hpp"

#include <functional>
#include <string>
#include <vector>

/// What a shell offers after what was typed so far. The scripts only ask: `ark __complete WORDS…` answers from the
/// table.
namespace ark::cli {

struct Candidate {
    std::string word;
    std::string description;
};

/// Ids of "sessions", "queries", "traces" beginning like this; asks the broker, gives up soon.
using DynamicIds = std::function<std::vector<std::string>(const std::string& plural, const std::string& prefix)>;

/// `words`: behind "ark", the last one being completed (maybe empty). Empty answer: let the shell offer files.
std::vector<Candidate> candidates(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals,
                                  const std::vector<std::string>& words, const DynamicIds& ids);

/// The script for "bash", "zsh" or "fish".
std::string completion_script(const std::string& shell);

}  // namespace ark::cli
