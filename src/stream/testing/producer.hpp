#pragma once
#include "base/random.hpp"
#include "journal/journal.hpp"
#include "otlp/build.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Batches as producers send them.
namespace ark::stream::testing {

inline std::shared_ptr<model::Batch> batch_of(model::BatchKind kind, std::string payload, std::size_t items,
                                              std::string tenant, UnixNanos received = UnixNanos{1'000'000'000}) {
    model::BatchHeader header;
    header.kind = kind;
    header.item_count = static_cast<std::uint32_t>(items);
    header.tenant = std::move(tenant);
    header.received = received;
    return std::make_shared<model::Batch>(std::move(header), Buffer::copy_of(payload));
}

inline TraceId trace_number(std::uint64_t n) {
    TraceId id;
    for (std::size_t i = 0; i < 8; ++i)
        id.bytes[i] = static_cast<std::uint8_t>(n >> (8 * i));
    id.bytes[15] = 1;
    return id;
}

/// An event of a trace: `attributes` beside session.id, query.id as given ("" = none).
inline otlp::LogRecord event(std::string reason, TraceId trace, std::string session = {},
                             otlp::ValueMap attributes = {}) {
    otlp::LogRecord record;
    record.time = UnixNanos{1'000'000'000};
    record.event_name = std::move(reason);
    record.trace_id = trace;
    if (!session.empty()) attributes.emplace_back("session.id", otlp::Value(std::move(session)));
    record.attributes = std::move(attributes);
    return record;
}

inline otlp::Span tool_span(TraceId trace, SpanId id, std::string session, std::string tool) {
    otlp::Span span;
    span.trace_id = trace;
    span.span_id = id;
    span.name = "execute_tool " + tool;
    span.start = UnixNanos{1'000'000'000};
    span.end = UnixNanos{2'000'000'000};
    span.attributes.emplace_back("gen_ai.operation.name", otlp::Value("execute_tool"));
    span.attributes.emplace_back("gen_ai.tool.name", otlp::Value(std::move(tool)));
    span.attributes.emplace_back("session.id", otlp::Value(std::move(session)));
    return span;
}

inline void append_events(journal::Journal& journal, const std::vector<otlp::LogRecord>& records,
                          std::string tenant = "default", UnixNanos received = UnixNanos{1'000'000'000}) {
    journal.append(batch_of(model::BatchKind::logs, otlp::encode_logs({}, {"test", "1"}, records), records.size(),
                            std::move(tenant), received),
                   nullptr);
}

inline void append_spans(journal::Journal& journal, const std::vector<otlp::Span>& spans,
                         std::string tenant = "default") {
    journal.append(batch_of(model::BatchKind::traces, otlp::encode_traces({}, {"test", "1"}, spans), spans.size(),
                            std::move(tenant)),
                   nullptr);
}

}  // namespace ark::stream::testing
