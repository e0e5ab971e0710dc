#include "context.hpp"

#include "base/duration.hpp"

#include <array>
#include <utility>

namespace ark::cli {
namespace {

template <class T, std::size_t N>
Result<T> choose(std::string_view setting, const std::string& text,
                 const std::array<std::pair<std::string_view, T>, N>& choices) {
    std::string known;
    for (const auto& [name, value] : choices) {
        if (name == text) return value;
        known += (known.empty() ? "" : ", ") + std::string(name);
    }
    return fail(Errc::config, std::string(setting) + ": '" + text + "' is not one of " + known);
}

constexpr std::array<std::pair<std::string_view, Format>, 6> formats{{{"table", Format::table},
                                                                      {"wide", Format::wide},
                                                                      {"json", Format::json},
                                                                      {"yaml", Format::yaml},
                                                                      {"ndjson", Format::ndjson},
                                                                      {"name", Format::name}}};
constexpr std::array<std::pair<std::string_view, ColorMode>, 3> color_modes{
    {{"auto", ColorMode::automatic}, {"always", ColorMode::always}, {"never", ColorMode::never}}};
constexpr std::array<std::pair<std::string_view, TimeStyle>, 4> time_styles{{{"local", TimeStyle::local},
                                                                             {"utc", TimeStyle::utc},
                                                                             {"relative", TimeStyle::relative},
                                                                             {"unix", TimeStyle::unix}}};

}  // namespace

Result<Context> Context::create(const Invocation& invocation, Configuration configuration) {
    Context context;
    context.server = configuration.client_text("server");
    if (const auto output = configuration.client_text("output"); !output.empty()) {
        ARK_TRY(context.format, choose("output", output, formats));
    }
    ARK_TRY(context.color_mode, choose("color", configuration.client_text("color"), color_modes));
    ARK_TRY(context.time_style, choose("time", configuration.client_text("time"), time_styles));
    const auto timeout_text = configuration.client_text("timeout");
    const auto timeout = parse_duration(timeout_text);
    if (!timeout || *timeout < std::chrono::milliseconds(1)) {
        return fail(Errc::config, "timeout: '" + timeout_text + "' is not a duration such as 500ms or 30s");
    }
    context.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
    context.timeout_given = invocation.has("timeout");
    context.headers = !invocation.flag("no-headers");
    context.quiet = invocation.flag("quiet");
    context.verbose = invocation.flag("verbose");
    context.color_out_ = wants_color(context.color_mode, 1);
    context.color_err_ = wants_color(context.color_mode, 2);
    context.width_ = terminal_width(1);
    context.configuration = std::move(configuration);
    return context;
}

Out& Context::out() const {
    static Out standard_output;  // one per process: its buffer must be flushed once, at the end
    return standard_output;
}

void Context::note(std::string_view text) const {
    if (!quiet) say(text);
}

void Context::debug(std::string_view text) const {
    if (verbose) say(paint(text, Style::dim, color_err_));
}

}  // namespace ark::cli
