#pragma once
#include "items/items.hpp"
#include "otlp/build.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

/// Small batches for the tests of this module.
namespace ark::items {

inline constexpr UnixNanos received{1'000};

inline TraceId trace_id(std::uint8_t last) {
    TraceId id;
    id.bytes.back() = last;
    return id;
}

inline SpanId span_id(std::uint8_t last) {
    SpanId id;
    id.bytes.back() = last;
    return id;
}

/// From 10 to 20 ns, a root.
inline otlp::Span span(std::string name, otlp::ValueMap attributes) {
    otlp::Span span;
    span.trace_id = trace_id(1);
    span.span_id = span_id(2);
    span.name = std::move(name);
    span.start = UnixNanos{10};
    span.end = UnixNanos{20};
    span.attributes = std::move(attributes);
    return span;
}

inline otlp::LogRecord log(std::string event_name, otlp::ValueMap attributes) {
    otlp::LogRecord record;
    record.time = UnixNanos{15};
    record.event_name = std::move(event_name);
    record.attributes = std::move(attributes);
    return record;
}

inline model::Batch batch_of(model::BatchKind kind, std::string_view payload, std::size_t count) {
    model::BatchHeader header;
    header.kind = kind;
    header.base = Offset{100};
    header.item_count = static_cast<std::uint32_t>(count);
    header.received = received;
    return {std::move(header), Buffer::copy_of(payload)};
}

inline model::Batch traces(const otlp::ValueMap& resource, const std::vector<otlp::Span>& spans) {
    return batch_of(model::BatchKind::traces, otlp::encode_traces(resource, {"test", "1"}, spans), spans.size());
}

inline model::Batch logs(const otlp::ValueMap& resource, const std::vector<otlp::LogRecord>& records) {
    return batch_of(model::BatchKind::logs, otlp::encode_logs(resource, {"test", "1"}, records), records.size());
}

/// Visits all; the batch must be well-formed and hold something.
inline void each_item(const model::Batch& batch, const std::function<void(const Item&)>& visit) {
    int seen = 0;
    const auto status = for_each_item(batch, [&](const Item& item) {
        visit(item);
        ++seen;
        return true;
    });
    ASSERT_TRUE(status) << status.error().message();
    ASSERT_GT(seen, 0);
}

}  // namespace ark::items
