#pragma once
#include "base/random.hpp"
#include "base/time.hpp"
#include "reconcile/report.hpp"
#include "resources/feed.hpp"
#include "runtime/scope.hpp"

#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

namespace ark::reconcile {

/// How the resources of one kind are looked after.
struct Duty {
    const resources::Kind* kind = nullptr;
    std::string condition;            ///< the one that says how it is
    std::vector<Condition> at_first;  ///< until the first look, and again after a change of the spec
    /// One look. Its first condition is `condition`; False is to be repeated soon. Ended by the token.
    std::function<awaitable<Report>(resources::ResourcePtr, std::stop_token)> look;
};

/// Looks at resources again and again: at once, every `spec.pollInterval` (±10 %), and when the spec or what it refers
/// to changes; after a failure sooner, with growing pauses. Says in the status how it went.
///
/// Each resource has a coroutine of its own: one that hangs keeps nobody waiting. Lives on one executor.
class Rounds {
public:
    struct Counters {
        std::size_t resources = 0;  ///< that are looked after
        std::size_t failing = 0;    ///< whose last look failed
    };

    Rounds(resources::ResourceStore& store, Clock& clock, std::vector<Duty> duties, asio::any_io_executor executor);

    void start();
    /// Ends what is under way and waits for it.
    awaitable<void> stop();
    /// What the resource refers to has changed.
    void look_again(const resources::Resource& resource);
    Counters counters() const;

private:
    struct Watched;

    void take(const Duty& duty, const resources::WatchEvent& event);
    awaitable<void> look_after(const Duty& duty, std::shared_ptr<Watched> watched);
    awaitable<bool> look(const Duty& duty, Watched& watched, std::stop_token stop);
    awaitable<void> announce(const Duty& duty, resources::ResourcePtr resource);
    awaitable<resources::ResourcePtr> fresh(const Watched& watched);
    std::chrono::nanoseconds pause(const resources::Resource& resource, unsigned failures);

    resources::ResourceStore& store_;  // both outlive us
    Clock& clock_;
    Random random_;
    const std::vector<Duty> duties_;
    std::vector<std::unique_ptr<resources::Feed>> feeds_;      // one a duty
    std::map<std::string, std::shared_ptr<Watched>> watched_;  // by uid; a coroutine each
    bool stopping_ = false;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace ark::reconcile
