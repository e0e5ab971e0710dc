#pragma once
// What was recorded, for tests.
#include "emit/tracer.hpp"

#include <string>
#include <vector>

namespace ark::emit::testing {

class Recorded final : public Recorder {
public:
    void span(otlp::Span span) override { spans.push_back(std::move(span)); }
    void event(otlp::LogRecord record) override { events.push_back(std::move(record)); }

    std::vector<std::string> reasons() const {
        std::vector<std::string> names;
        for (const auto& event : events)
            names.push_back(event.event_name);
        return names;
    }
    const otlp::Span* find_span(std::string_view name) const {
        for (const auto& span : spans) {
            if (span.name == name) return &span;
        }
        return nullptr;
    }
    const otlp::LogRecord* find_event(std::string_view reason) const {
        for (const auto& event : events) {
            if (event.event_name == reason) return &event;
        }
        return nullptr;
    }

    std::vector<otlp::Span> spans;
    std::vector<otlp::LogRecord> events;
};

/// A text attribute; empty when absent or of another type.
inline std::string text_of(const otlp::ValueMap& map, std::string_view key) {
    for (const auto& [name, value] : map) {
        const auto* text = std::get_if<std::string>(&value.data);
        if (name == key && text != nullptr) return *text;
    }
    return {};
}

}  // namespace ark::emit::testing
