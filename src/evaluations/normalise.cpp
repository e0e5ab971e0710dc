#include "base/duration.hpp"
#include "evaluations/event.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace ark::evaluations {
namespace {

using model::Phase;

constexpr std::string_view event_data_annotation = "ark.mckinsey.com/event-data";

/// Members of both; those of `over` win.
void merge(JsonValue& into, const JsonValue& over) {
    if (!over.is_object()) return;
    if (!into.is_object()) into.data = JsonValue::Object{};
    for (const auto& member : over.object())
        into.set(member.first, member.second);
}

void set_if_absent(JsonValue& object, std::string_view name, const JsonValue& value) {
    if (value.is_null() || (value.is_string() && value.text().empty()) || !object[name].is_null()) return;
    std::get<JsonValue::Object>(object.data).emplace_back(name, value);
}

/// A map, or the map that a JSON text holds.
JsonValue map_of(const JsonValue& value) {
    if (value.is_object()) return value;
    if (!value.is_string() || !value.text().starts_with('{')) return {};
    auto parsed = JsonValue::parse(value.text());
    return parsed && parsed->is_object() ? std::move(*parsed) : JsonValue{};
}

/// Kubernetes' own metadata of an Event object: about the record, not about what happened.
bool is_object_meta(const JsonValue& metadata) {
    for (const auto* name : {"creationTimestamp", "resourceVersion", "managedFields", "annotations"}) {
        if (!metadata[name].is_null()) return true;
    }
    return false;
}

JsonValue message_metadata(const JsonValue& message) {
    auto map = map_of(message);
    return map["Metadata"].is_null() ? map : map_of(map["Metadata"]);
}

/// What our own events say at the top in place of metadata, for producers that speak in OpenTelemetry's words.
void add_own_words(JsonValue& metadata, const JsonValue& event) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 11> words{{{"agentName", "agent"},
                                                                                          {"toolName", "tool"},
                                                                                          {"toolId", "toolCallId"},
                                                                                          {"teamName", "team"},
                                                                                          {"modelName", "model"},
                                                                                          {"queryId", "queryId"},
                                                                                          {"queryName", "queryName"},
                                                                                          {"sessionId", "sessionId"},
                                                                                          {"questionId", "questionId"},
                                                                                          {"targetAgent", "peer"},
                                                                                          {"input", "input"}}};
    for (const auto& [key, word] : words)
        set_if_absent(metadata, key, event[word]);
    const auto& tokens = event["tokens"];
    set_if_absent(metadata, "promptTokens", tokens["input"]);
    set_if_absent(metadata, "completionTokens", tokens["output"]);
    set_if_absent(metadata, "totalTokens", tokens["total"]);
    set_if_absent(metadata, "error", event["error"]["message"]);
    set_if_absent(metadata, "errorType", event["error"]["type"]);
    if (const auto milliseconds = read_number(event["durationMs"]))
        set_if_absent(metadata, "duration", JsonValue{*milliseconds / 1e3});
    // The arguments of a call are its input there.
    if (event["component"].text() == "tool" && event["phase"].text() == "start") {
        auto parameters = map_of(event["input"]);
        if (parameters.is_object()) set_if_absent(metadata, "parameters", parameters);
    }
}

bool is_own(const JsonValue& event) {
    return event["component"].is_string() && event["id"].is_string() && event["time"].is_string();
}

/// One flat map, whichever way it travelled. What the producer said structurally counts before what a message says.
JsonValue flat_metadata(const JsonValue& event) {
    JsonValue flat{JsonValue::Object{}};
    const auto& native = event["metadata"];
    merge(flat, message_metadata(event["message"]));
    merge(flat, message_metadata(event["body"]));
    merge(flat, map_of(native["annotations"][event_data_annotation]));
    merge(flat, map_of(event["annotations"][event_data_annotation]));
    if (!is_object_meta(native)) merge(flat, map_of(native));
    merge(flat, event["data"]);
    if (is_own(event)) {
        merge(flat, event["attributes"]);
        add_own_words(flat, event);
    }
    return flat;
}

/// As text: the first that is a time.
std::string timestamp_of(const JsonValue& event, const JsonValue& metadata) {
    for (const auto* name : {"firstTimestamp", "lastTimestamp", "timestamp", "eventTime", "time"}) {
        if (parse_rfc3339(event[name].text())) return std::string(event[name].text());
    }
    const auto said = metadata["timestamp"].text();
    return parse_rfc3339(said) ? std::string(said) : std::string{};
}

