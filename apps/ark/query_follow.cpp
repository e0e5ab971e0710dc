#include "query_follow.hpp"

#include "base/duration.hpp"
#include "base/time.hpp"
#include "follow.hpp"
#include "query_steps.hpp"
#include "watchdog.hpp"
#include "yaml_writer.hpp"

#include <atomic>
#include <thread>

#include <fmt/format.h>

namespace ark::cli {
namespace {

using codec::JsonValue;

constexpr std::chrono::milliseconds look_interval{100};
constexpr std::chrono::milliseconds steps_grace{1500};   // for what the broker still has to say about the end
constexpr std::chrono::milliseconds cancel_grace{5000};  // for a canceled query to end
constexpr std::uint64_t clock_skew_nanos = 60'000'000'000;

/// Reads the broker's stream on a thread of its own and shows it.
class StepsThread {
public:
    StepsThread(const Context& context, Watchdog& watchdog, ApiClient api, const Awaited& query)
        : context_(context),
          api_(std::move(api)),
          steps_(context, context.color_errors()),
          events_(context.format == Format::ndjson),
          follower_(context, api_.raw(), watchdog, target_of(context, query)) {
        thread_ = std::thread([this] { run(); });
    }
    ~StepsThread() { stop(std::chrono::milliseconds(0)); }

