#include "reference/trace_reads.hpp"

#include "reference/item_json.hpp"
#include "reference/span_json.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace ark::reference {
namespace {

/// Makes texts of spans.
class SpanTexts {
public:
    std::string of(const otlp::SpanView& span) {
        text_.clear();
        json_.append(text_, span);
        return std::string(text_.view());
    }

private:
    SpanJson json_;
    Buffer text_;
};

/// All spans of a trace from an offset on.
Result<std::vector<std::string>> spans_of(const Reads& reads, views::Views& views, const TraceId& id, Offset from) {
    std::vector<std::string> spans;
    SpanTexts texts;
    constexpr std::size_t all = ~std::size_t{0};
    ARK_TRY(const auto offsets, views.items_of_trace(reads.tenant(), id, from, views.folded(), all));
    ARK_TRY_STATUS(for_each_span_at(reads, offsets, [&](std::size_t, const otlp::SpanView& span) {
        spans.push_back(texts.of(span));
        return true;
    }));
    return spans;
}

/// Spans of a session by their traces: the whole session has to be looked at, since its rows do not know of traces.
struct OfSession {
    std::uint64_t first = 0;  ///< sequence of the trace's first span of this session
    TraceId id;
    std::vector<Offset> offsets;
};

Result<std::vector<OfSession>> traces_of_session(const Reads& reads, std::string_view session) {
    Filter filter;
    filter.session = session;
    ARK_TRY(const auto found, reads.find(Kind::spans, filter, 0, ~std::size_t{0}));
    std::vector<Offset> offsets;
    for (const auto& its : found)
        offsets.push_back(its.offset);
    std::vector<OfSession> traces;
    std::unordered_map<TraceId, std::size_t> known;
    ARK_TRY_STATUS(for_each_span_at(reads, offsets, [&](std::size_t place, const otlp::SpanView& span) {
        const auto [at, is_new] = known.try_emplace(span.trace_id, traces.size());
        if (is_new) traces.push_back({found[place].sequence, span.trace_id, {}});
        traces[at->second].offsets.push_back(found[place].offset);
        return true;
    }));
    std::reverse(traces.begin(), traces.end());
    return traces;
}

Result<TracesPage> session_page(const Reads& reads, std::string_view session, std::optional<std::uint64_t> before,
                                std::size_t limit) {
    ARK_TRY(const auto all, traces_of_session(reads, session));
    TracesPage page;
    SpanTexts texts;
    page.total = all.size();
    for (const auto& its : all) {
        if (before && its.first >= *before) continue;
        page.has_more = page.traces.size() == limit;
        if (page.has_more) break;
        TraceSpans trace;
        trace.id = its.id;
        trace.first_sequence = its.first;
        ARK_TRY_STATUS(for_each_span_at(reads, its.offsets, [&](std::size_t, const otlp::SpanView& span) {
            trace.spans.push_back(texts.of(span));
            return true;
        }));
        page.traces.push_back(std::move(trace));
    }
    return page;
}

}  // namespace

Result<TracesPage> read_traces(const Reads& reads, views::Views& views, std::string_view session,
                               std::optional<std::uint64_t> before, std::size_t limit) {
    if (!session.empty()) return session_page(reads, session, before, limit);
    TracesPage page;
    ARK_TRY(const auto state, reads.state());
    page.total = state.traces;
    ARK_TRY(const auto from, reads.first_span());
    Status status = ok();
    ARK_TRY_STATUS(reads.traces_before(before, [&](std::uint64_t first, const TraceId& id) {
        page.has_more = page.traces.size() == limit;
        if (page.has_more) return false;
        auto spans = spans_of(reads, views, id, from);
        if (!spans) {
            status = spans.error();
            return false;
        }
        // Without spans: retention took them, and everything older.
        if (!spans->empty()) page.traces.push_back({id, first, std::move(*spans)});
        return true;
    }));
    ARK_TRY_STATUS(status);
    return page;
}

Result<std::optional<TraceSpans>> read_trace(const Reads& reads, views::Views& views, const TraceId& id) {
    ARK_TRY(const auto from, reads.first_span());
    TraceSpans trace;
    trace.id = id;
    ARK_TRY(trace.spans, spans_of(reads, views, id, from));
    if (trace.spans.empty()) return std::optional<TraceSpans>();
    ARK_TRY(const auto first, reads.trace(id));
    trace.first_sequence = first.value_or(0);
    return std::optional(std::move(trace));
}

}  // namespace ark::reference
