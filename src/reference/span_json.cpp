#include "reference/span_json.hpp"

#include "codec/json_pen.hpp"
#include "codec/json_writer.hpp"
#include "otlp/json.hpp"

#include <string_view>

namespace ark::reference {
namespace {

using codec::JsonPen;
using codec::JsonWriter;
using Type = model::ValueView::Type;

/// A resource flattened to the first value of each attribute, as the reference has it.
void write_resource(JsonWriter& json, const otlp::ResourceView* resource) {
    json.begin_object();
    auto attributes = resource == nullptr ? otlp::Attributes() : resource->attributes();
    model::AttributeView attribute;
    std::string wrapped;
    while (attributes.next(attribute)) {
        json.key(attribute.key);
        wrapped.clear();
        JsonWriter value(wrapped);
        otlp::write_otlp_value(value, attribute.value);
        // {"stringValue":"x"} → "x"; what has no value stays the empty object.
        const auto colon = wrapped.find(':');
        const bool bare = attribute.value.type == Type::empty || attribute.value.type == Type::bytes;
        const std::string_view text = wrapped;
        json.raw(bare || colon == std::string::npos ? text : text.substr(colon + 1, text.size() - colon - 2));
    }
    json.end_object();
}

constexpr std::size_t piece_room = 256;  // for what append_ids() or append_kind_and_times() writes

void append_ids(Buffer& out, const otlp::SpanView& span) {
    codec::make_room(out, piece_room);
    JsonPen pen(out.spare());
    pen.add(R"({"traceId":")").hex(span.trace_id.bytes);
    pen.add(R"(","spanId":")").hex(span.span_id.bytes);
    pen.add(R"(","parentSpanId":")");
    if (span.parent_span_id.valid()) pen.hex(span.parent_span_id.bytes);
    pen.add(R"(","name":")");
    out.commit(pen.size());
}

/// From the end of the name on.
void append_kind_and_times(Buffer& out, const otlp::SpanView& span) {
    static constexpr std::string_view names[] = {"SPAN_KIND_UNSPECIFIED", "SPAN_KIND_INTERNAL", "SPAN_KIND_SERVER",
                                                 "SPAN_KIND_CLIENT",      "SPAN_KIND_PRODUCER", "SPAN_KIND_CONSUMER"};
    codec::make_room(out, piece_room);
    JsonPen pen(out.spare());
    pen.add(R"(","kind":)");
    if (span.kind < std::size(names)) {
        pen.add("\"").add(names[span.kind]).add("\"");
    } else {
        pen.decimal(span.kind);
    }
    pen.add(R"(,"startTimeUnixNano":")").nanos(span.start.value());
    pen.add(R"(","endTimeUnixNano":")").nanos(span.end.value());
    pen.add(R"(","attributes":)");
    out.commit(pen.size());
}

void write_status(JsonWriter& json, const otlp::SpanView& span) {
    static constexpr std::string_view names[] = {"STATUS_CODE_UNSET", "STATUS_CODE_OK", "STATUS_CODE_ERROR"};
    json.begin_object().field("message", span.status_message).key("code");
    if (span.status_code < std::size(names)) {
        json.plain(names[span.status_code]);
    } else {
        json.unsigned_number(span.status_code);
    }
    json.end_object();
}

/// What the writer writes into a text.
template <class Write>
void append_written(Buffer& out, const Write& write) {
    std::string text;
    JsonWriter json(text);
    write(json);
    out.append(text);
}

}  // namespace

void SpanJson::append_resource(Buffer& out, const otlp::ResourceView* resource) {
    const auto wire = resource == nullptr ? std::string_view() : resource->wire;
    if (resource_text_.empty() || wire != wire_) {
        wire_ = wire;
        resource_text_.clear();
        JsonWriter json(resource_text_);
        write_resource(json, resource);
    }
    out.append(resource_text_);
}

void SpanJson::append(Buffer& out, const otlp::SpanView& span) {
    append_ids(out, span);
    codec::append_json_escaped(out, span.name);
    append_kind_and_times(out, span);
    attributes_.append_to(out, span);
    out.append(R"(,"status":)");
    if (span.status_code == 0 && span.status_message.empty()) {
        out.append("null");
    } else {
        append_written(out, [&](JsonWriter& json) { write_status(json, span); });
    }
    out.append(R"(,"resource":)");
    append_resource(out, span.resource);
    if (span.event_count > 0) {
        out.append(R"(,"events":)");
        append_written(out, [&](JsonWriter& json) { otlp::write_otlp_events(json, span); });
    }
    if (span.link_count > 0) {
        out.append(R"(,"links":)");
        append_written(out, [&](JsonWriter& json) { otlp::write_otlp_links(json, span); });
    }
    out.append("}");
}

}  // namespace ark::reference
