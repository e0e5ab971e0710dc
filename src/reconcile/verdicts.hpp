#pragma once
#include "base/time.hpp"
#include "reconcile/verdict.hpp"
#include "resources/feed.hpp"
#include "runtime/bell.hpp"
#include "runtime/scope.hpp"

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace ark::reconcile {

/// Keeps the verdicts in the statuses true: judges a resource when it, or one that it refers to, changes. Who refers to
/// whom is known from the specs, so a change costs as much as it concerns. Lives on one executor.
class Verdicts {
public:
    /// Hears of each resource (of kinds that are not judged too) to which something that it refers to has changed.
    using Concerned = std::function<void(const resources::Resource&)>;

    Verdicts(resources::ResourceStore& store, Clock& clock, bool models_are_probed, Concerned concerned,
             asio::any_io_executor executor);

    void start();
    /// Ends what is under way and waits for it.
    awaitable<void> stop();
    /// Statuses that may be out of date: whose verdict is still to come.
    std::size_t waiting() const { return waiting_.size() + busy_.size(); }

private:
    struct Known {
        resources::ResourcePtr resource;
        std::vector<runs::Reference> references;
        bool judged = false;  // is of a kind that has a verdict
    };

    void take(const resources::WatchEvent& event);
    void refer(const runs::Reference& who, const std::vector<runs::Reference>& references);
    void forget(const runs::Reference& who);
    void concern(const runs::Reference& changed);
    void mark(const runs::Reference& who);
    awaitable<void> work();
    awaitable<void> judge_one(runs::Reference who);

    resources::ResourceStore& store_;  // both outlive us
    Clock& clock_;
    const bool models_are_probed_;
    const Concerned concerned_;
    std::vector<std::unique_ptr<resources::Feed>> feeds_;
    std::map<runs::Reference, Known> known_;
    std::map<runs::Reference, std::set<runs::Reference>> dependents_;  // by what they refer to
    std::set<runs::Reference> waiting_;
    std::set<runs::Reference> busy_;  // is being judged: whoever judged it once more could be overtaken
    runtime::Bell bell_;
    bool stopping_ = false;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace ark::reconcile
