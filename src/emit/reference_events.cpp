#include "emit/reference_events.hpp"

#include "base/time.hpp"
#include "codec/json_writer.hpp"
#include "otlp/json.hpp"
#include "otlp/walk.hpp"

#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace ark::emit {
namespace {

using Data = std::map<std::string, std::string, std::less<>>;

/// Operations that it calls otherwise (docs/events.md, aliases).
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> operations = {
    {{"MemoryStore", "MemoryAddMessages"}, {"MemoryRetrieve", "MemoryGetMessages"}, {"A2ACall", "A2AExecution"}}};

std::string reason_of(std::string_view ours) {
    for (const auto& [name, theirs] : operations) {
        if (ours.starts_with(name)) return std::string(theirs) + std::string(ours.substr(name.size()));
    }
    return std::string(ours);
}

std::string text_of(const model::ValueView& value) {
    using Type = model::ValueView::Type;
    switch (value.type) {
        case Type::string:
            return std::string(value.text);
        case Type::integer:
            return std::to_string(value.integer);
        case Type::real:
            return fmt::format("{}", value.real);
        case Type::boolean:
            return value.boolean ? "true" : "false";
        default:
            break;
    }
    std::string text;
    codec::JsonWriter json(text);
    otlp::write_value(json, value);
    return text;
}

/// `to` too, where it is not said yet.
void also(Data& data, std::string_view from, const std::string& to) {
    if (const auto found = data.find(from); found != data.end()) data.emplace(to, found->second);
}

Data data_of(const otlp::LogView& log) {
    Data data;
    auto attributes = log.attributes();
    model::AttributeView attribute;
    while (attributes.next(attribute))
        data.insert_or_assign(std::string(attribute.key), text_of(attribute.value));
    if (log.event_name.starts_with("AgentExecution")) also(data, "agentId", "agent");
    if (log.event_name.starts_with("LLMCall")) also(data, "modelName", "model");
    also(data, "executionMode", "strategy");
    if (log.trace_id.valid()) data.emplace("traceId", log.trace_id.hex());
    if (log.span_id.valid()) data.emplace("spanId", log.span_id.hex());
    return data;
}

std::string event_text(const otlp::LogView& log, Data data) {
    const auto at = to_rfc3339(log.time);
    const std::string said(log.body.text);
    data.insert_or_assign("message", said);
    data.insert_or_assign("timestamp", at);
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("timestamp", at);
    json.field("eventType", log.severity_text == "Warning" ? "Warning" : "Normal");
    json.field("reason", reason_of(log.event_name)).field("message", fmt::format("{} (timestamp: {})", said, at));
    json.key("data").begin_object();
    for (const auto& [key, value] : data)
        json.field(key, value);
    json.end_object().end_object();
    return text;
}

}  // namespace

Result<std::vector<std::string>> reference_events(std::string_view logs) {
    std::vector<std::string> events;
    const auto take = [&](const otlp::LogView& log) {
        auto data = data_of(log);
        const auto query = data.find("queryId");
        if (query != data.end() && !query->second.empty()) events.push_back(event_text(log, std::move(data)));
        return true;
    };
    ARK_TRY_STATUS(otlp::for_each_log(logs, take));
    return events;
}

}  // namespace ark::emit
