#include "reconcile/verdicts.hpp"

#include "resources/metadata.hpp"

#include <algorithm>

namespace ark::reconcile {
namespace {

using runs::Reference;

constexpr std::size_t workers = 8;  // each waits for the disk after a verdict that is news

/// Whose changes are followed: those with a verdict, and those that specs refer to.
constexpr std::string_view other_kinds[] = {"Model", "MCPServer", "A2AServer", "Secret", "ConfigMap", "Service"};

bool is_judged(std::string_view kind) {
    const auto& kinds = judged_kinds();
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

/// Our own writes change the status only.
bool differs(const resources::Resource& before, const resources::Resource& after) {
    return before.uid() != after.uid() || !(before.value["spec"] == after.value["spec"]) ||
           !(before.value["metadata"]["annotations"] == after.value["metadata"]["annotations"]) ||
           !(before.value["metadata"]["labels"] == after.value["metadata"]["labels"]);
}

}  // namespace

Verdicts::Verdicts(resources::ResourceStore& store, Clock& clock, bool models_are_probed, Concerned concerned,
                   asio::any_io_executor executor)
    : store_(store),
      clock_(clock),
      models_are_probed_(models_are_probed),
      concerned_(std::move(concerned)),
      bell_(executor),
      scope_(executor) {
    auto kinds = judged_kinds();
    kinds.insert(kinds.end(), std::begin(other_kinds), std::end(other_kinds));
    for (const auto kind : kinds)
        feeds_.push_back(std::make_unique<resources::Feed>(store, resources::kind_named(kind), executor));
}

void Verdicts::start() {
    for (const auto& feed : feeds_)
        scope_.spawn(feed->run([this](const resources::WatchEvent& event) { take(event); }));
    for (std::size_t i = 0; i < workers; ++i)
        scope_.spawn(work());
}

awaitable<void> Verdicts::stop() {
    stopping_ = true;
    for (const auto& feed : feeds_)
        feed->stop();
    bell_.ring();
    co_await scope_.close();
}

void Verdicts::take(const resources::WatchEvent& event) {
    const auto who = runs::reference_to(*event.resource);
    if (event.type == resources::Change::Type::deleted || resources::is_leaving(event.resource->value)) {
        forget(who);
        concern(who);
        return;
    }
    auto& known = known_[who];
    const bool news = known.resource == nullptr || differs(*known.resource, *event.resource);
    known.resource = event.resource;
    known.judged = is_judged(who.kind);
    if (news) {
        auto references = runs::references_of(*event.resource);
        refer(who, references);
        if (known.judged) mark(who);
    }
    concern(who);
}

void Verdicts::refer(const Reference& who, const std::vector<Reference>& references) {
    auto& known = known_[who];
    for (const auto& earlier : known.references) {
        const auto found = dependents_.find(earlier);
        if (found == dependents_.end()) continue;
        found->second.erase(who);
        if (found->second.empty()) dependents_.erase(found);
    }
    for (const auto& reference : references)
        dependents_[reference].insert(who);
    known.references = references;
}

void Verdicts::forget(const Reference& who) {
    if (known_.count(who) == 0) return;
    refer(who, {});
    known_.erase(who);
    waiting_.erase(who);
}

void Verdicts::concern(const Reference& changed) {
    const auto found = dependents_.find(changed);
    if (found == dependents_.end()) return;
    for (const auto& who : found->second) {
        const auto known = known_.find(who);
        if (known == known_.end()) continue;
        if (known->second.judged) mark(who);
        concerned_(*known->second.resource);
    }
}

void Verdicts::mark(const Reference& who) {
    waiting_.insert(who);
    bell_.ring();
}

awaitable<void> Verdicts::work() {
    while (!stopping_) {
        const auto next =
            std::find_if(waiting_.begin(), waiting_.end(), [this](const auto& who) { return busy_.count(who) == 0; });
        if (next == waiting_.end()) {
            co_await bell_.wait();
            continue;
        }
        auto who = *next;
        waiting_.erase(next);
        busy_.insert(who);
        co_await judge_one(who);
        busy_.erase(who);
        if (waiting_.count(who) > 0) bell_.ring();
    }
}

awaitable<void> Verdicts::judge_one(Reference who) {
    resources::ObjectName name{who.ns, who.name};
    const auto found = co_await store_.get(resources::kind_named(who.kind), std::move(name));
    if (!found) co_return;
    auto report = co_await judge(store_, *found, models_are_probed_);
    co_await write_report(store_, *found, std::move(report), clock_.now());
}

}  // namespace ark::reconcile