    /// Waits until the query's end was shown, at most so long.
    void stop(std::chrono::milliseconds grace) {
        if (!thread_.joinable()) return;
        for (auto waited = std::chrono::milliseconds(0); !done_ && waited < grace; waited += look_interval / 5)
            std::this_thread::sleep_for(look_interval / 5);
        while (!done_) {
            follower_.finish();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        thread_.join();
    }
    /// After stop().
    std::string summary() const { return steps_.summary(); }

private:
    static std::string target_of(const Context& context, const Awaited& query) {
        Target target("/v1/stream");
        target.add("topics", context.format == Format::ndjson ? "event" : "event,chunk")
            .add("query", query.uid)
            .add("since", query.since)
            .add("view", "full");
        return target.text();
    }

    void run() {
        const auto status = follower_.run([this](const net::SseEvent& event) { return take(event); });
        context_.out().flush();
        if (!status) context_.note("steps are not shown: " + status.error().context);
        done_ = true;
    }

    bool take(const net::SseEvent& event) {
        if (event.type == "gap") context_.note("some steps are missing here");
        if (event.type != "event" && event.type != "chunk") return true;
        if (events_) {
            context_.out().line(event.data);
            context_.out().flush();
        }
        const auto item = JsonValue::parse(event.data);
        if (!item) return true;
        const auto line = event.type == "chunk" ? steps_.render_chunk(*item) : steps_.render(*item);
        if (!events_ && !line.empty()) context_.note(line);
        return !steps_.ended();
    }

    const Context& context_;
    ApiClient api_;
    QuerySteps steps_;
    const bool events_;
    StreamFollower follower_;
    std::atomic<bool> done_ = false;
    std::thread thread_;
};

/// How the wait ended: with the query as it then was, or with a stop.
struct Waited {
    JsonValue query;
    Watchdog::Cause cause = Watchdog::Cause::none;
    int signal = 0;
    bool needs_input = false;
    std::string summary;
};

/// How to answer what the query waits for.
std::string what_to_say(const JsonValue& query) {
    const auto name = printable(query["metadata"]["name"].text());
    const auto approval = query["status"]["questions"][0]["type"].text() == "approval";
    if (approval) return fmt::format("? it waits for a person: ark approve {}   or: ark reject {}", name, name);
    return fmt::format("? it waits for a person: ark answer {} TEXT", name);
}

Result<Waited> wait_for_end(Context& context, ResourceClient& client, const Awaited& query, const std::string& path) {
    Waited waited;
    // Before the steps' thread: it inherits the signal mask. It stops the requests of both.
    Watchdog watchdog([&client] { client.raw().abort(); });
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    std::unique_ptr<StepsThread> steps;
    if (query.steps) {
        if (auto api = ApiClient::create(context)) {
            steps = std::make_unique<StepsThread>(context, watchdog, std::move(*api), query);
        } else {
            context.note("steps are not shown: " + api.error().context);
        }
    }
    bool told = false;
    while (!watchdog.stopped()) {
        auto now = client.send("GET", path);
        if (watchdog.stopped()) break;
        if (!now) return std::move(now).error();
        waited.query = std::move(now->value);
        const auto phase = waited.query["status"]["phase"].text();
        if (is_over(phase)) {
            if (steps) {
                steps->stop(steps_grace);
                waited.summary = steps->summary();
            }
            return waited;
        }
        waited.needs_input = phase == "input-required";
        if (waited.needs_input && query.fail_on_input) return waited;
        if (waited.needs_input && !told) context.note(what_to_say(waited.query));
        told = waited.needs_input;
        watchdog.sleep(look_interval);
    }
    waited.cause = watchdog.cause();
    waited.signal = watchdog.signal();
    return waited;
}

Status cancel(ResourceClient& client, const std::string& path) {
    const auto tell = [&] {
        return client.send("PATCH", path, "application/merge-patch+json", R"({"spec":{"cancel":true}})");
    };
    auto told = tell();
    // The stop that ended the wait may have been left over for the next request.
    if (!told && told.error().code == Errc::stopped) told = tell();
    if (!told) return std::move(told).error();
    const auto until = std::chrono::steady_clock::now() + cancel_grace;
    while (std::chrono::steady_clock::now() < until) {
        ARK_TRY(const auto now, client.send("GET", path));
        if (is_over(now.value["status"]["phase"].text())) return ok();
        std::this_thread::sleep_for(look_interval);
    }
    return fail(Errc::deadline, "it was told to end and still runs");
}

std::string since_of(const std::string& created) {
    const auto time = parse_rfc3339(created);
    if (!time || time->value() <= clock_skew_nanos) return "start";
    std::string text;
    append_rfc3339(text, UnixNanos(time->value() - clock_skew_nanos));
    return text;
}

}  // namespace

const resources::Kind& query_kind() {
    return resources::kind_named("Query");
}

bool is_over(std::string_view phase) {
    return phase == "done" || phase == "error" || phase == "canceled";
}

namespace {

/// "4s536ms" as "4.5 s".
std::string shown_duration(std::string_view text) {
    const auto duration = parse_duration(text);
    return duration ? format_duration_ms(std::chrono::duration<double, std::milli>(*duration).count())
                    : printable(text);
}

}  // namespace

Exit show_answer(Context& context, const JsonValue& query, const std::string& summary) {
    const auto& status = query["status"];
    const auto phase = status["phase"].text();
    const auto format = context.format.value_or(Format::table);
    const bool color = context.color_errors();
    auto tail = fmt::format("{} · {} tokens", shown_duration(status["duration"].text()),
                            format_count(status["tokenUsage"]["totalTokens"].integer()));
    if (!summary.empty()) tail += " · " + summary;
    if (phase == "done") {
        context.note(paint("✓ done", Style::green, color) + " in " + tail);
    } else {
        say(paint(fmt::format("✕ {}", phase), Style::red, color) + " after " + tail + "\n  " +
            printable(status["response"]["content"].text()));
    }
    if (format == Format::json) {
        context.out().line(query.pretty());
    } else if (format == Format::ndjson) {
        context.out().line(query.dump());
    } else if (format == Format::yaml) {
        context.out().write(to_yaml(query));
    } else if (format == Format::name) {
        context.out().line(shown_name(query_kind(), query["metadata"]["name"].text()));
    } else if (phase == "done") {
        context.out().line(printable_lines(status["response"]["content"].text()));
    }
    context.out().flush();
    return phase == "done" ? Exit::success : Exit::failed;
}

Result<Exit> follow_query(Context& context, ResourceClient& client, const Awaited& query) {
    const auto path = resource_path(query_kind(), query.ns, query.name);
    auto asked = query;
    asked.since = since_of(query.since);
    ARK_TRY(const auto waited, wait_for_end(context, client, asked, path));
    if (is_over(waited.query["status"]["phase"].text()) && waited.cause == Watchdog::Cause::none)
        return show_answer(context, waited.query, waited.summary);
    if (waited.cause == Watchdog::Cause::none) {
        say("query " + query.name + " waits for a person, and goes on waiting");
        return Exit::needs_input;
    }
    if (waited.cause == Watchdog::Cause::signal && query.cancel_on_interrupt) {
        if (const auto ended = cancel(client, path); !ended) {
            say("cannot cancel " + query.name + ": " + ended.error().context);
        } else {
            say("query " + query.name + " is canceled");
        }
        return Exit{128 + waited.signal};
    }
    say(fmt::format("query {} goes on: ark query wait {}   ark query cancel {}", query.name, query.name, query.name));
    return waited.cause == Watchdog::Cause::signal ? Exit{128 + waited.signal} : Exit::timeout;
}

}  // namespace ark::cli
