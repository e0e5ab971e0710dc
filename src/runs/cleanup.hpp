#pragma once
#include "runs/run.hpp"
#include "runtime/scope.hpp"

#include <map>
#include <set>
#include <stop_token>
#include <string>

namespace ark::runs {

/// What a Query leaves with others, its messages in a memory and its events at the broker, goes when it goes. A
/// finalizer holds it until then, so that neither a restart nor a broker that is away forgets it; after five minutes of
/// trying it goes all the same (facts: "Finalizer cleanup"). One executor.
class Cleanup {
public:
    /// Services outlive us.
    Cleanup(const Services& services, asio::any_io_executor executor);

    /// A Query as it is now: gets the finalizer if it lacks it.
    void claim(const resources::ResourcePtr& query);
    /// It is being deleted, and nothing of it runs any more: cleans up, and takes the finalizer away. May be said
    /// again.
    void release(const resources::ResourcePtr& query);
    /// It is gone. Without our finalizer on it (it was deleted before it had one) this is when things are cleaned up.
    void forget(const resources::ResourcePtr& query);

    void start();
    awaitable<void> stop();

private:
    struct Task {
        resources::ResourcePtr query;
        bool leaves = false;
        bool gone = false;  // already: it had no finalizer
        bool under_way = false;
        UnixNanos since;
        std::chrono::seconds wait{0};  // between the last two attempts
        UnixNanos due;
    };

    Task& take_up(const resources::ResourcePtr& query, bool leaves);
    awaitable<void> look();
    void begin_what_is_due();
    awaitable<void> attempt(std::string uid, Task task);
    void postpone(const std::string& uid, const Error& error);
    awaitable<Status> clean(resources::ResourcePtr query);
    awaitable<Status> clean_messages(const resources::Resource& query);
    awaitable<Status> wait_until_told();
    /// With our finalizer, or without it.
    awaitable<Status> mark(resources::ResourcePtr query, bool ours);

    const Services services_;
    std::map<std::string, Task> tasks_;  // by uid; as many as are being deleted, and new ones for a moment
    std::set<std::string> released_;     // uids that are cleaned up after, until they are gone
    std::size_t under_way_ = 0;
    std::stop_source stopped_;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace ark::runs
