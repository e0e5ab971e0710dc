#include "otlp/json.hpp"
#include "query/item_match.hpp"
#include "query/otlp_subset.hpp"
#include "query/reads.hpp"
#include "query/span_json.hpp"

#include <algorithm>

namespace ark::query {
namespace {

constexpr std::uint64_t spans_max = 100'000;
constexpr std::size_t full_bytes_max = 32u << 20;  // ~10,000 GenAI spans of 3.4 KB

// Visits the journal's span items of `entries`, batch by batch, in journal order; false stops. Open and expired ones
// are skipped.
Status visit_span_items(const Call& call, const std::vector<views::SpanEntry>& entries,
                        const std::function<bool(const items::Item&)>& visit) {
    std::vector<Offset> offsets;
    offsets.reserve(entries.size());
    for (const auto& entry : entries)
        offsets.push_back(entry.offset);
    std::sort(offsets.begin(), offsets.end());

    journal::Batches batches(call.deps.journal);
    for (std::size_t i = 0; i < offsets.size();) {
        auto batch = batches.holding(offsets[i]);
        if (!batch && batch.error().code == Errc::expired) {
            ++i;
            continue;
        }
        if (!batch) return std::move(batch).error();
        if (!*batch) return ok();
        Chunk chunk;
        chunk.all = false;
        while (i < offsets.size() && offsets[i] < (*batch)->end())
            chunk.offsets.push_back(offsets[i++]);
        chunk.begin = chunk.offsets.front();
        chunk.end = chunk.offsets.back() + 1;
        chunk.batch = std::move(*batch);
        if (chunk.batch->header().tenant != call.tenant) continue;
        bool go_on = true;
        ARK_TRY_STATUS(visit_items(chunk, [&](const items::Item& item) {
            if (item.type == items::ItemType::span) go_on = visit(item);
            return go_on;
        }));
        if (!go_on) return ok();
    }
    return ok();
}

Outcome<Body> as_otlp(const Call& call, const std::vector<views::SpanEntry>& entries) {
    OtlpSubset subset;
    bool complete = true;
    ARK_TRY_STATUS(visit_span_items(call, entries, [&](const items::Item& item) {
        complete = subset.bytes() < full_bytes_max;
        if (complete) subset.add(*item.span);
        return complete;
    }));
    if (!complete)
        return Problem(ProblemKind::too_large, "the trace is larger than 32 MiB; page its spans with /v1/spans?trace=");
    Body body;
    body.validator = true;
    const auto payload = subset.finish();
    ARK_TRY(body.text, otlp::traces_to_json(payload));
    return body;
}

// Spans with everything that was sent, in journal order.
Status write_full_spans(const Call& call, const std::vector<views::SpanEntry>& entries, codec::JsonWriter& json,
                        bool& complete) {
    return visit_span_items(call, entries, [&](const items::Item& item) {
        if (json.out().size() > full_bytes_max) {
            complete = false;
            return false;
        }
        const auto context = call.deps.views.context_of(call.tenant, item);
        items::write_span(json, call.at.epoch, item, context, items::Detail::full);
        return true;
    });
}

}  // namespace

Outcome<Body> one_trace(const Call& call) {
    ARK_TRY(const auto detail, call.params.detail());
    ARK_TRY(const auto limit, call.params.number("limit", 10'000, 1, spans_max));
    const auto format = call.params.text("format");
    if (!format.empty() && format != "otlp") return invalid_parameter("format", "otlp is expected");
    const auto id = TraceId::from_hex(call.path_value(0));
    if (!id || !id->valid()) return invalid_parameter("id", "32 hex digits are expected");

    ARK_TRY(const auto row, call.deps.views.trace(call.tenant, *id));
    if (!row) return Problem(ProblemKind::not_found, "no trace " + id->hex());
    const auto wanted = static_cast<std::size_t>(limit);
    ARK_TRY(auto spans, call.deps.views.trace_spans(call.tenant, *id, wanted + 1));
    bool complete = spans.size() <= wanted;
    if (!complete) spans.resize(wanted);
    if (format == "otlp") return as_otlp(call, spans);

    Body body;
    body.validator = true;
    codec::JsonWriter json(body.text);
    json.begin_object().key("trace");
    views::write_row(json, *row);
    json.key("spans").begin_array();
    if (detail == items::Detail::full) {
        ARK_TRY_STATUS(write_full_spans(call, spans, json, complete));
    } else {
        for (const auto& span : spans)
            write_span_entry(json, span, call.now);
    }
    json.end_array().field("complete", complete).end_object();
    return body;
}

}  // namespace ark::query
