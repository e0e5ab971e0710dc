#include "query/span_json.hpp"

namespace ark::query {

std::string_view name(SpanStatus status) {
    switch (status) {
        case SpanStatus::ok:
            return "ok";
        case SpanStatus::running:
            return "running";
        case SpanStatus::interrupted:
            return "interrupted";
        case SpanStatus::error:
            return "error";
    }
    return "ok";
}

SpanStatus status_of(const views::SpanEntry& span) {
    if (span.failed) return SpanStatus::error;
    if (span.interrupted) return SpanStatus::interrupted;
    return span.open ? SpanStatus::running : SpanStatus::ok;
}

std::uint64_t duration_nanos(const views::SpanEntry& span, UnixNanos now) {
    const bool runs = span.open && !span.interrupted;
    const UnixNanos end = runs ? now : span.end;
    return end > span.start ? end - span.start : 0;
}

void write_span_entry(codec::JsonWriter& json, const views::SpanEntry& span, UnixNanos now) {
    json.begin_object();
    json.key("traceId").plain(span.trace_id.hex());
    json.key("spanId").plain(span.span_id.hex());
    if (span.parent_span_id.valid()) json.key("parentSpanId").plain(span.parent_span_id.hex());
    json.field("name", span.name);
    if (!span.subject.empty()) json.field("subject", span.subject);
    json.key("component").plain(model::name(span.kind));
    json.key("start").plain(to_rfc3339(span.start));
    if (span.end.value() != 0) json.key("end").plain(to_rfc3339(span.end));
    json.field("durationMs", static_cast<double>(duration_nanos(span, now)) / 1e6);
    json.key("status").plain(name(status_of(span)));
    json.end_object();
}

}  // namespace ark::query
