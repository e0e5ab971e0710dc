#include "runs/cleanup.hpp"

#include "resources/metadata.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace ark::runs {
namespace {

using codec::JsonValue;

constexpr std::string_view finalizer = "ark.mckinsey.com/finalizer";
constexpr std::chrono::minutes patience{5};
constexpr std::chrono::seconds cleanup_wait_max{15};
constexpr std::chrono::seconds look_interval{1};
constexpr std::chrono::milliseconds told_interval{20};
constexpr unsigned told_looks = 50;
constexpr unsigned conflicts_max = 5;
constexpr std::size_t under_way_max = 16;

std::uint64_t nanos(std::chrono::nanoseconds time) {
    return static_cast<std::uint64_t>(time.count());
}

bool is_ours(const JsonValue& query) {
    const auto& all = query["metadata"]["finalizers"].array();
    return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.text() == finalizer; });
}

/// A patch that adds or removes our finalizer, and nobody else's, of this very query.
resources::PatchBody marked(const resources::Resource& query, bool ours) {
    JsonValue finalizers{JsonValue::Array{}};
    auto& list = std::get<JsonValue::Array>(finalizers.data);
    for (const auto& each : query.value["metadata"]["finalizers"].array()) {
        if (each.text() != finalizer) list.push_back(each);
    }
    if (ours) list.push_back(JsonValue{std::string(finalizer)});
    JsonValue metadata;
    metadata.set("resourceVersion", JsonValue{std::to_string(query.version)});
    metadata.set("uid", JsonValue{std::string(query.uid())});
    metadata.set("finalizers", std::move(finalizers));
    resources::PatchBody patch;
    patch.body.set("metadata", std::move(metadata));
    return patch;
}

}  // namespace

Cleanup::Cleanup(const Services& services, asio::any_io_executor executor)
    : services_(services), scope_(std::move(executor)) {}

void Cleanup::start() {
    scope_.spawn(look());
}

awaitable<void> Cleanup::stop() {
    stopped_.request_stop();
    co_await scope_.close();
}

void Cleanup::claim(const resources::ResourcePtr& query) {
    if (is_ours(query->value) || resources::is_leaving(query->value)) return;
    take_up(query, false);
    begin_what_is_due();
}

void Cleanup::release(const resources::ResourcePtr& query) {
    if (released_.contains(std::string(query->uid()))) return;
    take_up(query, true);
    begin_what_is_due();
}

void Cleanup::forget(const resources::ResourcePtr& query) {
    const std::string uid(query->uid());
    if (released_.erase(uid) > 0) return;
    take_up(query, true).gone = true;
    begin_what_is_due();
}

Cleanup::Task& Cleanup::take_up(const resources::ResourcePtr& query, bool leaves) {
    auto& task = tasks_[std::string(query->uid())];
    if (!task.query) task.since = services_.clock.now();
    // What was to get the finalizer and leaves instead is not to wait for another try.
    if (leaves && !task.leaves) task.due = UnixNanos{};
    task.query = query;
    task.leaves = leaves;
    return task;
}

awaitable<void> Cleanup::look() {
    while (!stopped_.stop_requested()) {
        static_cast<void>(co_await runtime::sleep_for(look_interval, stopped_.get_token()));
        begin_what_is_due();
    }
}

void Cleanup::begin_what_is_due() {
    const auto now = services_.clock.now();
    std::vector<std::string> due;
    for (auto& [uid, task] : tasks_) {
        if (under_way_ >= under_way_max || stopped_.stop_requested()) break;
        if (task.under_way || task.due > now) continue;
        task.under_way = true;
        ++under_way_;
        due.push_back(uid);
    }
    for (const auto& uid : due)
        scope_.spawn(attempt(uid, tasks_.at(uid)));
}

