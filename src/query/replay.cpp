#include "query/replay.hpp"

#include "base/duration.hpp"
#include "net/sse.hpp"
#include "query/item_match.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <boost/asio/redirect_error.hpp>

namespace ark::query {
namespace {

using std::chrono::nanoseconds;

constexpr std::size_t entries_max = 200'000;  // 32 bytes each: 6.4 MB a replay
constexpr std::size_t frames_at_once = 256;   // rendered and written together, ~200 KB

Outcome<Pace> pace_of(const Params& params) {
    Pace pace;
    if (params.has("speed")) {
        const std::string text(params.text("speed"));
        char* end = nullptr;
        pace.speed = std::strtod(text.c_str(), &end);
        const bool usable = end == text.c_str() + text.size() && std::isfinite(pace.speed);
        if (!usable || pace.speed < 0 || pace.speed > 10'000 || (pace.speed > 0 && pace.speed < 0.01)) {
            return invalid_parameter("speed", "0 (without waiting) or a number from 0.01 to 10000 is expected");
        }
    }
    if (params.has("idle")) {
        const auto idle = parse_duration(params.text("idle"));
        if (!idle || idle->count() <= 0) return invalid_parameter("idle", "a duration is expected (5s)");
        pace.idle_max = *idle;
    }
    return pace;
}

// The event after which a reconnecting client goes on; entries up to it are dropped.
void resume_after(std::vector<ReplayEntry>& entries, std::string_view last_id) {
    if (last_id.size() < Cursor::text_size) return;
    const auto cursor = Cursor::parse(last_id.substr(0, Cursor::text_size));
    if (!cursor) return;
    const auto suffix = last_id.substr(Cursor::text_size);
    const auto part = suffix == "s"   ? items::Event::Part::span_start
                      : suffix == "e" ? items::Event::Part::span_end
                                      : items::Event::Part::sent;
    const auto last = std::find_if(entries.begin(), entries.end(), [&](const ReplayEntry& entry) {
        return entry.offset == cursor->offset && entry.part == static_cast<std::uint8_t>(part);
    });
    if (last != entries.end()) entries.erase(entries.begin(), last + 1);
}

Status collect(const Call& call, const ItemList& list, ReplayPlan& plan) {
    const auto source = items_source(call, list, call.deps.journal.begin(), call.at.offset);
    while (plan.complete) {
        ARK_TRY(const auto chunk, source->next());
        if (!chunk) break;
        ARK_TRY_STATUS(visit_events(call, list, *chunk, [&](const items::Event& event) {
            if (plan.entries.size() < entries_max) {
                plan.entries.push_back({event.time, event.item->offset, static_cast<std::uint8_t>(event.part), {}});
            } else {
                plan.complete = false;
            }
        }));
    }
    return ok();
}

}  // namespace

void set_due(std::vector<ReplayEntry>& entries, const Pace& pace) {
    nanoseconds due{0};
    for (std::size_t i = 1; i < entries.size(); ++i) {
        const auto apart = entries[i].time - entries[i - 1].time;
        auto pause = nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(apart, INT64_MAX / 2)));
        if (pace.idle_max.count() > 0) pause = std::min(pause, pace.idle_max);
        // A year is enough for anybody, and keeps the sum far from overflow.
        constexpr double longest = 365.0 * 86400e9;
        const double waited = pace.speed == 0 ? 0 : std::min(static_cast<double>(pause.count()) / pace.speed, longest);
        due = std::min(due + nanoseconds(static_cast<std::int64_t>(waited)),
                       nanoseconds(static_cast<std::int64_t>(longest)));
        entries[i].due = due;
    }
}

Outcome<ReplayPlan> plan_replay(const Call& call) {
    ARK_TRY(const auto pace, pace_of(call.params));
    const auto id = call.path_value(0);
    ARK_TRY(const auto row, call.deps.views.session(call.tenant, id));
    if (!row) return Problem(ProblemKind::not_found, "no session \"" + std::string(id) + "\"");

    ItemList list;
    list.filter.session = id;
    ARK_TRY(list.filter.from, call.params.time("from", call.now));
    ARK_TRY(list.filter.until, call.params.time("until", call.now));
    list.order = views::Order::oldest_first;
    ReplayPlan plan;
    ARK_TRY(plan.detail, call.params.detail());
    ARK_TRY_STATUS(collect(call, list, plan));
    std::stable_sort(plan.entries.begin(), plan.entries.end(),
                     [](const ReplayEntry& a, const ReplayEntry& b) { return a.time < b.time; });
    resume_after(plan.entries, call.head.fields.find("last-event-id"));
    set_due(plan.entries, pace);
    return plan;
}

std::string replay_frames(const Call& call, const ReplayPlan& plan, std::size_t first, std::size_t last) {
    journal::Batches batches(call.deps.journal);
    std::string frames;
    std::string data;
    for (auto i = first; i < last; ++i) {
        const auto& entry = plan.entries[i];
        // Gone meanwhile: retention. The rest of the session is still worth showing.
        static_cast<void>(
            visit_item_at(batches, call.tenant, entry.offset, [&](const items::Item& item, const model::Batch&) {
                const auto context = call.deps.views.context_of(call.tenant, item);
                items::for_each_event(item, true, [&](const items::Event& event) {
                    if (static_cast<std::uint8_t>(event.part) != entry.part) return;
                    data.clear();
                    codec::JsonWriter json(data);
                    items::write_event(json, call.at.epoch, event, context, plan.detail);
                    net::append_sse(frames, "event", items::event_id(call.at.epoch, event), data);
                });
            }));
    }
    return frames;
}

awaitable<void> play(net::ResponseStream& stream, const Call& call, const ReplayPlan& plan) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    stream.on_close([&timer] { timer.cancel(); });
    const auto begun = call.deps.clock.monotonic_nanos();
    const auto elapsed = [&] { return nanoseconds(call.deps.clock.monotonic_nanos() - begun); };
    std::size_t next = 0;
    std::string frames = "retry: 2000\n\n";
    bool open = static_cast<bool>(co_await stream.write(frames));
    while (open && next < plan.entries.size() && !stream.closed()) {
        const auto due = plan.entries[next].due;
        const auto now = elapsed();
        if (due > now) {
            timer.expires_after(std::min<nanoseconds>(due - now, call.config.replay_heartbeat));
            boost::system::error_code cancelled;  // by on_close: the loop asks closed()
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
            if (stream.closed()) break;
            if (elapsed() < due) {
                frames = ": hb\n\n";
                open = static_cast<bool>(co_await stream.write(frames));
            }
            continue;
        }
        auto last = next;
        while (last < plan.entries.size() && last - next < frames_at_once && plan.entries[last].due <= now)
            ++last;
        auto render = [&] { return replay_frames(call, plan, next, last); };
        frames = co_await runtime::on(call.deps.work, render);
        open = static_cast<bool>(co_await stream.write(frames));
        next = last;
    }
    if (open && !stream.closed()) {
        frames.clear();
        net::append_sse(frames, "bye", "", plan.complete ? R"({"reason":"end"})" : R"({"reason":"limit"})");
        (void)co_await stream.write(frames);  // a reader that is gone by now needs no goodbye
    }
    stream.on_close({});
    if (!stream.closed()) co_await stream.finish();
}

}  // namespace ark::query
