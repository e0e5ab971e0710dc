#include "parser.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

namespace ark::cli {
namespace {

/// Where CLI11 puts what it finds, until we have read it.
struct Slot {
    std::string key;
    std::vector<std::string> values;
    CLI::Option* option = nullptr;
};

using Slots = std::deque<Slot>;  // addresses stay: CLI11 keeps references

void add_option(CLI::App& app, const OptionSpec& spec, Slots& slots) {
    auto& slot = slots.emplace_back();
    slot.key = spec.key();
    if (spec.value.empty()) {
        slot.option = app.add_flag(spec.name);
        return;
    }
    slot.option = app.add_option(spec.name, slot.values);
    slot.option->type_size(1)->expected(1)->allow_extra_args(false);
    slot.option->multi_option_policy(spec.repeat ? CLI::MultiOptionPolicy::TakeAll : CLI::MultiOptionPolicy::TakeLast);
}

void add_argument(CLI::App& app, const ArgumentSpec& spec, Slots& slots) {
    auto& slot = slots.emplace_back();
    slot.key = spec.name;
    slot.option = app.add_option(spec.name, slot.values);
    slot.option->type_size(1)->expected(1)->allow_extra_args(
        false);  // whether it must be there is check()'s matter: its words are better
}

/// The tree of CLI::App for the list of paths; parents come before their children there.
struct Tree {
    CLI::App root;
    std::map<std::string, CLI::App*, std::less<>> apps;
    std::map<const CLI::App*, const CommandSpec*> commands;
    Slots globals;
    std::map<const CLI::App*, Slots> slots;
};

void prepare(CLI::App& app) {
    app.set_help_flag();
    app.set_help_all_flag();
    app.require_subcommand(0, 1);
}

std::unique_ptr<Tree> build(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals) {
    auto tree = std::make_unique<Tree>();
    prepare(tree->root);
    for (const auto& option : globals)
        add_option(tree->root, option, tree->globals);
    for (const auto& command : commands) {
        const auto space = command.path.rfind(' ');
        auto* parent = space == std::string::npos ? &tree->root : tree->apps.at(command.path.substr(0, space));
        const auto word = space == std::string::npos ? command.path : command.path.substr(space + 1);
        auto* app = parent->add_subcommand(word);
        prepare(*app);
        app->fallthrough();  // global flags may come anywhere
        auto& slots = tree->slots[app];
        for (const auto& option : command.options)
            add_option(*app, option, slots);
        for (const auto& argument : command.arguments)
            add_argument(*app, argument, slots);
        tree->apps[command.path] = app;
        tree->commands[app] = &command;
    }
    return tree;
}

const CLI::App* deepest(const CLI::App& root) {
    const auto* app = &root;
    while (!app->get_subcommands().empty())
        app = app->get_subcommands().front();
    return app;
}

std::vector<std::string> words_after(const std::vector<CommandSpec>& commands, const std::string& path) {
    std::vector<std::string> words;
    for (const auto& command : commands) {
        const auto space = command.path.rfind(' ');
        const auto parent = space == std::string::npos ? "" : command.path.substr(0, space);
        if (parent == path) words.push_back(space == std::string::npos ? command.path : command.path.substr(space + 1));
    }
    return words;
}

std::vector<std::string> long_names(const CommandSpec* command, const std::vector<OptionSpec>& globals) {
    std::vector<std::string> names;
    for (const auto& option : globals)
        names.push_back("--" + option.key());
    if (command != nullptr) {
        for (const auto& option : command->options)
            names.push_back("--" + option.key());
    }
    return names;
}

Error unexpected(const std::string& word, const CommandSpec* command, const std::vector<CommandSpec>& commands,
                 const std::vector<OptionSpec>& globals) {
    const auto path = command == nullptr ? std::string() : command->path;
    const bool option = word.starts_with('-');
    const auto bare = option ? word.substr(0, word.find('=')) : word;
    const auto near = nearest(bare, option ? long_names(command, globals) : words_after(commands, path));
    const auto where = path.empty() ? std::string("ark") : "ark " + path;
    auto text = where +
                (option                                ? " has no option "
                 : words_after(commands, path).empty() ? " takes no argument "
                                                       : " has no command ") +
                "'" + bare + "'";
    if (near) text += ", did you mean '" + *near + "'?";
    return fail(Errc::bad_argument, text + "  (see " + where + " --help)");
}

Status check_choice(std::string_view what, const std::string& value, const std::vector<std::string>& choices) {
    if (choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end()) return ok();
    std::string text = std::string(what) + ": '" + value + "' is not one of";
    for (const auto& choice : choices)
        text += " " + choice;
    if (const auto near = nearest(value, choices)) text += ", did you mean '" + *near + "'?";
    return fail(Errc::bad_argument, text);
}

void collect(const Slots& slots, Invocation& invocation) {
    for (const auto& slot : slots) {
        if (slot.option->count() == 0) continue;
        if (slot.values.empty()) invocation.add(slot.key, "true");
        for (const auto& value : slot.values)
            invocation.add(slot.key, value);
    }
}

Status check(const CommandSpec& command, const std::vector<OptionSpec>& globals, const Invocation& invocation) {
    for (const auto* options : {&globals, &command.options}) {
        for (const auto& option : *options) {
            for (const auto& value : invocation.all(option.key())) {
                if (option.value.empty()) continue;
                ARK_TRY_STATUS(check_choice("--" + option.key(), value, option.choices));
            }
        }
    }
    for (const auto& argument : command.arguments) {
        if (argument.required && !invocation.has(argument.name)) {
            return fail(Errc::bad_argument, "ark " + command.path + " needs " + argument.name + ": " + argument.help);
        }
        for (const auto& value : invocation.all(argument.name)) {
            ARK_TRY_STATUS(check_choice(argument.name, value, argument.choices));
        }
    }
    return ok();
}

}  // namespace

Result<Parsed> parse_line(const std::vector<CommandSpec>& commands, const std::vector<OptionSpec>& globals,
                          const std::vector<std::string>& words) {
    auto tree = build(commands, globals);
    tree->root.allow_extras();
    for (auto& [path, app] : tree->apps)
        app->allow_extras();
    try {
        tree->root.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // CLI11 wants them reversed
    } catch (const CLI::ParseError& error) {
        return fail(Errc::bad_argument, error.what());
    }
    Parsed parsed;
    const auto* app = deepest(tree->root);
    if (const auto found = tree->commands.find(app); found != tree->commands.end()) parsed.command = found->second;
    collect(tree->globals, parsed.invocation);
    if (const auto slots = tree->slots.find(app); slots != tree->slots.end()) collect(slots->second, parsed.invocation);
    parsed.help = parsed.invocation.flag("help");
    parsed.version = parsed.invocation.flag("version");

    const auto extra = tree->root.remaining(true);
    if (!extra.empty()) return unexpected(extra.front(), parsed.command, commands, globals);
    if (parsed.command != nullptr && parsed.command->run != nullptr && !parsed.help) {
        ARK_TRY_STATUS(check(*parsed.command, globals, parsed.invocation));
    }
    return parsed;
}

}  // namespace ark::cli
