#include "codec/base64.hpp"
#include "codec/json_pen.hpp"
#include "otlp/decode.hpp"
#include "otlp/json.hpp"
#include "otlp/span_attributes.hpp"
#include "otlp/wire.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <unordered_set>

namespace ark::otlp {

namespace {

using codec::JsonWriter;
using model::ValueView;
using wire::Field;
using wire::Reader;
using wire::tag;
using Type = ValueView::Type;

// What went through the check is less deep; this only keeps the stack safe from what did not.
constexpr int nesting_max = 256;

/// The keys of one object so far. Most have a dozen attributes: comparing them beats hashing them.
class KeySet {
public:
    bool insert(std::string_view key) {
        for (std::size_t i = 0; i < used_; ++i) {
            if (few_[i] == key) return false;
        }
        if (used_ < few_.size()) {
            few_[used_++] = key;
            return true;
        }
        return many_.insert(key).second;
    }

private:
    std::array<std::string_view, 48> few_;
    std::size_t used_ = 0;
    std::unordered_set<std::string_view> many_;
};

void write_plain(JsonWriter& json, const ValueView& value, int depth);

void write_plain_members(JsonWriter& json, Attributes attributes, int depth) {
    KeySet keys;
    json.begin_object();
    for (model::AttributeView attribute; attributes.next(attribute);) {
        if (!keys.insert(attribute.key)) continue;
        json.key(attribute.key);
        write_plain(json, attribute.value, depth);
    }
    json.end_object();
}

void write_base64(JsonWriter& json, std::string_view bytes) {
    json.plain(codec::to_base64(bytes));
}

void write_plain(JsonWriter& json, const ValueView& value, int depth) {
    if (depth > nesting_max) {
        json.null();
        return;
    }
    switch (value.type) {
        case Type::empty:
            json.null();
            break;
        case Type::string:
            json.string(value.text);
            break;
        case Type::boolean:
            json.boolean(value.boolean);
            break;
        case Type::integer:
            json.number(value.integer);
            break;
        case Type::real:
            json.real(value.real);
            break;
        case Type::bytes:
            write_base64(json, value.text);
            break;
        case Type::map:
            write_plain_members(json, map_members(value), depth + 1);
            break;
        case Type::array: {
            json.begin_array();
            ArrayWalk walk(value);
            for (ValueView element; walk.next(element);)
                write_plain(json, element, depth + 1);
            json.end_array();
            break;
        }
    }
}

// From here on: the OTLP/JSON mapping. 64-bit numbers are text, ids hex, enums numbers; defaults are left out.

void write_decimal(JsonWriter& json, auto number) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, number);
    json.plain({text, static_cast<std::size_t>(end.ptr - text)});
}

void write_text(JsonWriter& json, std::string_view key, std::string_view text) {
    if (!text.empty()) json.plain_key(key).string(text);
}

void write_number(JsonWriter& json, std::string_view key, std::uint32_t number) {
    if (number != 0) json.plain_key(key).unsigned_number(number);
}

/// Enums are int32 on the wire: unknown negative ones stay negative.
void write_enum(JsonWriter& json, std::string_view key, std::uint32_t number) {
    if (number != 0) json.plain_key(key).number(static_cast<std::int32_t>(number));
}

void write_time(JsonWriter& json, std::string_view key, UnixNanos time) {
    json.plain_key(key);
    write_decimal(json, time.value());
}

template <class Id>
void write_id(JsonWriter& json, std::string_view key, const Id& id) {
    if (id.valid()) json.plain_key(key).plain(id.hex());
}

void write_any_value(JsonWriter& json, const ValueView& value, int depth);

/// An attribute as most are: short, clean, of a plain type. False: it is not, or the pen had no room.
bool put_short_pair(codec::JsonPen& pen, const model::AttributeView& attribute) {
    const auto& value = attribute.value;
    pen.add(R"({"key":")").text(attribute.key);
    if (value.type == Type::string) {
        pen.add(R"(","value":{"stringValue":")").text(value.text).add(R"("}})");
    } else if (value.type == Type::integer) {
        pen.add(R"(","value":{"intValue":")").decimal(value.integer).add(R"("}})");
    } else if (value.type == Type::boolean) {
        pen.add(R"(","value":{"boolValue":)").add(std::string_view(value.boolean ? "true}}" : "false}}"));
    } else {
        return false;
    }
    return pen.sound();
}

