#include "items/json_events.hpp"

#include "codec/json_value.hpp"
#include "items/json_event_names.hpp"
#include "otlp/build.hpp"
#include "otlp/json.hpp"

#include <algorithm>

namespace ark::items {
namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::uint32_t severity_info = 9;
constexpr std::uint32_t severity_of_warning = 13;

Error bad_member(std::string_view where, std::string_view what) {
    return fail(Errc::bad_payload, std::string(where) + ": " + std::string(what));
}

otlp::Value value_of(JsonValue&& json);

otlp::ValueMap map_of(JsonValue::Object&& members) {
    otlp::ValueMap map;
    map.reserve(members.size());
    for (auto& [name, value] : members)
        map.emplace_back(std::move(name), value_of(std::move(value)));
    return map;
}

/// Recursion is as deep as the document, which the parser has bounded.
otlp::Value value_of(JsonValue&& json) {
    if (auto* text = std::get_if<std::string>(&json.data)) return otlp::Value(std::move(*text));
    if (const auto* boolean = std::get_if<bool>(&json.data)) return otlp::Value(*boolean);
    if (const auto* integer = std::get_if<std::int64_t>(&json.data)) return otlp::Value(*integer);
    if (const auto* real = std::get_if<double>(&json.data)) return otlp::Value(*real);
    // A number stays one, to the precision that JavaScript gives it.
    if (const auto* large = std::get_if<std::uint64_t>(&json.data)) return otlp::Value(static_cast<double>(*large));
    if (auto* array = std::get_if<JsonValue::Array>(&json.data)) {
        otlp::ValueList list;
        list.reserve(array->size());
        for (auto& element : *array)
            list.push_back(value_of(std::move(element)));
        return otlp::Value(std::move(list));
    }
    if (auto* object = std::get_if<JsonValue::Object>(&json.data)) return otlp::Value(map_of(std::move(*object)));
    return {};
}

/// One event on its way to a log record.
class Builder {
public:
    Builder(otlp::LogRecord& record, std::string_view where, UnixNanos now)
        : record_(record), where_(where), now_(now) {}

    Status read(JsonValue&& event);

private:
    void read_member(std::string&& name, JsonValue&& value);
    void read_time(JsonValue&& value);
    void read_type(JsonValue&& value);
    void keep(std::string_view name, JsonValue&& value);
    void read_ids(const JsonValue& data);

    otlp::LogRecord& record_;
    std::string_view where_;
    UnixNanos now_;
};

Status Builder::read(JsonValue&& event) {
    if (!event.is_object()) return bad_member(where_, "must be an object");
    const auto& data = event["data"];
    if (!data.is_object()) return bad_member(std::string(where_) + ".data", "must be an object");
    if (data["queryId"].text().empty())
        return bad_member(std::string(where_) + ".data.queryId", "must be a non-empty text");
    record_.observed = now_;
    read_ids(data);
    for (auto& [name, value] : std::get<JsonValue::Object>(event.data))
        read_member(std::move(name), std::move(value));
    if (record_.event_name.empty()) record_.event_name = unnamed_event;
    return ok();
}

void Builder::read_ids(const JsonValue& data) {
    record_.trace_id = TraceId::from_hex(data["traceId"].text()).value_or(TraceId{});
    record_.span_id = SpanId::from_hex(data["spanId"].text()).value_or(SpanId{});
}

void Builder::read_member(std::string&& name, JsonValue&& value) {
    if (name == "data" && value.is_object()) {
        auto members = map_of(std::move(std::get<JsonValue::Object>(value.data)));
        std::move(members.begin(), members.end(), std::back_inserter(record_.attributes));
    } else if (name == "reason" && !value.text().empty() && value.text() != unnamed_event) {
        record_.event_name = std::get<std::string>(std::move(value.data));
    } else if (name == "message" && !value.is_null()) {
        record_.body = value_of(std::move(value));
    } else if (name == "timestamp") {
        read_time(std::move(value));
    } else if (name == "eventType") {
        read_type(std::move(value));
    } else {
        keep(name, std::move(value));
    }
}

/// The text is kept only where the time alone would not give it back: another zone, other fractions, no time at all.
void Builder::read_time(JsonValue&& value) {
    const auto time = parse_rfc3339(value.text()).value_or(UnixNanos{});
    record_.time = time;
    if (time == UnixNanos{} || to_rfc3339(time) != value.text()) keep("timestamp", std::move(value));
}

void Builder::read_type(JsonValue&& value) {
    if (value.text().empty()) return keep("eventType", std::move(value));
    record_.severity_number = value.text() == "Warning" ? severity_of_warning : severity_info;
    record_.severity_text = std::get<std::string>(std::move(value.data));
}

void Builder::keep(std::string_view name, JsonValue&& value) {
    record_.attributes.emplace_back(std::string(json_event::kept_prefix).append(name), value_of(std::move(value)));
}

Result<JsonEvents> encode(const std::vector<otlp::LogRecord>& records) {
    JsonEvents events;
    for (const auto& record : records) {
        const auto time = record.time == UnixNanos{} ? record.observed : record.time;
        if (events.count == 0 || time < events.time_min) events.time_min = time;
        if (events.count == 0 || time > events.time_max) events.time_max = time;
        ++events.count;
    }
    const otlp::Scope scope{std::string(json_event::scope_name), {}};
    events.payload = Buffer::copy_of(otlp::encode_logs({}, scope, records));
    return events;
}

}  // namespace

Result<JsonEvents> events_from_json(std::string_view json, UnixNanos now, std::uint32_t nesting_max) {
    ARK_TRY(auto document, JsonValue::parse(json, nesting_max));
    std::vector<otlp::LogRecord> records;
    if (!document.is_array()) {
        records.emplace_back();
        ARK_TRY_STATUS(Builder(records.back(), "event", now).read(std::move(document)));
        return encode(records);
    }
    auto& elements = std::get<JsonValue::Array>(document.data);
    records.resize(elements.size());
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto where = "[" + std::to_string(i) + "]";
        ARK_TRY_STATUS(Builder(records[i], where, now).read(std::move(elements[i])));
    }
    return encode(records);
}

}  // namespace ark::items
