#include "items/json_event_names.hpp"
#include "items/json_events.hpp"
#include "otlp/json.hpp"

#include <array>

namespace ark::items {
namespace {

using codec::JsonWriter;

constexpr std::string_view ttl_name = "ttl_seconds";

/// What came through POST /events goes out again as it is: nothing is added to its data.
bool came_as_json(const Event& event) {
    return event.part == Event::Part::sent && items::came_as_json(*event.item);
}

/// The words that an event's data is told in when its producer used others.
struct Words {
    std::string_view key;
    std::string_view text;
};

std::array<Words, 11> words_of(const Event& event, const Context& context) {
    const auto& facts = event.item->facts;
    const auto or_else = [](std::string_view own, std::string_view around) { return own.empty() ? around : own; };
    const auto failure = event.failed ? or_else(facts.error_message, facts.error_type) : std::string_view{};
    return {{{"queryId", or_else(facts.query_id, context.query_id)},
             {"queryName", or_else(facts.query_name, context.query_name)},
             {"queryNamespace", or_else(facts.query_namespace, context.query_namespace)},
             {"sessionId", or_else(context.session_id, facts.session_id)},
             {"conversationId", or_else(facts.conversation_id, context.conversation_id)},
             {"agent", or_else(facts.agent, context.agent)},
             {"team", or_else(facts.team, context.team)},
             {"toolName", facts.tool},
             {"toolId", facts.tool_call_id},
             {"model", facts.model},
             {"error", failure}}};
}

/// Attributes are the data; those of a derived event's span are not: they say how it ended, in words of other
/// conventions.
void write_data(JsonWriter& json, const Event& event, const Context& context) {
    const auto words = words_of(event, context);
    std::array<bool, std::tuple_size_v<decltype(words_of(event, context))>> said{};
    json.key("data").begin_object();
    if (event.part == Event::Part::sent) {
        auto attributes = event.item->log->attributes();
        model::AttributeView attribute;
        while (attributes.next(attribute)) {
            if (attribute.key.starts_with(json_event::kept_prefix)) continue;
            json.key(attribute.key);
            otlp::write_value(json, attribute.value);
            for (std::size_t i = 0; i < words.size(); ++i)
                said[i] = said[i] || attribute.key == words[i].key;
        }
    }
    for (std::size_t i = 0; i < words.size() && !came_as_json(event); ++i) {
        if (!said[i] && !words[i].text.empty()) json.field(words[i].key, words[i].text);
    }
    json.end_object();
}

/// Which of the usual members a producer filled with something that has no field in OTLP.
struct Kept {
    bool timestamp = false;
    bool type = false;
    bool reason = false;
};

Kept write_kept(JsonWriter& json, const Event& event) {
    Kept kept;
    if (event.part != Event::Part::sent) return kept;
    auto attributes = event.item->log->attributes();
    model::AttributeView attribute;
    while (attributes.next(attribute)) {
        if (!attribute.key.starts_with(json_event::kept_prefix)) continue;
        const auto name = attribute.key.substr(json_event::kept_prefix.size());
        if (name == ttl_name) continue;
        kept.timestamp = kept.timestamp || name == "timestamp";
        kept.type = kept.type || name == "eventType";
        kept.reason = kept.reason || name == "reason";
        json.key(name);
        otlp::write_value(json, attribute.value);
    }
    return kept;
}

void write_type_and_reason(JsonWriter& json, const Event& event, const Kept& kept) {
    const bool sent = event.part == Event::Part::sent;
    const auto type = sent ? event.item->log->severity_text : std::string_view{};
    const bool said = !came_as_json(event) || !type.empty();
    if (!kept.type && said) json.field("eventType", type.empty() ? model::name(event.level) : type);
    const auto reason = sent ? event.item->reason_as_sent : event.reason;
    if (!kept.reason && reason != unnamed_event) json.field("reason", reason);
}

void write_message(JsonWriter& json, const Event& event) {
    if (event.part == Event::Part::sent) {
        const auto& body = event.item->log->body;
        if (body.type == model::ValueView::Type::empty) return;
        json.key("message");
        otlp::write_value(json, body);
    } else if (!event.item->span->status_message.empty() && event.part == Event::Part::span_end) {
        json.field("message", event.item->span->status_message);
    }
}

}  // namespace

bool came_as_json(const Item& item) {
    return item.log != nullptr && item.log->scope != nullptr && item.log->scope->name == json_event::scope_name;
}

std::chrono::seconds ttl_of(const Item& event) {
    using Type = model::ValueView::Type;
    constexpr double seconds_max = 8e9;  // 250 years: nanoseconds from now stay within 64 bits
    auto attributes = event.log->attributes();
    model::AttributeView attribute;
    while (attributes.next(attribute)) {
        if (!attribute.key.starts_with(json_event::kept_prefix)) continue;
        if (attribute.key.substr(json_event::kept_prefix.size()) != ttl_name) continue;
        double seconds = 0;
        if (attribute.value.type == Type::integer) seconds = static_cast<double>(attribute.value.integer);
        if (attribute.value.type == Type::real) seconds = attribute.value.real;
        if (attribute.value.type == Type::string) seconds = std::atof(std::string(attribute.value.text).c_str());
        if (seconds >= 1) return std::chrono::seconds(static_cast<std::int64_t>(std::min(seconds, seconds_max)));
    }
    return std::chrono::seconds(0);
}

void write_json_event(JsonWriter& json, const Event& event, const Context& context) {
    json.begin_object();
    write_data(json, event, context);
    const auto kept = write_kept(json, event);
    const auto time = came_as_json(event) ? event.item->log->time : event.time;
    if (!kept.timestamp && time != UnixNanos{}) json.key("timestamp").plain(to_rfc3339(time));
    write_type_and_reason(json, event, kept);
    write_message(json, event);
    json.end_object();
}

}  // namespace ark::items
