#pragma once
#include "journal/testing/memory_journal.hpp"
#include "otlp/build.hpp"

#include <string>
#include <vector>

namespace ark::query::testing {

/// The journal in memory, filled with spans and events. Each returns the offset of the first that it added.
class FakeJournal final : public journal::testing::MemoryJournal {
public:
    Offset put(model::BatchKind kind, const std::string& payload, std::size_t count, const std::string& tenant) {
        const auto first = end();
        add(kind, payload, count, UnixNanos{1}, tenant);
        return first;
    }
    Offset put_spans(const std::vector<otlp::Span>& spans, const std::string& tenant = "default") {
        return put(model::BatchKind::traces, otlp::encode_traces({}, {}, spans), spans.size(), tenant);
    }
    Offset put_events(const std::vector<otlp::LogRecord>& records, const std::string& tenant = "default") {
        return put(model::BatchKind::logs, otlp::encode_logs({}, {}, records), records.size(), tenant);
    }
};

}  // namespace ark::query::testing
