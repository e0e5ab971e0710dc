#include "items/items.hpp"
#include "items/open_span.hpp"
#include "items/preview.hpp"
#include "otlp/json.hpp"

#include <array>

namespace ark::items {
namespace {

using codec::JsonWriter;
using model::Facts;
using model::Phase;

/// Which half of a span's story is told: what was known when it began, or everything.
enum class Told { beginning, all };

void write_text(JsonWriter& json, std::string_view name, std::string_view text) {
    if (!text.empty()) json.field(name, text);
}

/// The item's own word, else what its surroundings say.
void write_text(JsonWriter& json, std::string_view name, std::string_view own, std::string_view around) {
    write_text(json, name, own.empty() ? around : own);
}

template <class Id>
void write_id(JsonWriter& json, std::string_view name, const Id& id) {
    if (!id.valid()) return;
    std::array<char, Id::size * 2> hex;
    static constexpr char digits[] = "0123456789abcdef";
    for (std::size_t i = 0; i < Id::size; ++i) {
        hex[2 * i] = digits[id.bytes[i] >> 4];
        hex[2 * i + 1] = digits[id.bytes[i] & 15];
    }
    json.key(name).plain({hex.data(), hex.size()});
}

void write_time(JsonWriter& json, std::string_view name, UnixNanos time) {
    if (time == UnixNanos{}) return;
    std::string text;
    append_rfc3339(text, time);
    json.key(name).plain(text);
}

void write_duration(JsonWriter& json, std::int64_t nanos) {
    if (nanos >= 0) json.field("durationMs", static_cast<double>(nanos) * 1e-6);
}

/// -1 while it runs; 0 for clocks that went back.
std::int64_t duration_of(const Item& span) {
    if (span.end == UnixNanos{}) return -1;
    return span.end > span.time ? static_cast<std::int64_t>(span.end - span.time) : 0;
}

void write_ids(JsonWriter& json, const Item& item) {
    write_id(json, "traceId", item.trace_id);
    write_id(json, "spanId", item.span_id);
    write_id(json, "parentSpanId", item.parent_span_id);
}

/// Session, query, conversation. The trace's session wins over the item's own: it is what lists and filters go by.
void write_whereabouts(JsonWriter& json, const Facts& facts, const Context& context) {
    write_text(json, "sessionId", context.session_id, facts.session_id);
    write_text(json, "queryId", facts.query_id, context.query_id);
    write_text(json, "queryName", facts.query_name, context.query_name);
    write_text(json, "queryNamespace", facts.query_namespace, context.query_namespace);
    write_text(json, "conversationId", facts.conversation_id, context.conversation_id);
    write_text(json, "userId", facts.user_id);
}

void write_participants(JsonWriter& json, const Facts& facts, const Context& context) {
    write_text(json, "subject", subject_of(facts));
    write_text(json, "agent", facts.agent, context.agent);
    write_text(json, "team", facts.team, context.team);
    write_text(json, "tool", facts.tool);
    write_text(json, "toolCallId", facts.tool_call_id);
    write_text(json, "model", facts.model);
    write_text(json, "provider", facts.provider);
    write_text(json, "peer", facts.peer);
    write_text(json, "questionId", facts.question_id);
    write_text(json, "service", facts.service);
}

void write_tokens(JsonWriter& json, const model::Usage& usage) {
    if (usage.input_tokens != 0 || usage.output_tokens != 0) {
        json.key("tokens").begin_object();
        json.field("input", usage.input_tokens).field("output", usage.output_tokens);
        json.field("total", usage.input_tokens + usage.output_tokens);
        if (usage.cache_read_tokens != 0) json.field("cacheRead", usage.cache_read_tokens);
        if (usage.cache_write_tokens != 0) json.field("cacheWrite", usage.cache_write_tokens);
        if (usage.reasoning_tokens != 0) json.field("reasoning", usage.reasoning_tokens);
        json.end_object();
    }
    if (usage.cost_usd != 0) json.field("costUsd", usage.cost_usd);
}

void write_error(JsonWriter& json, const Item& item) {
    const auto& facts = item.facts;
    const auto of_status = item.span == nullptr ? std::string_view{} : item.span->status_message;
    const auto message = facts.error_message.empty() ? of_status : facts.error_message;
    if (!item.failed || (facts.error_type.empty() && message.empty())) return;
    json.key("error").begin_object();
    write_text(json, "type", facts.error_type);
    write_text(json, "message", message);
    json.end_object();
}

/// Input or output that came as a structure, as JSON; most producers send text.
std::string structured(const Item& item, Facts::Content wanted) {
    auto attributes = item.span != nullptr ? item.span->attributes() : item.log->attributes();
    model::AttributeView attribute;
    std::string text;
    while (attributes.next(attribute)) {
        const auto type = attribute.value.type;
        if (type != model::ValueView::Type::array && type != model::ValueView::Type::map) continue;
        if (Facts::content_of(attribute.key) != wanted) continue;
        JsonWriter json(text);
        otlp::write_value(json, attribute.value);
        break;
    }
    return text;
}

void write_content(JsonWriter& json, const Item& item, Told told, Detail detail) {
    const auto write = [&](std::string_view name, std::string_view said, Facts::Content content) {
        std::string structure;
        if (said.empty() && item.facts.agentic) structure = structured(item, content);
        const auto text = said.empty() ? std::string_view(structure) : said;
        write_text(json, name, detail == Detail::full ? text : preview(text));
    };
    write("input", item.facts.input, Facts::Content::input);
    if (told == Told::all) write("output", item.facts.output, Facts::Content::output);
}

/// A text body is the record's message; anything else is shown as it is.
void write_body(JsonWriter& json, const model::ValueView& body, Detail detail) {
    if (body.type == model::ValueView::Type::string) {
        write_text(json, "message", detail == Detail::full ? body.text : preview(body.text));
    } else if (body.type != model::ValueView::Type::empty && detail == Detail::full) {
        json.key("body");
        otlp::write_value(json, body);
    }
}

void write_all(JsonWriter& json, otlp::Attributes attributes) {
    json.key("attributes");
    otlp::write_attributes(json, attributes);
}

void write_dropped(JsonWriter& json, std::string_view name, std::uint32_t count) {
    if (count != 0) json.field(name, count);
}

std::string_view name_of_kind(std::uint32_t kind) {
    static constexpr std::string_view names[] = {"unspecified", "internal", "server", "client", "producer", "consumer"};
    return kind < std::size(names) ? names[kind] : std::string_view{};
}

std::string_view name_of_status(const Item& span) {
    if (span.end == UnixNanos{}) return "running";
    if (span.failed) return "error";
    return span.span->status_code == 1 ? "ok" : "unset";
}

void write_span_events(JsonWriter& json, const otlp::SpanView& span) {
    if (span.event_count == 0) return;
    json.key("events").begin_array();
    otlp::for_each_span_event(span, [&](const otlp::SpanEventView& event) {
        json.begin_object();
        json.field("name", event.name);
        write_time(json, "time", event.time);
        write_all(json, event.attributes());
        write_dropped(json, "droppedAttributesCount", event.dropped_attributes_count);
        json.end_object();
    });
    json.end_array();
}

void write_span_links(JsonWriter& json, const otlp::SpanView& span) {
    if (span.link_count == 0) return;
    json.key("links").begin_array();
    otlp::for_each_span_link(span, [&](const otlp::SpanLinkView& link) {
        json.begin_object();
        write_id(json, "traceId", link.trace_id);
        write_id(json, "spanId", link.span_id);
        write_text(json, "traceState", link.trace_state);
        if (link.flags != 0) json.field("flags", link.flags);
        write_all(json, link.attributes());
        write_dropped(json, "droppedAttributesCount", link.dropped_attributes_count);
        json.end_object();
    });
    json.end_array();
}

void write_origin(JsonWriter& json, const otlp::ResourceView* resource, const otlp::ScopeView* scope) {
    if (resource != nullptr) {
        json.key("resource").begin_object();
        write_all(json, resource->attributes());
        write_dropped(json, "droppedAttributesCount", resource->dropped_attributes_count());
        write_text(json, "schemaUrl", resource->schema_url);
        json.end_object();
    }
    if (scope != nullptr) {
        json.key("scope").begin_object();
        write_text(json, "name", scope->name);
        write_text(json, "version", scope->version);
        write_all(json, scope->attributes());
        write_dropped(json, "droppedAttributesCount", scope->dropped_attributes_count());
        write_text(json, "schemaUrl", scope->schema_url);
        json.end_object();
    }
}

void write_severity(JsonWriter& json, const otlp::LogView& log) {
    write_text(json, "severity", log.severity_text);
    if (log.severity_number != 0) json.field("severityNumber", log.severity_number);
}

/// What only the log record itself has, for full detail.
void write_log_record(JsonWriter& json, const otlp::LogView& log) {
    write_all(json, log.attributes());
    if (log.observed != UnixNanos{} && log.observed != log.time) write_time(json, "observed", log.observed);
    if (log.flags != 0) json.field("flags", log.flags);
    write_dropped(json, "droppedAttributesCount", log.dropped_attributes_count);
    write_origin(json, log.resource, log.scope);
}

std::string_view operation_of(const Event& event) {
    if (event.part == Event::Part::sent) return event.item->facts.operation;
    return model::parse_reason(event.reason).operation;
}

void write_head(JsonWriter& json, Epoch epoch, const Event& event) {
    const auto& item = *event.item;
    json.key("id").plain(event_id(epoch, event));
    write_time(json, "time", event.time);
    json.field("reason", event.reason);
    if (event.part == Event::Part::sent && item.reason_as_sent != event.reason)
        json.field("reasonAsSent", item.reason_as_sent);
    write_text(json, "operation", operation_of(event));
    write_text(json, "phase", model::name(event.phase));
    json.key("level").plain(model::name(event.level));
    json.key("component").plain(model::name(item.facts.kind));
}

/// Only a query's end ends something for those who watch it.
bool is_terminal(const Event& event) {
    const bool ends = event.phase == Phase::complete || event.phase == Phase::error || event.phase == Phase::canceled;
    return ends && event.item->facts.kind == model::Kind::query && operation_of(event) == "QueryExecution";
}

}  // namespace

void write_event(JsonWriter& json, Epoch epoch, const Event& event, const Context& context, Detail detail) {
    const auto& item = *event.item;
    const auto& facts = item.facts;
    const bool sent = event.part == Event::Part::sent;
    const auto told = event.part == Event::Part::span_start ? Told::beginning : Told::all;
    json.begin_object();
    write_head(json, epoch, event);
    write_ids(json, item);
    write_whereabouts(json, facts, context);
    write_participants(json, facts, context);
    if (told == Told::all) {
        write_duration(json, sent ? facts.duration_nanos : duration_of(item));
        write_tokens(json, facts.usage);
        write_error(json, item);
    }
    if (event.failed) json.field("failed", true);
    write_content(json, item, told, detail);
    if (sent) {
        write_body(json, item.log->body, detail);
        if (detail == Detail::full) {
            write_severity(json, *item.log);
            write_log_record(json, *item.log);
        }
    } else {
        if (detail == Detail::full && told == Told::all) write_all(json, item.span->attributes());
        json.field("derived", true);
    }
    if (is_terminal(event)) json.field("terminal", true);
    json.end_object();
}

void write_span(JsonWriter& json, Epoch epoch, const Item& item, const Context& context, Detail detail) {
    const auto& span = *item.span;
    const auto& facts = item.facts;
    json.begin_object();
    json.key("id").plain(Cursor{epoch, item.offset}.text());
    write_ids(json, item);
    json.field("name", span.name);
    json.key("component").plain(model::name(facts.kind));
    const auto kind = name_of_kind(span.kind);
    if (kind.empty()) {
        json.field("kind", span.kind);
    } else {
        json.key("kind").plain(kind);
    }
    write_time(json, "start", item.time);
    write_time(json, "end", item.end);
    write_duration(json, duration_of(item));
    json.key("status").plain(name_of_status(item));
    write_text(json, "statusMessage", span.status_message);
    write_whereabouts(json, facts, context);
    write_participants(json, facts, context);
    write_tokens(json, facts.usage);
    write_error(json, item);
    write_content(json, item, Told::all, detail);
    if (item.span_id != span.span_id) write_id(json, "snapshotSpanId", span.span_id);
    if (detail == Detail::full) {
        write_all(json, span.attributes());
        write_span_events(json, span);
        write_span_links(json, span);
        write_origin(json, span.resource, span.scope);
        write_text(json, "traceState", span.trace_state);
        if (span.flags != 0) json.field("flags", span.flags);
        write_dropped(json, "droppedAttributesCount", span.dropped_attributes_count);
        write_dropped(json, "droppedEventsCount", span.dropped_events_count);
        write_dropped(json, "droppedLinksCount", span.dropped_links_count);
    }
    json.end_object();
}

void write_log(JsonWriter& json, Epoch epoch, const Item& item, const Context& context, Detail detail) {
    const auto& log = *item.log;
    json.begin_object();
    json.key("id").plain(Cursor{epoch, item.offset}.text());
    write_time(json, "time", item.time);
    write_severity(json, log);
    write_ids(json, item);
    write_whereabouts(json, item.facts, context);
    write_participants(json, item.facts, context);
    write_body(json, log.body, detail);
    if (detail == Detail::full) write_log_record(json, log);
    json.end_object();
}

void write_record(JsonWriter& json, Epoch epoch, const Item& item, const Context& context, Detail detail) {
    constexpr std::size_t lite_bytes_max = 1024;
    const auto& record = *item.record;
    json.begin_object().key("id").plain(Cursor{epoch, item.offset}.text());
    write_time(json, "time", item.time);
    write_whereabouts(json, item.facts, context);
    if (detail == Detail::lite && record.text.size() > lite_bytes_max) {
        json.field("preview", preview(record.text)).field("bytes", record.text.size());
    } else {
        json.key(item.type == ItemType::message ? "message" : "chunk").raw(record.text);
    }
    if (record.completes) json.field("complete", true);
    json.end_object();
}

}  // namespace ark::items
