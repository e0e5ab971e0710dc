#include "help.hpp"

#include "settings.hpp"
#include "terminal.hpp"

#include <algorithm>

namespace ark::cli {
namespace {

std::string left_column(const OptionSpec& option) {
    auto text = option.name.starts_with("--") ? "    " + option.name : option.name;
    if (const auto comma = text.find(",-"); comma != std::string::npos) text.insert(comma + 1, " ");
    return option.value.empty() ? text : text + " " + option.value;
}

std::string right_column(const OptionSpec& option) {
    auto text = option.help;
    if (option.repeat) text += " (may be repeated)";
    if (!option.fallback.empty()) text += " [" + option.fallback + "]";
    return text;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

void append_columns(std::string& out, const Lines& lines) {
    constexpr std::size_t left_max = 34;
    std::size_t left = 0;
    for (const auto& line : lines)
        left = std::max(left, std::min(line.first.size(), left_max));
    for (const auto& [name, text] : lines) {
        out += "  " + name;
        if (name.size() > left_max) {
            out += "\n  " + std::string(left, ' ');
        } else {
            out.append(left - name.size(), ' ');
        }
        out += "  " + text + "\n";
    }
}

Lines option_lines(const std::vector<OptionSpec>& options) {
    Lines lines;
    for (const auto& option : options)
        lines.emplace_back(left_column(option), right_column(option));
    return lines;
}

std::string usage_of(const CommandSpec& command) {
    std::string text = "ark " + command.path;
    for (const auto& argument : command.arguments) {
        text += argument.required ? " " + argument.name : " [" + argument.name + "]";
    }
    if (command.run == nullptr) text += " COMMAND";
    if (!command.options.empty()) text += " [flags]";
    return text;
}

bool is_member(const CommandSpec& command, std::string_view group) {
    return command.path.size() > group.size() && command.path.starts_with(group) && command.path[group.size()] == ' ';
}

std::string escaped(std::string text) {
    for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
        text.insert(at, "\\");
    return text;
}

}  // namespace

std::string help_of_all(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals) {
    std::string out =
        "ark: watch AI agents while they work, and lose nothing of it.\n\n"
        "Usage: ark COMMAND [flags]\n\nCommands:\n";
    Lines lines;
    for (const auto& command : commands) {
        if (command.path.find(' ') == std::string::npos) lines.emplace_back(command.path, command.summary);
    }
    append_columns(out, lines);
    out += "\nFlags of every command:\n";
    append_columns(out, option_lines(globals));
    out += "\nark COMMAND --help says more about one. Start with: ark up --demo\n";
    return out;
}

std::string help_of(const CommandSpec& command, const std::vector<CommandSpec>& commands,
                    const std::vector<OptionSpec>& globals) {
    std::string out = command.summary + "\n\nUsage: " + usage_of(command) + "\n";
    if (!command.details.empty()) out += "\n" + command.details + "\n";
    Lines members;
    for (const auto& other : commands) {
        if (is_member(other, command.path))
            members.emplace_back(other.path.substr(command.path.size() + 1), other.summary);
    }
    if (!members.empty()) {
        out += "\nCommands:\n";
        append_columns(out, members);
    }
    if (!command.arguments.empty()) {
        out += "\nArguments:\n";
        Lines lines;
        for (const auto& argument : command.arguments)
            lines.emplace_back(argument.name, argument.help);
        append_columns(out, lines);
    }
    if (!command.options.empty()) {
        out += "\nFlags:\n";
        append_columns(out, option_lines(command.options));
    }
    out += "\nFlags of every command:\n";
    append_columns(out, option_lines(globals));
    return out;
}

std::string markdown_of_all(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals) {
    const auto table = [](std::string& out, const std::vector<OptionSpec>& options) {
        out += "| flag | meaning | default |\n|---|---|---|\n";
        for (const auto& option : options) {
            const auto value = option.value.empty() ? "" : " " + option.value;
            const auto repeat = option.repeat ? " (may be repeated)" : "";
            out += "| `" + option.name + value + "` | " + escaped(option.help) + repeat + " | " +
                   (option.fallback.empty() ? "" : "`" + option.fallback + "`") + " |\n";
        }
        out += "\n";
    };
    std::string out = "### Flags of every command\n\n";
    table(out, globals);
    for (const auto& command : commands) {
        out += "### `ark " + command.path + "`\n\n" + command.summary + ".\n\n";
        if (command.run != nullptr) out += "```\n" + usage_of(command) + "\n```\n\n";
        if (!command.details.empty()) out += command.details + "\n\n";
        for (const auto& argument : command.arguments)
            out += "- `" + argument.name + "`: " + argument.help + "\n";
        if (!command.arguments.empty()) out += "\n";
        if (!command.options.empty()) table(out, command.options);
    }
    return out;
}

std::string markdown_of_settings() {
    std::string out;
    const auto table = [&out](const std::vector<Setting>& settings, const std::string& section) {
        out += "| flag | variable | key in the file | default | meaning |\n|---|---|---|---|---|\n";
        for (const auto& setting : settings) {
            const auto value = setting.value.empty() ? std::string() : " " + std::string(setting.value);
            out += "| `--" + std::string(setting.name) + value + "` | `" + variable_of(setting) + "` | `" + section +
                   std::string(setting.name) + "` | " +
                   (setting.fallback.empty() ? std::string() : "`" + std::string(setting.fallback) + "`") + " | " +
                   std::string(setting.help) + (setting.repeat ? " (a list)" : "") + " |\n";
        }
        out += "\n";
    };
    out += "### Of the broker (`ark broker`, `ark up`)\n\n";
    table(broker_settings(), "broker.");
    out += "### Of the commands that talk to a broker\n\n";
    table(client_settings(), "");
    return out;
}

}  // namespace ark::cli
