#include "runs/task_resource.hpp"

#include "agents/execution.hpp"
#include "base/duration.hpp"
#include "codec/json_text.hpp"
#include "resources/metadata.hpp"

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::json_text;
using codec::JsonValue;

constexpr std::size_t name_bytes_max = 200;  // of 253, for what is put before and behind

JsonValue reference_of(std::string_view name, std::string_view ns) {
    JsonValue reference;
    reference.set("name", json_text(name));
    reference.set("namespace", json_text(ns));
    return reference;
}

JsonValue body_of(const TaskSpec& spec) {
    const auto& query = *spec.query;
    JsonValue owner;
    owner.set("apiVersion", json_text(query.kind->api_version()));
    owner.set("kind", json_text(query.kind->name));
    owner.set("name", json_text(query.name()));
    owner.set("uid", json_text(query.uid()));
    JsonValue metadata;
    metadata.set("name", json_text(task_name(query, spec.task_id).name));
    metadata.set("ownerReferences", JsonValue{JsonValue::Array{std::move(owner)}});
    JsonValue to;
    to.set("queryRef", reference_of(query.name(), query.ns()));
    to.set("agentRef", reference_of(spec.agent, query.ns()));
    if (!spec.server.empty()) to.set("a2aServerRef", reference_of(spec.server, query.ns()));
    to.set("taskId", json_text(spec.task_id));
    if (!spec.context_id.empty()) to.set("contextId", json_text(spec.context_id));
    if (spec.timeout.count() > 0) to.set("timeout", json_text(to_text(spec.timeout)));
    JsonValue body;
    body.set("metadata", std::move(metadata));
    body.set("spec", std::move(to));
    return body;
}

}  // namespace

resources::ObjectName task_name(const resources::Resource& query, std::string_view task_id) {
    std::string name;
    for (const char c : task_id.substr(0, name_bytes_max)) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        name.push_back(fine ? c : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : '-');
    }
    while (!name.empty() && name.back() == '-')
        name.pop_back();
    if (name != task_id) {
        agents::InputHash hash;
        name += "-" + hash.add(task_id).text().substr(0, 8);
    }
    resources::ObjectName made;
    made.ns = query.ns();
    made.name = "a2a-task-" + name;
    return made;
}

awaitable<Status> ensure_task(resources::ResourceStore& store, TaskSpec spec) {
    auto body = body_of(spec);
    resources::WriteOptions options;
    auto made = co_await store.create(resources::kind_named("A2ATask"), std::string(spec.query->ns()), std::move(body),
                                      std::move(options));
    if (!made && made.error().reason != resources::Reason::already_exists)
        co_return prefix(made.error().error(), "A2ATask");
    co_return ok();
}

awaitable<Status> write_task_status(resources::ResourceStore& store, resources::ObjectName name, JsonValue status) {
    resources::PatchBody patch;
    patch.body.set("status", std::move(status));
    resources::WriteOptions options;
    auto written = co_await store.patch(resources::kind_named("A2ATask"), std::move(name), resources::Part::status,
                                        std::move(patch), std::move(options));
    if (!written && written.error().reason != resources::Reason::not_found)
        co_return prefix(written.error().error(), "A2ATask");
    co_return ok();
}

awaitable<Status> clear_task_input(resources::ResourceStore& store, resources::ObjectName name) {
    JsonValue spec;
    spec.set("input", JsonValue{});
    resources::PatchBody patch;
    patch.body.set("spec", std::move(spec));
    resources::WriteOptions options;
    auto written = co_await store.patch(resources::kind_named("A2ATask"), std::move(name), resources::Part::main,
                                        std::move(patch), std::move(options));
    if (!written && written.error().reason != resources::Reason::not_found)
        co_return prefix(written.error().error(), "A2ATask");
    co_return ok();
}

JsonValue completed_condition(bool completed, std::string_view reason, std::string_view message, UnixNanos now) {
    JsonValue condition;
    condition.set("type", json_text("Completed"));
    condition.set("status", json_text(completed ? "True" : "False"));
    condition.set("reason", json_text(reason));
    condition.set("message", json_text(message));
    condition.set("lastTransitionTime", json_text(resources::to_metav1_time(now)));
    return JsonValue{JsonValue::Array{std::move(condition)}};
}

JsonValue agent_message(std::string_view id, std::string_view text) {
    JsonValue part;
    part.set("kind", json_text("text"));
    part.set("text", json_text(text));
    JsonValue message;
    message.set("messageId", json_text(id));
    message.set("role", json_text("agent"));
    message.set("parts", JsonValue{JsonValue::Array{std::move(part)}});
    return message;
}

}  // namespace ark::runs
