#include "query/skeleton.hpp"

#include "query/reads.hpp"

#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>

namespace ark::query {
namespace {

constexpr std::uint64_t spans_default = 50'000;
constexpr std::uint64_t skeleton_spans_max = 200'000;
constexpr std::int32_t none = -1;

struct SpanKey {
    TraceId trace;
    SpanId span;
    friend bool operator==(const SpanKey&, const SpanKey&) = default;
};

struct SpanKeyHash {
    std::size_t operator()(const SpanKey& key) const noexcept {
        return std::hash<SpanId>{}(key.span) ^ std::hash<TraceId>{}(key.trace);
    }
};

std::vector<std::int32_t> parents_of(const std::vector<views::SpanEntry>& spans) {
    std::unordered_map<SpanKey, std::int32_t, SpanKeyHash> index;
    index.reserve(spans.size());
    for (std::size_t i = 0; i < spans.size(); ++i) {
        index.emplace(SpanKey{spans[i].trace_id, spans[i].span_id}, static_cast<std::int32_t>(i));
    }
    std::vector<std::int32_t> parents(spans.size(), none);
    for (std::size_t i = 0; i < spans.size(); ++i) {
        if (!spans[i].parent_span_id.valid()) continue;
        const auto found = index.find({spans[i].trace_id, spans[i].parent_span_id});
        if (found != index.end()) parents[i] = found->second;
    }
    return parents;
}

std::size_t at(std::int32_t index) {
    return static_cast<std::size_t>(index);
}

bool is_participant(model::Kind kind) {
    return kind == model::Kind::query || kind == model::Kind::team || kind == model::Kind::agent;
}

// Gives every span its lane, parents first. Walks up with an explicit path: traces may be as deep as they are long.
class Laner {
public:
    Laner(const std::vector<views::SpanEntry>& spans, Skeleton& skeleton) : spans_(spans), skeleton_(skeleton) {
        skeleton_.lanes.push_back({model::Kind::other, "", none});
        skeleton_.lane.assign(spans.size(), unknown);
        on_path_.assign(spans.size(), false);
    }

    void run() {
        for (std::size_t i = 0; i < spans_.size(); ++i)
            resolve(static_cast<std::int32_t>(i));
    }

private:
    static constexpr std::uint32_t unknown = ~std::uint32_t{0};

    void resolve(std::int32_t start) {
        std::vector<std::int32_t> path;
        for (auto i = start; i != none && skeleton_.lane[at(i)] == unknown; i = skeleton_.parent[at(i)]) {
            if (on_path_[at(i)]) {
                skeleton_.parent[at(path.back())] = none;  // a cycle: cut where it closes
                break;
            }
            on_path_[at(i)] = true;
            path.push_back(i);
        }
        for (auto i = path.rbegin(); i != path.rend(); ++i) {
            const auto parent = skeleton_.parent[at(*i)];
            const auto above = parent == none ? 0 : skeleton_.lane[at(parent)];
            const auto& span = spans_[at(*i)];
            skeleton_.lane[at(*i)] = is_participant(span.kind) ? lane_of(above, span) : above;
            on_path_[at(*i)] = false;
        }
    }

    std::uint32_t lane_of(std::uint32_t above, const views::SpanEntry& span) {
        const auto& name = span.subject.empty() ? span.name : span.subject;
        const auto next = static_cast<std::uint32_t>(skeleton_.lanes.size());
        const auto [place, added] = known_.try_emplace({above, span.kind, name}, next);
        if (added) skeleton_.lanes.push_back({span.kind, name, above == 0 ? none : static_cast<std::int32_t>(above)});
        return place->second;
    }

