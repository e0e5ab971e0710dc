#include "otlp/json_schema.hpp"

#include "otlp/wire.hpp"

#include <algorithm>

namespace ark::otlp::json {

namespace {

using wire::tag;

constexpr Rule text(std::string_view name, std::uint32_t number) {
    return {Key(name), tag(number, wire::bytes), Kind::text, nullptr};
}
constexpr Rule id(std::string_view name, std::uint32_t number) {
    return {Key(name), tag(number, wire::bytes), Kind::id, nullptr};
}
constexpr Rule texts(std::string_view name, std::uint32_t number) {
    return {Key(name), tag(number, wire::bytes), Kind::texts, nullptr};
}
constexpr Rule uint32(std::string_view name, std::uint32_t number) {
    return {Key(name), tag(number, wire::varint), Kind::uint32, nullptr};
}
constexpr Rule enumeration(std::string_view name, std::uint32_t number) {
    return {Key(name), tag(number, wire::varint), Kind::enumeration, nullptr};
}
constexpr Rule time(std::string_view name, std::uint32_t number) {
    return {Key(name), tag(number, wire::fixed64), Kind::fixed64, nullptr};
}
constexpr Rule flags(std::uint32_t number) {
    return {Key("flags"), tag(number, wire::fixed32), Kind::fixed32, nullptr};
}
constexpr Rule message(std::string_view name, std::uint32_t number, const Schema& schema) {
    return {Key(name), tag(number, wire::bytes), Kind::message, &schema};
}
constexpr Rule messages(std::string_view name, std::uint32_t number, const Schema& schema) {
    return {Key(name), tag(number, wire::bytes), Kind::messages, &schema};
}

// Usual sizes below 128 leave one byte for the length, below 16384 two, below 2 MiB three.
extern const Schema any_value;
extern const Schema key_value;

constexpr Rule array_rules[] = {messages("values", 1, any_value)};
constexpr Schema array_value{array_rules, 100, false, true};
constexpr Rule map_rules[] = {messages("values", 1, key_value)};
constexpr Schema key_value_list{map_rules, 100, false, true};

constexpr Rule any_value_rules[] = {text("stringValue", 1),
                                    {Key("boolValue"), tag(2, wire::varint), Kind::boolean, nullptr},
                                    {Key("intValue"), tag(3, wire::varint), Kind::int64, nullptr},
                                    {Key("doubleValue"), tag(4, wire::fixed64), Kind::real, nullptr},
                                    message("arrayValue", 5, array_value),
                                    message("kvlistValue", 6, key_value_list),
                                    {Key("bytesValue"), tag(7, wire::bytes), Kind::base64, nullptr}};
constexpr Schema any_value{any_value_rules, 100, true, false};

constexpr Rule key_value_rules[] = {text("key", 1), message("value", 2, any_value)};
constexpr Schema key_value{key_value_rules, 100, false, false, true};

constexpr Rule entity_rules[] = {text("schemaUrl", 1), text("type", 2), texts("idKeys", 3),
                                 texts("descriptionKeys", 4)};
constexpr Schema entity{entity_rules, 100, false, false};
constexpr Rule resource_rules[] = {messages("attributes", 1, key_value), uint32("droppedAttributesCount", 2),
                                   messages("entityRefs", 3, entity)};
constexpr Schema resource{resource_rules, 1000, false, false};
constexpr Rule scope_rules[] = {text("name", 1), text("version", 2), messages("attributes", 3, key_value),
                                uint32("droppedAttributesCount", 4)};
constexpr Schema scope{scope_rules, 100, false, false};

constexpr Rule event_rules[] = {time("timeUnixNano", 1), text("name", 2), messages("attributes", 3, key_value),
                                uint32("droppedAttributesCount", 4)};
constexpr Schema event{event_rules, 100, false, false};
constexpr Rule link_rules[] = {id("traceId", 1),
                               id("spanId", 2),
                               text("traceState", 3),
                               messages("attributes", 4, key_value),
                               uint32("droppedAttributesCount", 5),
                               flags(6)};
constexpr Schema link{link_rules, 100, false, false};
constexpr Rule status_rules[] = {text("message", 2), enumeration("code", 3)};
constexpr Schema status{status_rules, 100, false, false};

constexpr Rule span_rules[] = {id("traceId", 1),
                               id("spanId", 2),
                               text("traceState", 3),
                               id("parentSpanId", 4),
                               flags(16),
                               text("name", 5),
                               enumeration("kind", 6),
                               time("startTimeUnixNano", 7),
                               time("endTimeUnixNano", 8),
                               messages("attributes", 9, key_value),
                               uint32("droppedAttributesCount", 10),
                               messages("events", 11, event),
                               uint32("droppedEventsCount", 12),
                               messages("links", 13, link),
                               uint32("droppedLinksCount", 14),
                               message("status", 15, status)};
constexpr Schema span{span_rules, 1000, false, false};
constexpr Rule scope_spans_rules[] = {message("scope", 1, scope), messages("spans", 2, span), text("schemaUrl", 3)};
constexpr Schema scope_spans{scope_spans_rules, 100'000, false, false};
constexpr Rule resource_spans_rules[] = {message("resource", 1, resource), messages("scopeSpans", 2, scope_spans),
                                         text("schemaUrl", 3)};
constexpr Schema resource_spans{resource_spans_rules, 100'000, false, false};
constexpr Rule traces_rules[] = {messages("resourceSpans", 1, resource_spans)};

constexpr Rule log_rules[] = {time("timeUnixNano", 1),
                              time("observedTimeUnixNano", 11),
                              enumeration("severityNumber", 2),
                              text("severityText", 3),
                              message("body", 5, any_value),
                              messages("attributes", 6, key_value),
                              uint32("droppedAttributesCount", 7),
                              flags(8),
                              id("traceId", 9),
                              id("spanId", 10),
                              text("eventName", 12)};
constexpr Schema log{log_rules, 1000, false, false};
constexpr Rule scope_logs_rules[] = {message("scope", 1, scope), messages("logRecords", 2, log), text("schemaUrl", 3)};
constexpr Schema scope_logs{scope_logs_rules, 100'000, false, false};
constexpr Rule resource_logs_rules[] = {message("resource", 1, resource), messages("scopeLogs", 2, scope_logs),
                                        text("schemaUrl", 3)};
constexpr Schema resource_logs{resource_logs_rules, 100'000, false, false};
constexpr Rule logs_rules[] = {messages("resourceLogs", 1, resource_logs)};

}  // namespace

std::int32_t enum_number(std::string_view name) {
    struct Enum {
        std::string_view prefix;
        std::span<const std::string_view> words;  // from 0
    };
    static constexpr std::string_view kinds[] = {"UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"};
    static constexpr std::string_view codes[] = {"UNSET", "OK", "ERROR"};
    static constexpr std::string_view levels[] = {
        "UNSPECIFIED", "TRACE",  "TRACE2", "TRACE3", "TRACE4", "DEBUG",  "DEBUG2", "DEBUG3", "DEBUG4",
        "INFO",        "INFO2",  "INFO3",  "INFO4",  "WARN",   "WARN2",  "WARN3",  "WARN4",  "ERROR",
        "ERROR2",      "ERROR3", "ERROR4", "FATAL",  "FATAL2", "FATAL3", "FATAL4"};
    for (const auto& known :
         {Enum{"SPAN_KIND_", kinds}, Enum{"STATUS_CODE_", codes}, Enum{"SEVERITY_NUMBER_", levels}}) {
        if (!name.starts_with(known.prefix)) continue;
        const auto word = std::find(known.words.begin(), known.words.end(), name.substr(known.prefix.size()));
        return word == known.words.end() ? 0 : static_cast<std::int32_t>(word - known.words.begin());
    }
    return 0;
}

constexpr Schema traces_request{traces_rules, 100'000, false, false};
constexpr Schema logs_request{logs_rules, 100'000, false, false};

}  // namespace ark::otlp::json
