#pragma once
#include "base/time.hpp"
#include "resources/store.hpp"

#include <map>
#include <stop_token>
#include <string>

namespace ark::runs {

/// Deletes what ended and is past its `spec.ttl` (30 days where it says none), counted from its condition Completed,
/// else from its creation. For resources of one kind; one executor.
class Expiry {
public:
    /// All outlive us.
    Expiry(resources::ResourceStore& store, const resources::Kind& kind, const Clock& clock)
        : store_(store), kind_(kind), clock_(clock) {}

    /// It ended. A negative TTL keeps it.
    void expect(const resources::Resource& resource);
    void forget(const std::string& uid) { due_.erase(uid); }

    /// Looks every second, until stop().
    awaitable<void> run();
    void stop() { stopped_.request_stop(); }

private:
    struct Due {
        UnixNanos at;
        resources::ObjectName name;
    };

    resources::ResourceStore& store_;
    const resources::Kind& kind_;
    const Clock& clock_;
    std::map<std::string, Due> due_;  // by uid; as many as the store has ended ones
    std::stop_source stopped_;
};

}  // namespace ark::runs