bool write_short_pair(JsonWriter& json, const model::AttributeView& attribute) {
    char room[1024];
    codec::JsonPen pen(room);
    const bool written = put_short_pair(pen, attribute);
    if (written) json.raw(pen.view());
    return written;
}

// Of a pair with a plain value: everything but its key and its text.
constexpr std::size_t pair_framing = 96;

void append_pair(Buffer& out, const model::AttributeView& attribute) {
    const auto& value = attribute.value;
    codec::make_room(out, attribute.key.size() + (value.type == Type::string ? value.text.size() : 0) + pair_framing);
    codec::JsonPen pen(out.spare());
    if (put_short_pair(pen, attribute)) {
        out.commit(pen.size());
        return;
    }
    out.append(R"({"key":")");
    codec::append_json_escaped(out, attribute.key);
    if (value.type == Type::string) {
        out.append(R"(","value":{"stringValue":")");
        codec::append_json_escaped(out, value.text);
        out.append(R"("}})");
        return;
    }
    std::string text;
    JsonWriter json(text);
    write_any_value(json, value, 0);
    out.append(R"(","value":)");
    out.append(text);
    out.append("}");
}

void write_pairs(JsonWriter& json, Attributes attributes, int depth) {
    json.begin_array();
    for (model::AttributeView attribute; attributes.next(attribute);) {
        if (write_short_pair(json, attribute)) continue;
        json.begin_object().plain_key("key").string(attribute.key).plain_key("value");
        write_any_value(json, attribute.value, depth);
        json.end_object();
    }
    json.end_array();
}

void write_attribute_list(JsonWriter& json, Attributes attributes) {
    auto first = attributes;
    model::AttributeView attribute;
    if (!first.next(attribute)) return;
    json.plain_key("attributes");
    write_pairs(json, attributes, 0);
}