bool says(const JsonValue& value, bool wanted) {
    if (const auto* boolean = std::get_if<bool>(&value.data)) return *boolean == wanted;
    return value.text() == (wanted ? "true" : "false");
}

std::optional<double> duration_of(const JsonValue& metadata) {
    if (const auto seconds = read_seconds(metadata["duration"])) return seconds;
    const auto milliseconds = read_number(metadata["durationMs"]);
    return milliseconds ? std::optional(*milliseconds / 1e3) : std::nullopt;
}

std::string first_text(std::initializer_list<std::string_view> candidates) {
    for (const auto candidate : candidates) {
        if (!candidate.empty()) return std::string(candidate);
    }
    return {};
}

void read_whereabouts(Event& event) {
    const auto& value = event.value;
    const auto& metadata = event.metadata();
    event.query_id = first_text({metadata["queryId"].text(), value["queryId"].text()});
    event.session = first_text({metadata["sessionId"].text(), value["sessionId"].text()});
    const auto& object = value["involvedObject"];
    const auto involved = object["kind"].text() == "Query" ? object["name"].text() : std::string_view{};
    for (const auto name : {metadata["queryName"].text(), value["queryName"].text(), involved}) {
        const bool known =
            std::find(event.query_names.begin(), event.query_names.end(), name) != event.query_names.end();
        if (!name.empty() && !known) event.query_names.emplace_back(name);
    }
}

/// The reference's names of members that came under others, so that an expression works on every shape.
void settle_members(JsonValue& event, std::string_view reason, JsonValue metadata) {
    merge(event, JsonValue{JsonValue::Object{{"reason", JsonValue{std::string(reason)}}}});
    set_if_absent(event, "type", event["eventType"].is_null() ? event["level"] : event["eventType"]);
    merge(event, JsonValue{JsonValue::Object{{"metadata", std::move(metadata)}}});
}

}  // namespace

std::string_view Event::text(std::span<const std::string_view> keys) const {
    for (const auto key : keys) {
        const auto found = metadata()[key].text();
        if (!found.empty()) return found;
    }
    return {};
}

std::string canonical_reason(std::string_view reason) {
    const auto* entry = model::find_reason(reason);
    return std::string(entry == nullptr ? reason : entry->name);
}

std::optional<double> read_number(const JsonValue& value) {
    if (const auto* integer = std::get_if<std::int64_t>(&value.data)) return static_cast<double>(*integer);
    if (const auto* large = std::get_if<std::uint64_t>(&value.data)) return static_cast<double>(*large);
    if (const auto* real = std::get_if<double>(&value.data)) return *real;
    const auto text = value.text();
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(number)) return {};
    return number;
}

std::optional<double> read_seconds(const JsonValue& value) {
    if (const auto number = read_number(value)) return number;
    const auto duration = parse_duration(value.text());
    if (!duration) return std::nullopt;
    return static_cast<double>(duration->count()) / 1e9;
}

Event normalise(JsonValue delivered) {
    Event event;
    // Of our own events the reason is the dictionary's: what was delivered stands beside it.
    event.reason = first_text({delivered["reasonAsSent"].text(), delivered["reason"].text()});
    event.canonical = canonical_reason(event.reason);
    const auto* entry = model::find_reason(event.reason);
    const auto parsed = model::parse_reason(event.reason);
    event.operation = entry == nullptr ? parsed.operation : entry->operation;
    event.phase = entry == nullptr ? parsed.phase : entry->phase;

    auto metadata = flat_metadata(delivered);
    event.id = first_text({delivered["uid"].text(), delivered["metadata"]["uid"].text(), delivered["id"].text()});
    event.timestamp = timestamp_of(delivered, metadata);
    event.time = parse_rfc3339(event.timestamp).value_or(UnixNanos{});
    event.duration_seconds = duration_of(metadata);
    event.failed =
        event.phase == Phase::error ||
        (event.phase == Phase::complete &&
         (says(metadata["success"], false) || says(metadata["hasError"], true) || says(delivered["failed"], true)));
    event.value = std::move(delivered);
    if (!event.value.is_object()) event.value.data = JsonValue::Object{};
    settle_members(event.value, event.reason, std::move(metadata));
    read_whereabouts(event);
    return event;
}

}  // namespace ark::evaluations
