#include "otlp/build.hpp"

#include "otlp/decode.hpp"
#include "otlp/wire.hpp"
#include "otlp/wire_writer.hpp"

#include <bit>

namespace ark::otlp {

namespace {

using wire::tag;
using wire::Writer;

constexpr std::size_t small = 100;      // a guess for messages of one length byte: attributes, events, links
constexpr std::size_t medium = 1000;    // two length bytes: items
constexpr std::size_t large = 100'000;  // three: everything around them

void write_value(Writer& out, std::uint32_t field, const Value& value);
void write_map(Writer& out, std::uint32_t field, const ValueMap& map);

/// One member of AnyValue's oneof. Members are written even when they are zero: which one is set is part of the value.
struct WriteValue {
    Writer& out;

    void operator()(std::monostate) const {}
    void operator()(const std::string& text) const { out.bytes_field(tag(1, wire::bytes), text); }
    void operator()(bool value) const { out.varint_field(tag(2, wire::varint), value ? 1 : 0); }
    void operator()(std::int64_t value) const {
        out.varint_field(tag(3, wire::varint), static_cast<std::uint64_t>(value));
    }
    void operator()(double value) const {
        out.fixed64_field(tag(4, wire::fixed64), std::bit_cast<std::uint64_t>(value));
    }
    void operator()(const ValueList& list) const {
        const auto array = out.begin(tag(5, wire::bytes), small);
        for (const auto& element : list)
            write_value(out, tag(1, wire::bytes), element);
        out.end(array);
    }
    void operator()(const ValueMap& map) const {
        const auto list = out.begin(tag(6, wire::bytes), small);
        write_map(out, tag(1, wire::bytes), map);
        out.end(list);
    }
};

void write_value(Writer& out, std::uint32_t field, const Value& value) {
    const auto* text = std::get_if<std::string>(&value.data);
    const auto message = out.begin(field, text != nullptr ? text->size() + 4 : small);
    std::visit(WriteValue{out}, value.data);
    out.end(message);
}

void write_map(Writer& out, std::uint32_t field, const ValueMap& map) {
    for (const auto& [key, value] : map) {
        const auto* text = std::get_if<std::string>(&value.data);
        const auto pair = out.begin(field, key.size() + (text != nullptr ? text->size() + 8 : 12));
        out.bytes_field(tag(1, wire::bytes), key);
        write_value(out, tag(2, wire::bytes), value);
        out.end(pair);
    }
}

void write_text(Writer& out, std::uint32_t number, std::string_view text) {
    if (!text.empty()) out.bytes_field(tag(number, wire::bytes), text);
}

void write_number(Writer& out, std::uint32_t number, std::uint64_t value) {
    if (value != 0) out.varint_field(tag(number, wire::varint), value);
}

void write_time(Writer& out, std::uint32_t number, UnixNanos time) {
    if (time.value() != 0) out.fixed64_field(tag(number, wire::fixed64), time.value());
}

void write_flags(Writer& out, std::uint32_t number, std::uint32_t flags) {
    if (flags != 0) out.fixed32_field(tag(number, wire::fixed32), flags);
}

template <class Id>
void write_id(Writer& out, std::uint32_t number, const Id& id) {
    if (id.valid()) out.bytes_field(tag(number, wire::bytes), id.view());
}

void write_event(Writer& out, const SpanEvent& event) {
    const auto message = out.begin(tag(11, wire::bytes), small);
    write_time(out, 1, event.time);
    write_text(out, 2, event.name);
    write_map(out, tag(3, wire::bytes), event.attributes);
    out.end(message);
}

void write_link(Writer& out, const SpanLink& link) {
    const auto message = out.begin(tag(13, wire::bytes), small);
    write_id(out, 1, link.trace_id);
    write_id(out, 2, link.span_id);
    write_map(out, tag(4, wire::bytes), link.attributes);
    out.end(message);
}

void write_item(Writer& out, const Span& span) {
    const auto message = out.begin(envelope::items, medium);
    write_id(out, 1, span.trace_id);
    write_id(out, 2, span.span_id);
    write_text(out, 3, span.trace_state);
    write_id(out, 4, span.parent_span_id);
    write_text(out, 5, span.name);
    write_number(out, 6, span.kind);
    write_time(out, 7, span.start);
    write_time(out, 8, span.end);
    write_map(out, tag(9, wire::bytes), span.attributes);
    write_number(out, 10, span.dropped_attributes_count);
    for (const auto& event : span.events)
        write_event(out, event);
    for (const auto& link : span.links)
        write_link(out, link);
    if (span.status_code != 0 || !span.status_message.empty()) {
        const auto status = out.begin(tag(15, wire::bytes), small);
        write_text(out, 2, span.status_message);
        write_number(out, 3, span.status_code);
        out.end(status);
    }
    write_flags(out, 16, span.flags);
    out.end(message);
}

void write_item(Writer& out, const LogRecord& record) {
    const auto message = out.begin(envelope::items, medium);
    write_time(out, 1, record.time);
    write_number(out, 2, record.severity_number);
    write_text(out, 3, record.severity_text);
    if (!std::holds_alternative<std::monostate>(record.body.data)) write_value(out, tag(5, wire::bytes), record.body);
    write_map(out, tag(6, wire::bytes), record.attributes);
    write_flags(out, 8, record.flags);
    write_id(out, 9, record.trace_id);
    write_id(out, 10, record.span_id);
    write_time(out, 11, record.observed);
    write_text(out, 12, record.event_name);
    out.end(message);
}

template <class Item>
std::string encode(const ValueMap& resource, const Scope& scope, const std::vector<Item>& items) {
    Buffer buffer(std::size_t{512} * (items.size() + 1));
    Writer out(buffer);
    const auto group = out.begin(envelope::groups, large);
    const auto attributes = out.begin(envelope::resource, small);
    write_map(out, tag(1, wire::bytes), resource);
    out.end(attributes);

    const auto scopes = out.begin(envelope::scopes, large);
    const auto name = out.begin(envelope::scope, small);
    write_text(out, 1, scope.name);
    write_text(out, 2, scope.version);
    out.end(name);
    for (const auto& item : items)
        write_item(out, item);
    out.end(scopes);
    out.end(group);
    return std::string(buffer.view());
}

}  // namespace

std::string encode_traces(const ValueMap& resource, const Scope& scope, const std::vector<Span>& spans) {
    return encode(resource, scope, spans);
}

std::string encode_logs(const ValueMap& resource, const Scope& scope, const std::vector<LogRecord>& records) {
    return encode(resource, scope, records);
}

}  // namespace ark::otlp
