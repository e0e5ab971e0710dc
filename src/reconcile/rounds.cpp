#include "reconcile/rounds.hpp"

#include "base/duration.hpp"
#include "resources/metadata.hpp"
#include "runtime/sleep.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

using resources::ResourcePtr;

constexpr std::chrono::nanoseconds interval_default = std::chrono::minutes(1);
constexpr std::chrono::nanoseconds interval_min = std::chrono::milliseconds(100);
constexpr std::chrono::nanoseconds pause_first = std::chrono::seconds(1);
constexpr unsigned doublings_max = 6;  // 64 s, but never beyond the interval

}  // namespace

struct Rounds::Watched {
    ResourcePtr resource;
    std::stop_source wake;  // ends the look or the pause under way: something changed, it is gone, or we stop
    bool gone = false;
    bool failing = false;
};

Rounds::Rounds(resources::ResourceStore& store, Clock& clock, std::vector<Duty> duties, asio::any_io_executor executor)
    : store_(store), clock_(clock), random_(random_seed()), duties_(std::move(duties)), scope_(executor) {
    for (const auto& duty : duties_)
        feeds_.push_back(std::make_unique<resources::Feed>(store, *duty.kind, executor));
}

void Rounds::start() {
    for (std::size_t i = 0; i < duties_.size(); ++i)
        scope_.spawn(feeds_[i]->run([this, i](const resources::WatchEvent& event) { take(duties_[i], event); }));
}

awaitable<void> Rounds::stop() {
    stopping_ = true;
    for (const auto& feed : feeds_)
        feed->stop();
    for (auto& [uid, watched] : watched_)
        watched->wake.request_stop();
    co_await scope_.close();
}

void Rounds::look_again(const resources::Resource& resource) {
    const auto found = watched_.find(std::string(resource.uid()));
    if (found != watched_.end()) found->second->wake.request_stop();
}

Rounds::Counters Rounds::counters() const {
    Counters counters;
    counters.resources = watched_.size();
    for (const auto& [uid, watched] : watched_)
        counters.failing += watched->failing ? 1 : 0;
    return counters;
}

void Rounds::take(const Duty& duty, const resources::WatchEvent& event) {
    const std::string uid(event.resource->uid());
    const auto found = watched_.find(uid);
    const bool gone = event.type == resources::Change::Type::deleted || resources::is_leaving(event.resource->value);
    if (found == watched_.end()) {
        if (gone) return;
        auto watched = std::make_shared<Watched>();
        watched->resource = event.resource;
        watched_.emplace(uid, watched);
        scope_.spawn(look_after(duty, std::move(watched)));
        return;
    }
    auto& watched = *found->second;
    // Only the spec counts: the status is what we write ourselves.
    const bool changed = !(watched.resource->value["spec"] == event.resource->value["spec"]);
    watched.resource = event.resource;
    watched.gone = gone;
    if (changed || gone) watched.wake.request_stop();
}

awaitable<void> Rounds::look_after(const Duty& duty, std::shared_ptr<Watched> watched) {
    unsigned failures = 0;
    while (!stopping_ && !watched->gone) {
        watched->wake = std::stop_source();
        auto stop = watched->wake.get_token();
        const bool well = co_await look(duty, *watched, stop);
        if (stop.stop_requested()) {
            failures = 0;
            continue;
        }
        watched->failing = !well;
        failures = well ? 0 : failures + 1;
        const auto wait = pause(*watched->resource, failures);
        const auto slept = co_await runtime::sleep_for(wait, std::move(stop));
        if (!slept) failures = 0;
    }
    watched_.erase(std::string(watched->resource->uid()));
}

std::chrono::nanoseconds Rounds::pause(const resources::Resource& resource, unsigned failures) {
    auto wait = parse_duration(resource.value["spec"]["pollInterval"].text()).value_or(interval_default);
    wait = std::max(wait, interval_min);
    if (failures > 0) wait = std::min(wait, pause_first * (1u << std::min(failures - 1, doublings_max)));
    // ±10 %, so that resources which were applied together are not looked at together for ever.
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(wait.count()) * (0.9 + 0.2 * random_.uniform())));
}

/// As it is now; null when it is gone or another one of that name.
awaitable<ResourcePtr> Rounds::fresh(const Watched& watched) {
    const auto& kind = *watched.resource->kind;
    const std::string uid(watched.resource->uid());
    resources::ObjectName name{std::string(watched.resource->ns()), std::string(watched.resource->name())};
    const auto found = co_await store_.get(kind, std::move(name));
    if (!found || (*found)->uid() != uid) co_return nullptr;
    co_return *found;
}

/// One look and its report. False: to be repeated soon.
awaitable<bool> Rounds::look(const Duty& duty, Watched& watched, std::stop_token stop) {
    auto resource = co_await fresh(watched);
    if (!resource) {
        watched.gone = true;
        co_return true;
    }
    co_await announce(duty, resource);
    auto report = co_await duty.look(std::move(resource), stop);
    if (stop.stop_requested()) co_return false;  // what was found is of an earlier spec
    const bool well = report.conditions.front().status == "True";
    auto now = co_await fresh(watched);
    if (now) co_await write_report(store_, std::move(now), std::move(report), clock_.now());
    co_return well;
}

/// Says that a first look is under way, and again after a change of the spec.
awaitable<void> Rounds::announce(const Duty& duty, ResourcePtr resource) {
    const auto& before = resources::at_path(resource->value, fmt::format("status.conditions[{}]", duty.condition));
    const auto generation = resource->value["metadata"]["generation"].integer();
    if (before["observedGeneration"].integer(-1) == generation) co_return;
    Report report;
    report.conditions = duty.at_first;
    co_await write_report(store_, std::move(resource), std::move(report), clock_.now());
}

}  // namespace ark::reconcile
