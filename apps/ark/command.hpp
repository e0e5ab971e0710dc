#pragma once
#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A command as data. One list of these (commands.cpp) makes the parser, --help, completion and docs/cli.md.
namespace ark::cli {

class Context;

/// What the process ends with. Stable: scripts branch on it (docs/cli.md).
enum class Exit : int {
    success = 0,
    usage = 1,   ///< wrong flags or configuration; nothing was sent
    failed = 2,  ///< the operation failed
    timeout = 3,
    not_found = 4,    ///< or an ambiguous prefix
    unreachable = 5,  ///< no broker there
    denied = 6,
    conflict = 7,
    incomplete = 8,   ///< a gap under --strict
    needs_input = 9,  ///< it waits for a person, under --answer fail
    interrupted = 130,
};
Exit exit_of(const Error& error);

enum class Complete { nothing, files, directories };  ///< what a shell offers for a value

struct OptionSpec {
    std::string name;   ///< "--session" or "-o,--output"
    std::string value;  ///< what help calls the value: "ID"; empty: a flag
    std::string help;
    std::string fallback;              ///< the default, as help shows it; empty: none
    std::vector<std::string> choices;  ///< nothing else is accepted; empty: anything
    bool repeat = false;
    Complete complete = Complete::nothing;

    std::string key() const;  ///< the long name without dashes: "session"
};

struct ArgumentSpec {
    std::string name;
    std::string help;
    bool required = true;
    std::vector<std::string> choices;
    Complete complete = Complete::nothing;
};

/// The values of one command line, by OptionSpec::key() or argument name.
class Invocation {
public:
    bool has(std::string_view key) const;          ///< given by the user
    std::string text(std::string_view key) const;  ///< the last one given, else "" (defaults are the command's)
    std::string text(std::string_view key, std::string_view fallback) const;
    std::vector<std::string> all(std::string_view key) const;
    bool flag(std::string_view key) const { return has(key); }

    /// Numbers, durations and sizes with one wording for what is wrong: "--limit: 'x' is not a whole number".
    Result<std::uint64_t> whole_number(std::string_view key, std::uint64_t fallback) const;
    Result<double> number(std::string_view key, double fallback) const;
    Result<std::uint64_t> bytes(std::string_view key, std::uint64_t fallback) const;
    Result<std::int64_t> duration_nanos(std::string_view key, std::int64_t fallback) const;

    void add(std::string key, std::string value) { values_.emplace_back(std::move(key), std::move(value)); }

private:
    std::vector<std::pair<std::string, std::string>> values_;
};

using Run = Result<Exit> (*)(Context& context, const Invocation& invocation);

struct CommandSpec {
    std::string path;     ///< "broker", "journal verify": the words that are typed
    std::string summary;  ///< one line, for lists
    std::string details;  ///< more, for its own --help; may hold examples
    std::vector<OptionSpec> options;
    std::vector<ArgumentSpec> arguments;
    Run run = nullptr;  ///< none: a group of commands
};

/// Every command, groups before their members. Built when asked: a command line is parsed once.
std::vector<CommandSpec> all_commands();
/// The flags that every command takes.
std::vector<OptionSpec> global_options();

/// The nearest of the known words, when it is near enough to be a slip of the finger.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace ark::cli
