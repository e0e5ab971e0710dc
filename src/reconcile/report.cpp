#include "reconcile/report.hpp"

#include "base/text.hpp"
#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"
#include "reconcile/made.hpp"
#include "resources/metadata.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

using codec::JsonValue;
using codec::JsonWriter;

constexpr std::size_t problems_shown = 3;          // in a condition's message
constexpr std::size_t event_name_bytes_max = 150;  // of the resource's part
constexpr std::size_t message_bytes_max = 1000;    // an Event's message has at most 1,024

const JsonValue& condition_in(const resources::Resource& resource, std::string_view type) {
    return resources::at_path(resource.value, fmt::format("status.conditions[{}]", type));
}

bool is_said(const JsonValue& before, const Condition& condition) {
    return before["status"].text() == condition.status && before["reason"].text() == condition.reason &&
           before["message"].text() == condition.message;
}

/// Whether the resource says this already.
bool is_known(const resources::Resource& resource, const Report& report) {
    if (!report.conditions.empty()) {
        const auto& first = report.conditions.front();
        return is_said(condition_in(resource, first.type), first);
    }
    const auto& status = resource.value["status"];
    return std::all_of(report.texts.begin(), report.texts.end(),
                       [&status](const auto& text) { return status[text.first].text() == text.second; });
}

/// What there is to say about it in a sentence.
const std::string& message_of(const Report& report) {
    return report.conditions.empty() ? report.texts.back().second : report.conditions.front().message;
}

std::string_view address_field(const resources::Kind& kind) {
    return kind.name == "MCPServer" || kind.name == "Model" ? "resolvedAddress" : "lastResolvedAddress";
}

/// One Event a resource and reason: it is found again by its name.
std::string event_name(const resources::Resource& resource, std::string_view reason) {
    return fmt::format("{}.{}.{}", resource_name(resource.name(), event_name_bytes_max), resource.uid(),
                       resource_name(reason));
}

JsonValue new_event(const resources::Resource& resource, const Report& report, const std::string& now) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("apiVersion", "v1").field("kind", "Event");
    json.key("metadata").begin_object().field("name", event_name(resource, report.event)).end_object();
    json.key("involvedObject").begin_object();
    json.field("apiVersion", resource.kind->api_version()).field("kind", resource.kind->name);
    json.field("namespace", resource.ns()).field("name", resource.name()).field("uid", resource.uid()).end_object();
    json.field("reason", report.event).field("message", clip(message_of(report), message_bytes_max));
    json.field("type", report.warning ? "Warning" : "Normal");
    json.key("source").begin_object().field("component", "ark-controller").end_object();
    json.field("count", 1).field("firstTimestamp", now).field("lastTimestamp", now).end_object();
    return codec::parsed_or_null(text);
}

JsonValue counted_event(const resources::Resource& event, const Report& report, const std::string& now) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().field("count", event.value["count"].integer(1) + 1).field("lastTimestamp", now);
    json.field("message", clip(message_of(report), message_bytes_max)).end_object();
    return codec::parsed_or_null(text);
}

awaitable<void> write_event(resources::ResourceStore& store, resources::ResourcePtr resource, Report report,
                            UnixNanos now) {
    const auto& kind = resources::kind_named("Event");
    const auto time = resources::to_metav1_time(now);
    resources::ObjectName name{std::string(resource->ns()), event_name(*resource, report.event)};
    auto wanted = name;
    const auto earlier = co_await store.get(kind, std::move(wanted));
    if (earlier) {
        resources::PatchBody patch;
        patch.body = counted_event(**earlier, report, time);
        resources::WriteOptions options;
        co_await store.patch(kind, std::move(name), resources::Part::main, std::move(patch), std::move(options));
        co_return;
    }
    auto event = new_event(*resource, report, time);
    std::string ns(resource->ns());
    resources::WriteOptions options;
    const auto made = co_await store.create(kind, std::move(ns), std::move(event), std::move(options));
    if (!made) {
        telemetry::log(telemetry::LogLevel::warn, "reconcile", "an Event cannot be written",
                       {{"resource", resource->name()}, {"reason", made.error().message}});
    }
}

}  // namespace

std::string joined(const std::vector<std::string>& problems) {
    std::string text;
    for (std::size_t i = 0; i < problems.size() && i < problems_shown; ++i)
        text += (i == 0 ? "" : "; ") + problems[i];
    if (problems.size() > problems_shown) text += fmt::format("; and {} more", problems.size() - problems_shown);
    return text;
}

JsonValue status_patch(const resources::Resource& resource, const Report& report, UnixNanos now) {
    std::string text;
    JsonWriter json(text);
    json.begin_object().key("status").begin_object();
    if (!report.address.empty()) json.field(address_field(*resource.kind), report.address);
    if (report.tools) json.field("toolCount", *report.tools);
    for (const auto& [name, value] : report.texts)
        json.field(name, value);
    if (!report.conditions.empty()) json.key("conditions").begin_array();
    for (const auto& condition : report.conditions) {
        const auto& before = condition_in(resource, condition.type);
        const bool same_status = before["status"].text() == condition.status;
        json.begin_object().field("type", condition.type).field("status", condition.status);
        json.field("reason", condition.reason).field("message", condition.message);
        json.field("lastTransitionTime",
                   same_status ? std::string(before["lastTransitionTime"].text()) : resources::to_metav1_time(now));
        json.field("observedGeneration", resource.value["metadata"]["generation"].integer()).end_object();
    }
    if (!report.conditions.empty()) json.end_array();
    json.end_object().end_object();
    return codec::parsed_or_null(text);
}

awaitable<void> write_report(resources::ResourceStore& store, resources::ResourcePtr resource, Report report,
                             UnixNanos now) {
    const bool news = !is_known(*resource, report);
    resources::PatchBody patch;
    patch.body = status_patch(*resource, report, now);
    resources::ObjectName name{std::string(resource->ns()), std::string(resource->name())};
    resources::WriteOptions options;
    const auto written = co_await store.patch(*resource->kind, std::move(name), resources::Part::status,
                                              std::move(patch), std::move(options));
    if (!written) {
        if (written.error().reason != resources::Reason::not_found) {
            telemetry::log(telemetry::LogLevel::error, "reconcile", "a status cannot be written",
                           {{"resource", resource->name()}, {"reason", written.error().message}});
        }
        co_return;
    }
    if (news && !report.event.empty()) co_await write_event(store, std::move(resource), std::move(report), now);
}

}  // namespace ark::reconcile
