#include "discovery/report.hpp"

#include "codec/json_writer.hpp"
#include "resources/metadata.hpp"
#include "telemetry/log.hpp"

#include <fmt/format.h>

namespace ark::discovery {
namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::size_t message_bytes_max = 1000;  // an Event's message has at most 1,024

const JsonValue& condition_in(const resources::Resource& server, std::string_view type) {
    return resources::at_path(server.value, fmt::format("status.conditions[{}]", type));
}

bool is_said(const JsonValue& before, const Condition& condition) {
    return before["status"].text() == condition.status && before["reason"].text() == condition.reason &&
           before["message"].text() == condition.message;
}

std::string_view address_field(const resources::Kind& kind) {
    return kind.name == "MCPServer" ? "resolvedAddress" : "lastResolvedAddress";
}

JsonValue parsed(const std::string& text) {
    auto json = JsonValue::parse(text);
    return json ? std::move(*json) : JsonValue{};
}

JsonValue new_event(const resources::Resource& server, const Report& report, const std::string& now) {
    const auto& condition = report.conditions.front();
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("apiVersion", "v1").field("kind", "Event");
    json.key("metadata").begin_object().field("generateName", fmt::format("{}.", server.name()));
    json.end_object();
    json.key("involvedObject").begin_object();
    json.field("apiVersion", server.kind->api_version()).field("kind", server.kind->name);
    json.field("namespace", server.ns()).field("name", server.name()).field("uid", server.uid()).end_object();
    json.field("reason", report.event).field("message", condition.message.substr(0, message_bytes_max));
    json.field("type", condition.status == "True" ? "Normal" : "Warning");
    json.key("source").begin_object().field("component", "ark-controller").end_object();
    json.field("count", 1).field("firstTimestamp", now).field("lastTimestamp", now).end_object();
    return parsed(text);
}

JsonValue counted_event(const resources::Resource& event, const Report& report, const std::string& now) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("count", event.value["count"].integer(1) + 1).field("lastTimestamp", now);
    json.field("message", report.conditions.front().message.substr(0, message_bytes_max)).end_object();
    return parsed(text);
}

awaitable<void> write_event(resources::ResourceStore& store, resources::ResourcePtr server, Report report,
                            UnixNanos now) {
    const auto& kind = resources::kind_named("Event");
    const auto time = resources::to_metav1_time(now);
    resources::ListOptions list;
    list.ns = server->ns();
    auto fields = resources::FieldSelector::parse(
        fmt::format("involvedObject.uid={},reason={}", server->uid(), report.event), kind);
    if (fields) list.selection.fields = std::move(*fields);
    const auto earlier = co_await store.list(kind, std::move(list));
    if (earlier && !earlier->items.empty()) {
        const auto& event = *earlier->items.front();
        resources::PatchBody patch;
        patch.body = counted_event(event, report, time);
        resources::ObjectName name{std::string(event.ns()), std::string(event.name())};
        resources::WriteOptions options;
        co_await store.patch(kind, std::move(name), resources::Part::main, std::move(patch), std::move(options));
        co_return;
    }
    auto event = new_event(*server, report, time);
    std::string ns(server->ns());
    resources::WriteOptions options;
    const auto made = co_await store.create(kind, std::move(ns), std::move(event), std::move(options));
    if (!made) {
        telemetry::log(telemetry::LogLevel::warn, "discovery", "an Event cannot be written",
                       {{"server", server->name()}, {"reason", made.error().message}});
    }
}

}  // namespace

JsonValue status_patch(const resources::Resource& server, const Report& report, UnixNanos now) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("status").begin_object();
    if (!report.address.empty()) json.field(address_field(*server.kind), report.address);
    if (report.tools) json.field("toolCount", *report.tools);
    json.key("conditions").begin_array();
    for (const auto& condition : report.conditions) {
        const auto& before = condition_in(server, condition.type);
        const bool same_status = before["status"].text() == condition.status;
        json.begin_object().field("type", condition.type).field("status", condition.status);
        json.field("reason", condition.reason).field("message", condition.message);
        json.field("lastTransitionTime",
                   same_status ? std::string(before["lastTransitionTime"].text()) : resources::to_metav1_time(now));
        json.field("observedGeneration", server.value["metadata"]["generation"].integer()).end_object();
    }
    json.end_array().end_object().end_object();
    return parsed(text);
}

awaitable<void> write_report(resources::ResourceStore& store, resources::ResourcePtr server, Report report,
                             UnixNanos now) {
    const auto& first = report.conditions.front();
    const bool news = !is_said(condition_in(*server, first.type), first);
    resources::PatchBody patch;
    patch.body = status_patch(*server, report, now);
    resources::ObjectName name{std::string(server->ns()), std::string(server->name())};
    resources::WriteOptions options;
    const auto written = co_await store.patch(*server->kind, std::move(name), resources::Part::status, std::move(patch),
                                              std::move(options));
    if (!written) {
        if (written.error().reason != resources::Reason::not_found) {
            telemetry::log(telemetry::LogLevel::error, "discovery", "a status cannot be written",
                           {{"server", server->name()}, {"reason", written.error().message}});
        }
        co_return;
    }
    if (news && !report.event.empty()) co_await write_event(store, std::move(server), std::move(report), now);
}

}  // namespace ark::discovery