void write_double(JsonWriter& json, double value) {
    if (std::isfinite(value)) {
        json.real(value);
    } else {
        json.plain(std::isnan(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity");
    }
}

void write_array(JsonWriter& json, const ValueView& value, int depth) {
    json.begin_object().plain_key("values").begin_array();
    ArrayWalk walk(value);
    for (ValueView element; walk.next(element);)
        write_any_value(json, element, depth);
    json.end_array().end_object();
}

void write_any_value(JsonWriter& json, const ValueView& value, int depth) {
    json.begin_object();
    switch (depth > nesting_max ? Type::empty : value.type) {
        case Type::empty:
            break;
        case Type::string:
            json.plain_key("stringValue").string(value.text);
            break;
        case Type::boolean:
            json.plain_key("boolValue").boolean(value.boolean);
            break;
        case Type::integer:
            json.plain_key("intValue");
            write_decimal(json, value.integer);
            break;
        case Type::real:
            json.plain_key("doubleValue");
            write_double(json, value.real);
            break;
        case Type::array:
            json.plain_key("arrayValue");
            write_array(json, value, depth + 1);
            break;
        case Type::map:
            json.plain_key("kvlistValue").begin_object().plain_key("values");
            write_pairs(json, map_members(value), depth + 1);
            json.end_object();
            break;
        case Type::bytes:
            json.plain_key("bytesValue");
            write_base64(json, value.text);
            break;
    }
    json.end_object();
}

void write_event(JsonWriter& json, const SpanEventView& event) {
    json.begin_object();
    write_time(json, "timeUnixNano", event.time);
    write_text(json, "name", event.name);
    write_attribute_list(json, event.attributes());
    write_number(json, "droppedAttributesCount", event.dropped_attributes_count);
    json.end_object();
}

void write_link(JsonWriter& json, const SpanLinkView& link) {
    json.begin_object();
    write_id(json, "traceId", link.trace_id);
    write_id(json, "spanId", link.span_id);
    write_text(json, "traceState", link.trace_state);
    write_attribute_list(json, link.attributes());
    write_number(json, "droppedAttributesCount", link.dropped_attributes_count);
    write_number(json, "flags", link.flags);
    json.end_object();
}

void write_status(JsonWriter& json, const SpanView& span) {
    if (span.status_code == 0 && span.status_message.empty()) return;
    json.plain_key("status").begin_object();
    write_text(json, "message", span.status_message);
    write_enum(json, "code", span.status_code);
    json.end_object();
}

void write_otlp_log(JsonWriter& json, const LogView& log) {
    json.begin_object();
    write_time(json, "timeUnixNano", log.time);
    write_time(json, "observedTimeUnixNano", log.observed);
    write_enum(json, "severityNumber", log.severity_number);
    write_text(json, "severityText", log.severity_text);
    if (log.body.type != Type::empty) {
        json.plain_key("body");
        write_any_value(json, log.body, 0);
    }
    write_attribute_list(json, log.attributes());
    write_number(json, "droppedAttributesCount", log.dropped_attributes_count);
    write_number(json, "flags", log.flags);
    write_id(json, "traceId", log.trace_id);
    write_id(json, "spanId", log.span_id);
    write_text(json, "eventName", log.event_name);
    json.end_object();
}

void write_entity(JsonWriter& json, std::string_view wire) {
    json.begin_object();
    const auto write_all = [&](std::string_view key, std::uint32_t number) {
        json.plain_key(key).begin_array();
        Reader reader(wire);
        for (Field field; reader.next(field);) {
            if (field.tag == tag(number, wire::bytes)) json.string(field.bytes);
        }
        json.end_array();
    };
    std::string_view schema_url, type;
    Reader reader(wire);
    for (Field field; reader.next(field);) {
        if (field.tag == tag(1, wire::bytes)) schema_url = field.bytes;
        if (field.tag == tag(2, wire::bytes)) type = field.bytes;
    }
    write_text(json, "schemaUrl", schema_url);
    write_text(json, "type", type);
    write_all("idKeys", 3);
    write_all("descriptionKeys", 4);
    json.end_object();
}

void write_resource(JsonWriter& json, const ResourceView& resource) {
    if (resource.wire.data() == nullptr) return;  // absent, which is not the same as empty
    json.plain_key("resource").begin_object();
    write_attribute_list(json, resource.attributes());
    write_number(json, "droppedAttributesCount", resource.dropped_attributes_count());
    bool open = false;
    Reader reader(resource.wire);
    for (Field field; reader.next(field);) {
        if (field.tag != tag(3, wire::bytes)) continue;
        if (!open) json.plain_key("entityRefs").begin_array();
        open = true;
        write_entity(json, field.bytes);
    }
    if (open) json.end_array();
    json.end_object();
}

void write_scope(JsonWriter& json, const ScopeView& scope) {
    if (scope.wire.data() == nullptr) return;
    json.plain_key("scope").begin_object();
    write_text(json, "name", scope.name);
    write_text(json, "version", scope.version);
    write_attribute_list(json, scope.attributes());
    write_number(json, "droppedAttributesCount", scope.dropped_attributes_count());
    json.end_object();
}

struct SignalKeys {
    std::string_view resources;
    std::string_view scopes;
    std::string_view items;
};

/// Writes the fields of `message` with tag `wanted` as an array; false when the message or one of them is damaged.
template <class Write>
bool write_each(JsonWriter& json, std::string_view key, std::string_view message, std::uint32_t wanted,
                const Write& write) {
    json.plain_key(key).begin_array();
    Reader reader(message);
    for (Field field; reader.next(field);) {
        if (field.tag == wanted && !write(field.bytes)) return false;
    }
    json.end_array();
    return !reader.damaged();
}

template <class WriteItem>
Result<std::string> request_to_json(std::string_view payload, const SignalKeys& keys, const WriteItem& write_item) {
    std::string out;
    out.reserve(payload.size() * 3 / 2);  // ids double, keys get names, texts stay
    JsonWriter json(out);
    const auto write_scope_group = [&](std::string_view group) {
        ScopeView scope;
        if (!decode_scope_group(group, scope)) return false;
        json.begin_object();
        write_scope(json, scope);
        const bool sound = write_each(json, keys.items, group, envelope::items,
                                      [&](std::string_view item) { return write_item(json, item); });
        write_text(json, "schemaUrl", scope.schema_url);
        json.end_object();
        return sound;
    };
    const auto write_resource_group = [&](std::string_view group) {
        ResourceView resource;
        if (!decode_resource_group(group, resource)) return false;
        json.begin_object();
        write_resource(json, resource);
        const bool sound = write_each(json, keys.scopes, group, envelope::scopes, write_scope_group);
        write_text(json, "schemaUrl", resource.schema_url);
        json.end_object();
        return sound;
    };
    json.begin_object();
    if (!write_each(json, keys.resources, payload, envelope::groups, write_resource_group)) {
        return fail(Errc::bad_payload, "OTLP: malformed protobuf");
    }
    json.end_object();
    return out;
}

}  // namespace

void write_value(JsonWriter& json, const ValueView& value) {
    write_plain(json, value, 0);
}

void write_attributes(JsonWriter& json, Attributes attributes) {
    write_plain_members(json, attributes, 0);
}

void write_otlp_value(JsonWriter& json, const ValueView& value) {
    write_any_value(json, value, 0);
}

void write_otlp_attributes(JsonWriter& json, Attributes attributes) {
    write_pairs(json, attributes, 0);
}

namespace {

constexpr std::uint32_t span_attributes = 9;  // the number of the field

/// A hash of the key's end, which tells keys apart better than their beginning, and of the sizes.
std::size_t place_of(std::string_view pair) {
    std::uint64_t word = pair.size();
    const std::size_t key = pair.size() < 2 ? 0 : static_cast<std::uint8_t>(pair[1]);
    std::uint64_t end = 0;
    if (key >= sizeof end && 2 + key <= pair.size()) std::memcpy(&end, pair.data() + 2 + key - sizeof end, sizeof end);
    word = (word << 8 ^ key ^ end) * 0x9e37'79b9'7f4a'7c15;
    return static_cast<std::size_t>(word >> 32);
}

}  // namespace

void SpanAttributes::append_to(Buffer& out, const SpanView& span) {
    out.append("[");
    bool first = true;
    auto rest = span.attributes_wire;
    for (std::string_view pair; next_pair(rest, span_attributes, pair); first = false) {
        codec::make_room(out, 1 + Known::json_max);
        if (!first) out.append(",");
        auto& known = known_[place_of(pair) % known_.size()];
        if (!pair.empty() && known.wire_size == pair.size() &&
            std::memcmp(known.wire.data(), pair.data(), pair.size()) == 0) {
            std::memcpy(out.spare().data(), known.json.data(), Known::json_max);
            out.commit(known.json_size);
            continue;
        }
        const auto begin = out.size();
        model::AttributeView attribute;
        decode_pair(pair, attribute);
        append_pair(out, attribute);
        const auto size = out.size() - begin;
        if (pair.empty() || pair.size() > Known::wire_max || size > Known::json_max) continue;
        known.wire_size = static_cast<std::uint8_t>(pair.size());
        known.json_size = static_cast<std::uint8_t>(size);
        std::memcpy(known.wire.data(), pair.data(), pair.size());
        std::memcpy(known.json.data(), out.data() + begin, size);
    }
    out.append("]");
}

void write_otlp_events(JsonWriter& json, const SpanView& span) {
    json.begin_array();
    for_each_span_event(span, [&](const SpanEventView& event) { write_event(json, event); });
    json.end_array();
}

void write_otlp_links(JsonWriter& json, const SpanView& span) {
    json.begin_array();
    for_each_span_link(span, [&](const SpanLinkView& link) { write_link(json, link); });
    json.end_array();
}

void write_otlp_span(JsonWriter& json, const SpanView& span) {
    json.begin_object();
    write_id(json, "traceId", span.trace_id);
    write_id(json, "spanId", span.span_id);
    write_text(json, "traceState", span.trace_state);
    write_id(json, "parentSpanId", span.parent_span_id);
    write_number(json, "flags", span.flags);
    write_text(json, "name", span.name);
    write_enum(json, "kind", span.kind);
    write_time(json, "startTimeUnixNano", span.start);
    write_time(json, "endTimeUnixNano", span.end);
    write_attribute_list(json, span.attributes());
    write_number(json, "droppedAttributesCount", span.dropped_attributes_count);
    if (span.event_count > 0) {
        json.plain_key("events");
        write_otlp_events(json, span);
    }
    write_number(json, "droppedEventsCount", span.dropped_events_count);
    if (span.link_count > 0) {
        json.plain_key("links");
        write_otlp_links(json, span);
    }
    write_number(json, "droppedLinksCount", span.dropped_links_count);
    write_status(json, span);
    json.end_object();
}

Result<std::string> traces_to_json(std::string_view payload) {
    return request_to_json(payload, {"resourceSpans", "scopeSpans", "spans"},
                           [](JsonWriter& json, std::string_view wire) {
                               SpanView span;
                               if (!decode_span(wire, span)) return false;
                               write_otlp_span(json, span);
                               return true;
                           });
}

Result<std::string> logs_to_json(std::string_view payload) {
    return request_to_json(payload, {"resourceLogs", "scopeLogs", "logRecords"},
                           [](JsonWriter& json, std::string_view wire) {
                               LogView log;
                               if (!decode_log(wire, log)) return false;
                               write_otlp_log(json, log);
                               return true;
                           });
}

}  // namespace ark::otlp
