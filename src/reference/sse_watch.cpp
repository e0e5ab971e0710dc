#include "reference/sse_watch.hpp"

#include "net/sse.hpp"
#include "reference/json_text.hpp"

#include <algorithm>
#include <charconv>

namespace ark::reference {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::string_view connected = ": connected\n\n";
constexpr std::string_view heartbeat = ": heartbeat\n\n";
constexpr std::string_view timeout_error =
    R"({"error":{"message":"Request timeout waiting for streaming query response",)"
    R"("type":"timeout_error","code":"timeout"}})";

std::optional<std::uint64_t> last_event_id(const net::RequestHead& head) {
    const auto text = head.fields.find("last-event-id");
    std::uint64_t id = 0;
    const auto* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, id);
    if (text.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return id;
}

/// An open event stream and the watch that feeds it.
struct Feed {
    std::unique_ptr<Watch> watch;
    net::ResponseStream* stream = nullptr;
};

/// Begins both; nothing when the request was refused or the peer has gone.
awaitable<std::optional<Feed>> open_feed(Call& call, Kind kind, Filter filter, Start start) {
    std::optional<Feed> none;
    auto watch = co_await call.store().watch(call.tenant, kind, std::move(filter), start, call.exchange.shard());
    if (!watch) {
        co_await call.refuse(refusal_of(watch.error()));
        co_return none;
    }
    auto fields = stream_fields();
    const auto stream = co_await call.exchange.start_stream(200, std::move(fields));
    if (!stream) co_return none;
    Feed feed;
    feed.watch = std::move(*watch);
    feed.stream = *stream;
    feed.stream->on_close([w = feed.watch.get()] { w->cancel(); });
    if (feed.stream->closed()) co_return none;
    co_return feed;
}

void append_data(std::string& out, const LiveItem& item) {
    net::append_sse(out, {}, std::to_string(item.sequence), item.json);
}

/// A chunk by which an engine says that it failed: {"error":{"message":"…","type":"…",…}}.
bool is_failure(std::string_view chunk) {
    const auto error = JsonView(chunk).find("error");
    return error && error.find("message").is(JsonType::string) && error.find("message") &&
           error.find("type").is(JsonType::string) && error.find("type");
}

/// Writes what a query's watcher gets of the items. True: that was the end.
bool append_chunks(std::string& out, const Frames& frames) {
    for (const auto& item : frames.items) {
        if (item.complete) {
            // Without an id: nothing comes behind it, and whoever lost it asks again from the last chunk.
            net::append_sse(out, {}, {}, "[DONE]");
            return true;
        }
        if (JsonView(item.json).is(JsonType::string)) continue;
        append_data(out, item);
        if (!frames.replayed && is_failure(item.json)) {
            net::append_sse(out, {}, {}, "[DONE]");
            return true;
        }
    }
    return false;
}

}  // namespace

Start watch_start(const Call& call, bool from_beginning, std::optional<std::uint64_t> cursor) {
    if (const auto seen = last_event_id(call.head())) return {Start::At::behind, *seen};
    if (from_beginning) return {Start::At::beginning, 0};
    if (cursor) return {Start::At::behind, *cursor};
    return {};
}

awaitable<void> serve_watch(Call& call, Kind kind, Filter filter, Start start) {
    auto feed = co_await open_feed(call, kind, std::move(filter), start);
    if (!feed) co_return;
    auto written = co_await feed->stream->write(connected);
    while (written) {
        const auto frames = co_await feed->watch->next(heartbeat_every);
        if (!frames) break;
        written = co_await feed->stream->write(frames->bytes.empty() ? heartbeat : frames->bytes);
    }
    co_await feed->stream->finish();
}

awaitable<void> serve_query_chunks(Call& call, const std::string& query, Start start,
                                   std::optional<std::chrono::seconds> wait) {
    Filter filter;
    filter.query = query;
    auto feed = co_await open_feed(call, Kind::chunks, std::move(filter), start);
    if (!feed) co_return;
    const auto deadline = Steady::now() + wait.value_or(std::chrono::seconds(0));
    std::string out;
    Status written = ok();
    for (bool ended = false; written && !ended; out.clear()) {
        std::chrono::milliseconds patience = heartbeat_every;
        if (wait) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Steady::now());
            patience = std::clamp(left, std::chrono::milliseconds(0), patience);
        }
        const auto frames = co_await feed->watch->next(patience);
        if (!frames) break;
        if (!frames->items.empty()) {
            // What was replayed is not the answer that the client waits for.
            if (!frames->replayed) wait.reset();
            ended = append_chunks(out, *frames);
        } else if (wait && Steady::now() >= deadline) {
            net::append_sse(out, {}, {}, timeout_error);
            net::append_sse(out, {}, {}, "[DONE]");
            ended = true;
        } else {
            out = heartbeat;
        }
        written = co_await feed->stream->write(out);
    }
    co_await feed->stream->finish();
}

}  // namespace ark::reference
