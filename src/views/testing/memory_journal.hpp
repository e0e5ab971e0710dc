#pragma once
#include "journal/testing/memory_journal.hpp"
#include "otlp/build.hpp"

namespace ark::views::testing {

/// The journal in memory, filled with spans and log records. Each returns the offset behind what it added.
class MemoryJournal final : public journal::testing::MemoryJournal {
public:
    using journal::testing::MemoryJournal::MemoryJournal;

    Offset add_spans(const std::vector<otlp::Span>& spans, UnixNanos received, const otlp::ValueMap& resource = {}) {
        return add(model::BatchKind::traces, otlp::encode_traces(resource, {}, spans), spans.size(), received);
    }
    Offset add_logs(const std::vector<otlp::LogRecord>& records, UnixNanos received) {
        return add(model::BatchKind::logs, otlp::encode_logs({}, {}, records), records.size(), received);
    }
};

}  // namespace ark::views::testing