/// `task`: as it was when the attempt began; what is known meanwhile is in tasks_.
awaitable<void> Cleanup::attempt(std::string uid, Task task) {
    auto query = task.query;
    Status done = ok();
    if (task.leaves) {
        // Its end was written after what we heard of it.
        resources::ObjectName where{std::string(query->ns()), std::string(query->name())};
        auto now = co_await services_.store.get(*query->kind, std::move(where));
        if (now && (*now)->uid() == query->uid()) query = std::move(*now);
        done = co_await clean(query);
        const auto since = parse_rfc3339(query->value["metadata"]["deletionTimestamp"].text());
        const auto begun = since ? *since : task.since;
        if (!done && services_.clock.now() >= begun + nanos(patience)) {
            telemetry::log(telemetry::LogLevel::warn, "runs", "a query is deleted, and what it left elsewhere stays",
                           {{"query", query->name()}, {"uid", uid}, {"reason", done.error().message()}});
            done = ok();
        }
    }
    if (done && !task.gone) {
        // Before the write: its echo, that the query is gone, may be here first.
        if (task.leaves) released_.insert(uid);
        done = co_await mark(std::move(query), !task.leaves);
        if (!done) released_.erase(uid);
    }
    --under_way_;
    const auto now = tasks_.find(uid);
    now->second.under_way = false;
    if (!done) {
        postpone(uid, done.error());
    } else if (now->second.leaves == task.leaves) {
        tasks_.erase(now);
    }
    begin_what_is_due();
}

void Cleanup::postpone(const std::string& uid, const Error& error) {
    auto& task = tasks_.find(uid)->second;
    if (task.leaves && task.wait.count() == 0 && !stopped_.stop_requested()) {
        telemetry::log(telemetry::LogLevel::info, "runs", "a query that is deleted waits for who keeps things of it",
                       {{"query", task.query->name()}, {"uid", uid}, {"reason", error.message()}});
    }
    task.wait = std::clamp<std::chrono::seconds>(task.wait * 2, std::chrono::seconds(1), cleanup_wait_max);
    task.due = services_.clock.now() + nanos(task.wait);
}

awaitable<Status> Cleanup::clean(resources::ResourcePtr query) {
    // What is still on its way would come after its own end.
    ARK_CO_TRY_STATUS(co_await wait_until_told());
    ARK_CO_TRY_STATUS(co_await clean_messages(*query));
    co_return co_await services_.network.forget_events(std::string(query->uid()), stopped_.get_token());
}

awaitable<Status> Cleanup::wait_until_told() {
    if (services_.exporter == nullptr) co_return ok();
    const auto place = co_await services_.exporter->said();
    for (unsigned looks = 0; looks < told_looks; ++looks) {
        if (services_.exporter->has("broker", place)) co_return ok();
        ARK_CO_TRY_STATUS(co_await runtime::sleep_for(told_interval, stopped_.get_token()));
    }
    co_return fail(Errc::unavailable, "the broker has not everything yet");
}

/// Those of its conversation: names of queries are not unique over namespaces, and without a conversation it said
/// nothing that anybody keeps.
awaitable<Status> Cleanup::clean_messages(const resources::Resource& query) {
    const std::string conversation(query.value["status"]["conversationId"].text());
    if (conversation.empty()) co_return ok();
    const auto& reference = query.value["spec"]["memory"];
    const std::string ns(reference["namespace"].text(query.ns()));
    const std::string name(reference["name"].text("default"));
    Lookup lookup(services_.store);
    std::shared_ptr<Memory> memory;
    auto resource = co_await lookup.get("Memory", ns, name);
    if (resource) {
        ARK_CO_TRY(memory, co_await services_.network.memory(lookup, std::move(*resource)));
    } else if (resource.error().code != Errc::not_found) {
        co_return resource.error();
    } else {
        memory = services_.network.broker_memory();
    }
    if (!memory) co_return ok();
    co_return co_await memory->forget(conversation, std::string(query.name()), stopped_.get_token());
}

awaitable<Status> Cleanup::mark(resources::ResourcePtr query, bool ours) {
    for (unsigned attempt = 1; is_ours(query->value) != ours; ++attempt) {
        auto patch = marked(*query, ours);
        resources::ObjectName where{std::string(query->ns()), std::string(query->name())};
        resources::WriteOptions options;
        auto again = where;
        const auto written = co_await services_.store.patch(*query->kind, std::move(where), resources::Part::main,
                                                            std::move(patch), std::move(options));
        if (written || written.error().reason == resources::Reason::not_found) co_return ok();
        if (written.error().reason != resources::Reason::conflict || attempt == conflicts_max)
            co_return written.error().error();
        // Its status was written meanwhile.
        auto now = co_await services_.store.get(*query->kind, std::move(again));
        if (!now || (*now)->uid() != query->uid()) co_return ok();
        if (ours && resources::is_leaving((*now)->value)) co_return ok();
        query = std::move(*now);
    }
    co_return ok();
}

}  // namespace ark::runs
