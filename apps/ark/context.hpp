#pragma once
#include "base/time.hpp"
#include "command.hpp"
#include "config.hpp"
#include "format.hpp"
#include "terminal.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace ark::cli {

enum class Format { table, wide, json, yaml, ndjson, name };

/// What every command shares: where data and words go, how they look, which broker. One per process, on the main
/// thread.
class Context {
public:
    /// Resolves the global flags. Errors: config, bad_argument.
    static Result<Context> create(const Invocation& invocation, Configuration configuration);

    Configuration configuration;
    std::string server;
    std::optional<Format> format;  ///< nothing: the command's own choice
    ColorMode color_mode = ColorMode::automatic;
    TimeStyle time_style = TimeStyle::local;
    std::chrono::milliseconds timeout{30'000};
    bool timeout_given = false;
    bool headers = true;
    bool quiet = false;
    bool verbose = false;

    Out& out() const;  ///< standard output: data and nothing else
    bool color() const { return color_out_; }
    bool color_errors() const { return color_err_; }
    std::size_t width() const { return width_; }
    /// A word to the person, on standard error; not with --quiet.
    void note(std::string_view text) const;
    void debug(std::string_view text) const;  ///< only with --verbose
    Clock& clock() const { return system_clock(); }

private:
    bool color_out_ = false;
    bool color_err_ = false;
    std::size_t width_ = 0;
};

}  // namespace ark::cli
