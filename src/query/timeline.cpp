#include "query/timeline.hpp"

#include "query/reads.hpp"

#include <algorithm>

namespace ark::query {
namespace {

// Beyond so many bars a canvas draws slower than a frame, and the answer would pass 1 MB.
constexpr std::size_t exact_spans_max = 4000;
constexpr std::uint32_t pixels_max = 10'000;
constexpr std::size_t timeline_spans_max = 200'000;

UnixNanos end_of(const views::SpanEntry& span, UnixNanos now) {
    return span.start + duration_nanos(span, now);
}

std::uint32_t pixel_of(UnixNanos time, const Window& window) {
    if (time <= window.from) return 0;
    const auto width = static_cast<double>(window.until - window.from);
    const auto x = static_cast<double>(time - window.from) / width * window.pixels;
    return std::min(static_cast<std::uint32_t>(x), window.pixels - 1);
}

Outcome<Kinds> kinds_of(std::string_view text) {
    Kinds kinds;
    kinds.fill(text.empty());
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        const auto wanted = text.substr(0, comma);
        text.remove_prefix(std::min(comma + 1, text.size()));
        bool known = false;
        for (std::size_t i = 0; i < model::kind_count; ++i) {
            if (wanted != model::name(static_cast<model::Kind>(i))) continue;
            kinds[i] = known = true;
        }
        if (!known) return invalid_parameter("lanes", "components are expected, with commas: \"agent,llm,tool\"");
    }
    return kinds;
}

void write_buckets(codec::JsonWriter& json, model::Kind kind, const std::vector<Bucket>& buckets) {
    const auto column = [&](std::string_view name, const auto& write) {
        json.key(name).begin_array();
        for (const auto& bucket : buckets)
            write(bucket);
        json.end_array();
    };
    json.begin_object();
    json.key("lane").plain(model::name(kind));
    column("x", [&](const Bucket& bucket) { json.number(bucket.pixel); });
    column("count", [&](const Bucket& bucket) { json.number(bucket.count); });
    column("maxDurationMs",
           [&](const Bucket& bucket) { json.real(static_cast<double>(bucket.max_duration_nanos) / 1e6); });
    column("worst", [&](const Bucket& bucket) { json.number(static_cast<int>(bucket.worst)); });
    json.end_object();
}

void write_status_names(codec::JsonWriter& json) {
    json.key("statuses").begin_array();
    for (std::size_t i = 0; i < span_status_count; ++i)
        json.plain(name(static_cast<SpanStatus>(i)));
    json.end_array();
}

}  // namespace

std::vector<std::size_t> spans_in(const std::vector<views::SpanEntry>& spans, const Window& window, const Kinds& kinds,
                                  UnixNanos now) {
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < spans.size(); ++i) {
        const auto& span = spans[i];
        const auto kind = static_cast<std::size_t>(span.kind);
        if (kind >= kinds.size() || !kinds[kind]) continue;
        if (span.start < window.until && end_of(span, now) >= window.from) chosen.push_back(i);
    }
    return chosen;
}

std::array<std::vector<Bucket>, model::kind_count> bucketize(const std::vector<views::SpanEntry>& spans,
                                                             const std::vector<std::size_t>& chosen,
                                                             const Window& window, UnixNanos now) {
    std::array<std::vector<Bucket>, model::kind_count> lanes;
    for (const auto index : chosen) {
        const auto& span = spans[index];
        auto& lane = lanes[static_cast<std::size_t>(span.kind)];
        const auto pixel = pixel_of(span.start, window);
        const auto place = std::lower_bound(lane.begin(), lane.end(), pixel,
                                            [](const Bucket& bucket, std::uint32_t x) { return bucket.pixel < x; });
        auto& bucket = place != lane.end() && place->pixel == pixel ? *place : *lane.insert(place, Bucket{});
        bucket.pixel = pixel;
        ++bucket.count;
        bucket.max_duration_nanos = std::max(bucket.max_duration_nanos, duration_nanos(span, now));
        bucket.worst = std::max(bucket.worst, status_of(span));
    }
    return lanes;
}

Window extent_of(const std::vector<views::SpanEntry>& spans, UnixNanos now) {
    Window window;
    if (spans.empty()) return {now, now + 1, window.pixels};
    window.from = spans.front().start;
    for (const auto& span : spans) {
        window.from = std::min(window.from, span.start);
        window.until = std::max(window.until, end_of(span, now) + 1);
    }
    return window;
}

Outcome<Body> session_timeline(const Call& call) {
    ARK_TRY(const auto from, call.params.time("from", call.now));
    ARK_TRY(const auto until, call.params.time("to", call.now));
    ARK_TRY(const auto pixels, call.params.number("px", 1600, 1, pixels_max));
    ARK_TRY(const auto kinds, kinds_of(call.params.text("lanes")));

    const auto id = call.path_value(0);
    ARK_TRY(const auto row, call.deps.views.session(call.tenant, id));
    if (!row) return Problem(ProblemKind::not_found, "no session \"" + std::string(id) + "\"");
    ARK_TRY(const auto spans, call.deps.views.session_spans(call.tenant, id, timeline_spans_max));

    Window window = extent_of(spans, call.now);
    window.pixels = static_cast<std::uint32_t>(pixels);
    if (from.value() != 0) window.from = from;
    if (until.value() != 0) window.until = until;
    if (window.from >= window.until) return invalid_parameter("from", "from is not before to");

    const auto chosen = spans_in(spans, window, kinds, call.now);
    const bool exact = chosen.size() <= exact_spans_max;
    Body body;
    codec::JsonWriter json(body.text);
    json.begin_object();
    json.key("from").plain(to_rfc3339(window.from)).key("to").plain(to_rfc3339(window.until));
    json.field("px", window.pixels).field("count", chosen.size()).field("exact", exact);
    if (spans.size() == timeline_spans_max) json.field("truncated", true);
    write_status_names(json);
    if (exact) {
        json.key("spans").begin_array();
        for (const auto index : chosen)
            write_span_entry(json, spans[index], call.now);
    } else {
        const auto lanes = bucketize(spans, chosen, window, call.now);
        json.key("lanes").begin_array();
        for (std::size_t kind = 0; kind < lanes.size(); ++kind) {
            if (!lanes[kind].empty()) write_buckets(json, static_cast<model::Kind>(kind), lanes[kind]);
        }
    }
    json.end_array();
    json.key("watchCursor").plain(call.at.text()).end_object();
    return body;
}

}  // namespace ark::query
