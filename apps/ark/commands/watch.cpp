#include "commands/commands.hpp"
#include "context.hpp"
#include "event_line.hpp"
#include "filters.hpp"
#include "follow.hpp"
#include "watchdog.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

/// Shows frames until it has seen enough.
class Watch {
public:
    Watch(const Context& context, Watchdog& watchdog, bool lines, bool one_session, std::uint64_t events_max)
        : context_(context),
          watchdog_(watchdog),
          line_(context, !one_session),
          lines_(lines),
          events_max_(events_max) {}

    bool operator()(const net::SseEvent& event) {
        if (event.type == "sync") return live();
        if (event.type == "gap") return gap(event.data);
        if (event.type == "bye") return true;  // the follower comes back by itself
        watchdog_.touch();
        show(event);
        return events_max_ == 0 || ++shown_ < events_max_;
    }

    bool incomplete() const { return gaps_ > 0; }

private:
    void show(const net::SseEvent& event) {
        auto& out = context_.out();
        if (!lines_) {
            out.line(event.data);
        } else if (const auto item = codec::JsonValue::parse(event.data)) {
            out.line(line_.render(event.type, *item));
        } else {
            say("warning: a frame that is not JSON");
        }
        // History comes in thousands: whole buffers then. Live, every line at once.
        if (live_) out.flush();
    }

    bool live() {
        live_ = true;
        context_.out().flush();
        return true;
    }

    bool gap(const std::string& data) {
        ++gaps_;
        context_.out().flush();
        const auto frame = codec::JsonValue::parse(data);
        const auto& value = frame ? *frame : nothing_;
        const auto dropped =
            value["dropped"].is_null() ? std::string("some") : format_count(value["dropped"].integer());
        say(paint(fmt::format("gap: {} items are missing here ({})", dropped,
                              printable(value["reason"].text("unknown reason"))),
                  Style::yellow, context_.color_errors()));
        return true;
    }

    const Context& context_;
    Watchdog& watchdog_;
    EventLine line_;
    const bool lines_;
    const std::uint64_t events_max_;
    std::uint64_t shown_ = 0;
    std::uint64_t gaps_ = 0;
    bool live_ = false;
    const codec::JsonValue nothing_;
};

std::string topics_of(const Invocation& invocation) {
    return invocation.text("topics", "event");
}

Result<bool> as_lines(const Context& context) {
    if (!context.format) return is_terminal(1) || context.color_mode == ColorMode::always;
    if (*context.format == Format::table || *context.format == Format::wide) return true;
    if (*context.format == Format::ndjson || *context.format == Format::json) return false;
    return fail(Errc::bad_argument, "a stream is shown as table (a line an event) or ndjson, nothing else");
}

Result<Exit> run_watch(Context& context, const Invocation& invocation) {
    ARK_TRY(const auto lines, as_lines(context));
    ARK_TRY(const auto events_max, invocation.whole_number("max", 0));
    ARK_TRY(const auto idle, invocation.duration_nanos("until-idle", 0));
    ARK_TRY(auto api, ApiClient::create(context));
    Target target("/v1/stream");
    target.add("topics", topics_of(invocation));
    ARK_TRY_STATUS(add_filters(target, api, invocation, FilterUse::stream));
    const auto since = invocation.text("since", "now");
    target.add("since", invocation.flag("from-start") ? "start" : moment(since));
    if (invocation.flag("full")) target.add("view", "full");

    Watchdog watchdog([&api] { api.raw().abort(); });
    if (idle > 0) watchdog.limit_idle(std::chrono::nanoseconds(idle));
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    Watch watch(context, watchdog, lines, invocation.has("session"), events_max);
    StreamFollower follower(context, api.raw(), watchdog, target.text());
    const auto status = follower.run([&watch](const net::SseEvent& event) { return watch(event); });
    context.out().flush();
    if (!status) return status.error();
    if (invocation.flag("strict") && watch.incomplete()) return Exit::incomplete;
    switch (watchdog.cause()) {
        case Watchdog::Cause::signal:
            if (!follower.last_id().empty())
                context.note("to go on from here: ark watch --since " + follower.last_id());
            return Exit{128 + watchdog.signal()};
        case Watchdog::Cause::total:
            return Exit::timeout;
        default:
            return Exit::success;
    }
}

CommandSpec watch_command(std::string path, std::string summary) {
    CommandSpec command;
    command.path = std::move(path);
    command.summary = std::move(summary);
    command.details =
        "One line an event on a terminal, NDJSON in a pipe. Goes on by itself after a lost connection, without a "
        "hole:\n"
        "what the broker no longer has is said as a gap. --timeout here limits the whole watch.";
    command.options = filter_options();
    for (auto& option : std::vector<OptionSpec>{
             {"--topics",
              "LIST",
              "what to show: event, span, log, message, chunk, query, session, trace, question",
              "event",
              {},
              false,
              Complete::nothing},
             {"--since",
              "WHEN",
              "begin at now, start, a cursor, or some time ago such as 5m",
              "now",
              {},
              false,
              Complete::nothing},
             {"--from-start",
              "",
              "begin with the oldest that is kept: --since start",
              "",
              {},
              false,
              Complete::nothing},
             {"--until-idle", "TIME", "end when nothing has come for so long", "", {}, false, Complete::nothing},
             {"--max", "N", "end after so many", "", {}, false, Complete::nothing},
             {"--strict", "", "exit with 8 when something is missing", "", {}, false, Complete::nothing},
             {"--full", "", "whole payloads instead of previews (ndjson)", "", {}, false, Complete::nothing}}) {
        command.options.push_back(std::move(option));
    }
    command.run = run_watch;
    return command;
}

}  // namespace

void add_watch(CommandTable& table) {
    table.push_back(watch_command("watch", "Show what agents do, while they do it"));
}

void add_events_tail(CommandTable& table) {
    table.push_back(watch_command("events tail", "The same as ark watch"));
}

}  // namespace ark::cli
