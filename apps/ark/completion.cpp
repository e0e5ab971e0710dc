#include "completion.hpp"

#include <algorithm>

namespace ark::cli {
namespace {

/// The command that the words name, and what is still missing of it.
struct Position {
    const CommandSpec* command = nullptr;
    std::string path;  ///< as far as it was recognised
    const OptionSpec* wants_value = nullptr;
    std::size_t arguments = 0;
};

const OptionSpec* find_option(const std::vector<OptionSpec>& options, const std::string& word) {
    for (const auto& option : options) {
        if (word == "--" + option.key()) return &option;
        if (option.name.starts_with(word + ",")) return &option;  // "-o" of "-o,--output"
    }
    return nullptr;
}

const CommandSpec* find_command(const std::vector<CommandSpec>& commands, const std::string& path) {
    const auto found =
        std::find_if(commands.begin(), commands.end(), [&](const CommandSpec& c) { return c.path == path; });
    return found == commands.end() ? nullptr : &*found;
}

Position locate(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals,
                const std::vector<std::string>& words) {
    Position position;
    for (std::size_t i = 0; i + 1 < words.size(); ++i) {
        const auto& word = words[i];
        if (position.wants_value != nullptr) {
            position.wants_value = nullptr;
            continue;
        }
        if (word.starts_with('-')) {
            const auto* option = find_option(globals, word);
            if (option == nullptr && position.command != nullptr) option = find_option(position.command->options, word);
            if (option != nullptr && !option->value.empty()) position.wants_value = option;
            continue;
        }
        const auto longer = position.path.empty() ? word : position.path + " " + word;
        if (const auto* command = find_command(commands, longer)) {
            position.command = command;
            position.path = longer;
        } else {
            ++position.arguments;
        }
    }
    return position;
}

void offer(std::vector<Candidate>& out, const std::string& prefix, const std::string& word,
           const std::string& description) {
    if (word.starts_with(prefix)) out.push_back({word, description});
}

void offer_values(std::vector<Candidate>& out, const OptionSpec& option, const std::string& prefix,
                  const DynamicIds& ids) {
    for (const auto& choice : option.choices)
        offer(out, prefix, choice, "");
    const auto key = option.key();
    const auto plural = key == "session" ? "sessions" : key == "query" ? "queries" : key == "trace" ? "traces" : "";
    if (*plural == '\0') return;
    for (const auto& id : ids(plural, prefix))
        offer(out, prefix, id, "");
}

void offer_options(std::vector<Candidate>& out, const std::vector<OptionSpec>& options, const std::string& prefix) {
    for (const auto& option : options)
        offer(out, prefix, "--" + option.key(), option.help);
}

}  // namespace

std::vector<Candidate> candidates(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals,
                                  const std::vector<std::string>& words, const DynamicIds& ids) {
    std::vector<Candidate> out;
    const auto prefix = words.empty() ? std::string() : words.back();
    const auto position = locate(commands, globals, words);
    if (position.wants_value != nullptr) {
        offer_values(out, *position.wants_value, prefix, ids);
        return out;
    }
    if (prefix.starts_with('-')) {
        if (position.command != nullptr) offer_options(out, position.command->options, prefix);
        offer_options(out, globals, prefix);
        return out;
    }
    for (const auto& command : commands) {
        const auto space = command.path.rfind(' ');
        const auto parent = space == std::string::npos ? std::string() : command.path.substr(0, space);
        if (parent != position.path || position.arguments > 0) continue;
        offer(out, prefix, space == std::string::npos ? command.path : command.path.substr(space + 1), command.summary);
    }
    if (position.command == nullptr || position.arguments >= position.command->arguments.size()) return out;
    const auto& argument = position.command->arguments[position.arguments];
    for (const auto& choice : argument.choices)
        offer(out, prefix, choice, "");
    const auto plural = position.path.substr(0, position.path.find(' '));
    if (argument.name == "ID" && (plural == "sessions" || plural == "queries" || plural == "traces")) {
        offer(out, prefix, "@latest", "the most recent one");
        for (const auto& id : ids(plural, prefix))
            offer(out, prefix, id, "");
    }
    return out;
}

std::string completion_script(const std::string& shell) {
    if (shell == "bash") {
        return R"(# bash: source <(ark completion bash)
_ark() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
    done < <(ark __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _ark ark
)";
    }
    if (shell == "zsh") {
        return R"(#compdef ark
# zsh: ark completion zsh > "${fpath[1]}/_ark"
_ark() {
    local -a lines
    local line
    for line in "${(@f)$(ark __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] && lines+=("${line/$'\t'/:}")
    done
    if (( ${#lines} )); then _describe 'ark' lines; else _files; fi
}
if [[ $funcstack[1] == _ark ]]; then _ark "$@"; else compdef _ark ark; fi
)";
    }
    return R"(# fish: ark completion fish > ~/.config/fish/completions/ark.fish
function __ark_complete
    set -l words (commandline -opc) (commandline -ct)
    ark __complete $words[2..-1] 2>/dev/null
end
complete -c ark -f -a '(__ark_complete)'
complete -c ark -n '__fish_seen_argument -l config -l data -l port-file' -F
)";
}

}  // namespace ark::cli