    const std::vector<views::SpanEntry>& spans_;
    Skeleton& skeleton_;
    std::vector<bool> on_path_;
    std::map<std::tuple<std::uint32_t, model::Kind, std::string>, std::uint32_t> known_;
};

template <class Column, class Write>
void write_column(codec::JsonWriter& json, std::string_view name, const Column& column, const Write& write) {
    json.key(name).begin_array();
    for (const auto& value : column)
        write(value);
    json.end_array();
}

void write_lanes(codec::JsonWriter& json, const std::vector<Lane>& lanes) {
    write_column(json, "lanes", lanes, [&](const Lane& lane) {
        json.begin_object();
        json.key("component").plain(model::name(lane.kind));
        json.field("name", lane.name).field("parent", lane.parent).end_object();
    });
}

void write_names(codec::JsonWriter& json) {
    json.key("kinds").begin_array();
    for (std::size_t i = 0; i < model::kind_count; ++i)
        json.plain(model::name(static_cast<model::Kind>(i)));
    json.end_array().key("statuses").begin_array();
    for (std::size_t i = 0; i < span_status_count; ++i)
        json.plain(name(static_cast<SpanStatus>(i)));
    json.end_array();
}

void write_skeleton(codec::JsonWriter& json, const Skeleton& skeleton, const std::vector<views::SpanEntry>& spans) {
    const auto number = [&](auto value) { json.number(static_cast<std::int64_t>(value)); };
    json.key("base").plain(to_rfc3339(skeleton.base));
    write_names(json);
    write_lanes(json, skeleton.lanes);
    write_column(json, "names", skeleton.names, [&](const std::string& text) { json.string(text); });
    write_column(json, "start", skeleton.start, number);
    write_column(json, "dur", skeleton.duration, number);
    write_column(json, "parent", skeleton.parent, number);
    write_column(json, "lane", skeleton.lane, number);
    write_column(json, "kind", spans, [&](const auto& span) { number(static_cast<int>(span.kind)); });
    write_column(json, "status", spans, [&](const auto& span) { number(static_cast<int>(status_of(span))); });
    write_column(json, "name", skeleton.text, number);
}

// Who is who, for clients that want to open a span: 16 hex digits a span, and the trace as an index.
void write_ids(codec::JsonWriter& json, const std::vector<views::SpanEntry>& spans) {
    std::vector<TraceId> traces;
    std::unordered_map<TraceId, std::size_t> index;
    json.key("trace").begin_array();
    for (const auto& span : spans) {
        const auto [place, added] = index.try_emplace(span.trace_id, traces.size());
        if (added) traces.push_back(span.trace_id);
        json.unsigned_number(place->second);
    }
    json.end_array();
    write_column(json, "traces", traces, [&](const TraceId& id) { json.plain(id.hex()); });
    write_column(json, "spanId", spans, [&](const auto& span) { json.plain(span.span_id.hex()); });
}

}  // namespace

Skeleton build_skeleton(const std::vector<views::SpanEntry>& spans) {
    Skeleton skeleton;
    skeleton.parent = parents_of(spans);
    Laner(spans, skeleton).run();

    for (const auto& span : spans) {
        if (skeleton.base.value() == 0 || span.start < skeleton.base) skeleton.base = span.start;
    }
    std::unordered_map<std::string_view, std::uint32_t> known;
    for (const auto& span : spans) {
        const bool runs = span.open && !span.interrupted;
        skeleton.start.push_back((span.start - skeleton.base) / 1000);
        skeleton.duration.push_back(runs ? -1 : static_cast<std::int64_t>(duration_nanos(span, UnixNanos{}) / 1000));
        const auto& text = span.subject.empty() ? span.name : span.subject;
        const auto [place, added] = known.try_emplace(text, static_cast<std::uint32_t>(skeleton.names.size()));
        if (added) skeleton.names.push_back(text);
        skeleton.text.push_back(place->second);
    }
    return skeleton;
}

Outcome<Body> session_skeleton(const Call& call) {
    ARK_TRY(const auto limit, call.params.number("limit", spans_default, 1, skeleton_spans_max));
    ARK_TRY(const bool ids, call.params.flag("ids"));
    const auto id = call.path_value(0);
    ARK_TRY(const auto row, call.deps.views.session(call.tenant, id));
    if (!row) return Problem(ProblemKind::not_found, "no session \"" + std::string(id) + "\"");
    const auto wanted = static_cast<std::size_t>(limit);
    ARK_TRY(auto spans, call.deps.views.session_spans(call.tenant, id, wanted + 1));
    const bool complete = spans.size() <= wanted;
    if (!complete) spans.resize(wanted);

    Body body;
    body.validator = true;
    codec::JsonWriter json(body.text);
    json.begin_object().field("sessionId", row->id).field("count", spans.size()).field("complete", complete);
    write_skeleton(json, build_skeleton(spans), spans);
    if (ids) write_ids(json, spans);
    // The row was read before the spans: whatever they lack comes behind its last change.
    json.key("watchCursor").plain(Cursor{call.at.epoch, row->rev}.text()).end_object();
    return body;
}

}  // namespace ark::query
