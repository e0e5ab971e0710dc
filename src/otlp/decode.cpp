#include "otlp/decode.hpp"

#include <bit>

namespace ark::otlp {

namespace {

using wire::Field;
using wire::Reader;
using wire::tag;

template <class Id>
Id id_or_none(std::string_view bytes) {
    Id id;
    if (bytes.size() == Id::size) std::memcpy(id.bytes.data(), bytes.data(), Id::size);
    return id;
}

std::uint32_t narrow(std::uint64_t number) {
    return static_cast<std::uint32_t>(number);  // protobuf's uint32 and enums drop the upper half likewise
}

void decode_status(std::string_view wire, SpanView& out) {
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        if (field.tag == tag(2, wire::bytes)) out.status_message = field.bytes;
        if (field.tag == tag(3, wire::varint)) out.status_code = narrow(field.number);
    }
}

}  // namespace

bool decode_resource_group(std::string_view wire, ResourceView& out) {
    out = {};
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        if (field.tag == envelope::resource) out.wire = field.bytes;
        if (field.tag == envelope::schema_url) out.schema_url = field.bytes;
    }
    return !reader.damaged();
}

bool decode_scope_group(std::string_view wire, ScopeView& out) {
    out = {};
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        if (field.tag == envelope::scope) out.wire = field.bytes;
        if (field.tag == envelope::schema_url) out.schema_url = field.bytes;
    }
    Reader scope(out.wire);
    for (Field field; scope.next(field);) {
        if (field.tag == tag(1, wire::bytes)) out.name = field.bytes;
        if (field.tag == tag(2, wire::bytes)) out.version = field.bytes;
    }
    return !reader.damaged() && !scope.damaged();
}

bool decode_span(std::string_view wire, SpanView& out) {
    const auto* resource = out.resource;
    const auto* scope = out.scope;
    out = {};
    out.resource = resource;
    out.scope = scope;
    out.wire = wire;
    Reader reader(wire);
    const char* attributes = nullptr;
    const char* at = wire.data();
    for (Field field; reader.next(field); at = reader.position()) {
        switch (field.tag) {
            case tag(9, wire::bytes):  // attributes, the most frequent: walked on demand
                if (attributes == nullptr) attributes = at;
                out.attributes_wire = {attributes, static_cast<std::size_t>(reader.position() - attributes)};
                break;
            case tag(1, wire::bytes):
                out.trace_id = id_or_none<TraceId>(field.bytes);
                break;
            case tag(2, wire::bytes):
                out.span_id = id_or_none<SpanId>(field.bytes);
                break;
            case tag(3, wire::bytes):
                out.trace_state = field.bytes;
                break;
            case tag(4, wire::bytes):
                out.parent_span_id = id_or_none<SpanId>(field.bytes);
                break;
            case tag(5, wire::bytes):
                out.name = field.bytes;
                break;
            case tag(6, wire::varint):
                out.kind = narrow(field.number);
                break;
            case tag(7, wire::fixed64):
                out.start = UnixNanos{field.number};
                break;
            case tag(8, wire::fixed64):
                out.end = UnixNanos{field.number};
                break;
            case tag(10, wire::varint):
                out.dropped_attributes_count = narrow(field.number);
                break;
            case tag(11, wire::bytes):
                ++out.event_count;
                break;
            case tag(12, wire::varint):
                out.dropped_events_count = narrow(field.number);
                break;
            case tag(13, wire::bytes):
                ++out.link_count;
                break;
            case tag(14, wire::varint):
                out.dropped_links_count = narrow(field.number);
                break;
            case tag(15, wire::bytes):
                decode_status(field.bytes, out);
                break;
            case tag(16, wire::fixed32):
                out.flags = narrow(field.number);
                break;
            default:
                break;
        }
    }
    return !reader.damaged();
}

bool decode_log(std::string_view wire, LogView& out) {
    const auto* resource = out.resource;
    const auto* scope = out.scope;
    out = {};
    out.resource = resource;
    out.scope = scope;
    out.wire = wire;
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        switch (field.tag) {
            case tag(1, wire::fixed64):
                out.time = UnixNanos{field.number};
                break;
            case tag(2, wire::varint):
                out.severity_number = narrow(field.number);
                break;
            case tag(3, wire::bytes):
                out.severity_text = field.bytes;
                break;
            case tag(5, wire::bytes):
                out.body = decode_value(field.bytes);
                break;
            case tag(7, wire::varint):
                out.dropped_attributes_count = narrow(field.number);
                break;
            case tag(8, wire::fixed32):
                out.flags = narrow(field.number);
                break;
            case tag(9, wire::bytes):
                out.trace_id = id_or_none<TraceId>(field.bytes);
                break;
            case tag(10, wire::bytes):
                out.span_id = id_or_none<SpanId>(field.bytes);
                break;
            case tag(11, wire::fixed64):
                out.observed = UnixNanos{field.number};
                break;
            case tag(12, wire::bytes):
                out.event_name = field.bytes;
                break;
            default:
                break;
        }
    }
    return !reader.damaged();
}

bool decode_event(std::string_view wire, SpanEventView& out) {
    out = {};
    out.wire = wire;
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        if (field.tag == tag(1, wire::fixed64)) out.time = UnixNanos{field.number};
        if (field.tag == tag(2, wire::bytes)) out.name = field.bytes;
        if (field.tag == tag(4, wire::varint)) out.dropped_attributes_count = narrow(field.number);
    }
    return !reader.damaged();
}

bool decode_link(std::string_view wire, SpanLinkView& out) {
    out = {};
    out.wire = wire;
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        switch (field.tag) {
            case tag(1, wire::bytes):
                out.trace_id = id_or_none<TraceId>(field.bytes);
                break;
            case tag(2, wire::bytes):
                out.span_id = id_or_none<SpanId>(field.bytes);
                break;
            case tag(3, wire::bytes):
                out.trace_state = field.bytes;
                break;
            case tag(5, wire::varint):
                out.dropped_attributes_count = narrow(field.number);
                break;
            case tag(6, wire::fixed32):
                out.flags = narrow(field.number);
                break;
            default:
                break;
        }
    }
    return !reader.damaged();
}

model::ValueView decode_value(std::string_view wire) {
    using Type = model::ValueView::Type;
    model::ValueView value;
    Reader whole(wire);
    if (whole.next_is(tag(1, wire::bytes), value.text) && whole.at_end()) {
        value.type = Type::string;
        return value;
    }
    value = {};
    const auto set_text = [&](Type type, std::string_view text) {
        value = {};
        value.type = type;
        value.text = text;
    };
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        switch (field.tag) {
            case tag(1, wire::bytes):
                set_text(Type::string, field.bytes);
                break;
            case tag(2, wire::varint):
                value = model::ValueView::of_boolean(field.number != 0);
                break;
            case tag(3, wire::varint):
                value = model::ValueView::of_integer(static_cast<std::int64_t>(field.number));
                break;
            case tag(4, wire::fixed64):
                value = model::ValueView::of_real(std::bit_cast<double>(field.number));
                break;
            case tag(5, wire::bytes):
                set_text(Type::array, field.bytes);
                break;
            case tag(6, wire::bytes):
                set_text(Type::map, field.bytes);
                break;
            case tag(7, wire::bytes):
                set_text(Type::bytes, field.bytes);
                break;
            default:
                break;
        }
    }
    return value;
}

}  // namespace ark::otlp
