#include "runs/remote_task.hpp"

#include "base/time.hpp"
#include "codec/json_text.hpp"
#include "emit/tracer.hpp"
#include "runs/task_resource.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ark::runs {
namespace {

using codec::json_text;
using codec::JsonValue;
using tools::a2a::TaskState;

constexpr std::chrono::milliseconds wait_max{5'000};
constexpr std::chrono::milliseconds wait_after_failure_max{60'000};

/// The reference's words for what A2A calls states.
std::string_view phase_of(TaskState state) {
    switch (state) {
        case TaskState::submitted:
            return "assigned";
        case TaskState::working:
            return "running";
        case TaskState::canceled:
            return "cancelled";
        case TaskState::rejected:
            return "failed";
        default:
            return tools::a2a::name(state);
    }
}

/// Texts of parts of either protocol version, as the resource keeps them.
JsonValue parts_of(const JsonValue& parts) {
    JsonValue::Array kept;
    for (const auto& part : parts.array()) {
        JsonValue to;
        if (part["text"].is_string()) {
            to.set("kind", json_text("text"));
            to.set("text", json_text(emit::content_text(part["text"].text())));
        } else if (!part["data"].is_null()) {
            to.set("kind", json_text("data"));
            to.set("data", json_text(emit::content_text(part["data"].dump())));
        } else {
            to.set("kind", json_text("file"));
            const auto& file = part["file"].is_object() ? part["file"] : part;
            to.set("uri", json_text(file["uri"].text(file["url"].text())));
            to.set("mimeType", json_text(file["mimeType"].text(file["mediaType"].text())));
        }
        kept.push_back(std::move(to));
    }
    return JsonValue{std::move(kept)};
}

JsonValue artifacts_of(const JsonValue& task) {
    constexpr std::size_t artifacts_max = 20;  // a status is no store of files
    JsonValue::Array kept;
    for (const auto& artifact : task["artifacts"].array()) {
        if (kept.size() == artifacts_max) break;
        JsonValue to;
        to.set("artifactId", json_text(artifact["artifactId"].text("artifact")));
        if (artifact["name"].is_string()) to.set("name", artifact["name"]);
        to.set("parts", parts_of(artifact["parts"]));
        kept.push_back(std::move(to));
    }
    return JsonValue{std::move(kept)};
}

JsonValue status_of(TaskState state, std::string_view context_id) {
    JsonValue status;
    status.set("phase", json_text(phase_of(state)));
    status.set("protocolState", json_text(tools::a2a::name(state)));
    if (!context_id.empty()) status.set("contextId", json_text(context_id));
    return status;
}

void add_end(JsonValue& status, TaskState state, std::string_view message, UnixNanos now) {
    const bool well = state == TaskState::completed;
    status.set("completionTime", json_text(to_rfc3339(now)));
    if (!well) status.set("error", json_text(message));
    status.set("conditions", completed_condition(true, well ? "TaskCompleted" : "TaskFailed",
                                                 well ? std::string_view("The agent answered") : message, now));
}

}  // namespace

void RemoteTask::see(runtime::Scope& scope, const tools::a2a::Update& update) {
    id_ = update.task_id;
    if (!update.context_id.empty()) context_id_ = update.context_id;
    auto status = status_of(update.state, context_id_);
    if (!update.artifact && !update.text.empty())
        status.set("lastStatusMessage", agent_message(id_, emit::content_text(update.text)));
    status.set("lastStatusTimestamp", json_text(to_rfc3339(execution_.tracer.clock().now())));
    news_ = std::move(status);
    if (!writing_) scope.spawn(write_news());
}

awaitable<void> RemoteTask::write_news() {
    writing_ = true;
    while (!news_.is_null()) {
        auto status = std::exchange(news_, JsonValue{});
        const auto written = co_await write(std::move(status));
        if (!written) {
            telemetry::log(telemetry::LogLevel::warn, "runs", "the state of a task cannot be written",
                           {{"query", query_->name()}, {"reason", written.error().message()}});
        }
    }
    writing_ = false;
}

awaitable<Status> RemoteTask::write(JsonValue status) {
    if (!recorded_) {
        recorded_ = true;
        agents::Step step;
        step.path = path_;
        step.kind = "task";
        step.inputs = inputs_;
        step.result = id_;
        ARK_CO_TRY_STATUS(co_await execution_.steps.record(std::move(step)));
    }
    if (!made_) {
        made_ = true;
        TaskSpec spec;
        spec.query = query_;
        spec.agent = agent_;
        spec.server = server_;
        spec.task_id = id_;
        spec.context_id = context_id_;
        ARK_CO_TRY_STATUS(co_await ensure_task(store_, std::move(spec)));
        status.set("startTime", json_text(to_rfc3339(execution_.tracer.clock().now())));
    }
    auto name = task_name(*query_, id_);
    co_return co_await write_task_status(store_, std::move(name), std::move(status));
}

awaitable<Status> RemoteTask::take(const tools::a2a::Reply& reply) {
    id_ = reply.task_id;
    if (!reply.context_id.empty()) context_id_ = reply.context_id;
    const auto now = execution_.tracer.clock().now();
    auto status = status_of(reply.state, context_id_);
    if (reply.json["artifacts"].size() > 0) status.set("artifacts", artifacts_of(reply.json));
    if (reply.state != TaskState::completed && !reply.text.empty())
        status.set("lastStatusMessage", agent_message(id_, emit::content_text(reply.text)));
    if (is_terminal(reply.state)) add_end(status, reply.state, emit::content_text(reply.text), now);
    co_return co_await write(std::move(status));
}

awaitable<void> RemoteTask::end(std::string state, std::string message) {
    if (id_.empty()) co_return;
    const auto parsed = tools::a2a::parse_state(state);
    auto status = status_of(parsed, context_id_);
    add_end(status, parsed, message, execution_.tracer.clock().now());
    static_cast<void>(co_await write(std::move(status)));
}

std::chrono::milliseconds Pace::next() {
    if (failures_ > 0) return std::min(wait_ * (1 << std::min(failures_, 10)), wait_after_failure_max);
    wait_ = std::min(wait_ + wait_ / 2, wait_max);
    return wait_;
}

}  // namespace ark::runs
