#pragma once
#include "resources/feed.hpp"
#include "runtime/scope.hpp"

#include <chrono>
#include <map>
#include <stop_token>
#include <string>

namespace ark::runs {

/// Where answers of people arrive: watches the A2ATasks of a store and wakes whoever waits for one of them.
/// One executor; one watch however many wait.
class Desk {
public:
    Desk(resources::ResourceStore& store, asio::any_io_executor executor)
        : feed_(store, resources::kind_named("A2ATask"), executor), scope_(executor) {}

    void start() {
        scope_.spawn(feed_.run([this](const resources::WatchEvent& event) { take(event); }));
    }
    awaitable<void> stop();

    /// Somebody's wait for changes of one A2ATask. What changes after its construction is not missed.
    class Ticket {
    public:
        Ticket(Desk& desk, const resources::ObjectName& task);
        ~Ticket();
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;
        /// Until it changed since the last wait, at most so long, or until the stop.
        awaitable<void> changed(std::chrono::nanoseconds time, std::stop_token stop);

    private:
        friend class Desk;
        void ring();
        Desk& desk_;  // outlives us
        std::multimap<std::string, Ticket*>::iterator at_;
        std::stop_source rung_;
    };

private:
    void take(const resources::WatchEvent& event);

    resources::Feed feed_;
    std::multimap<std::string, Ticket*> tickets_;  // by "namespace/name"
    runtime::Scope scope_;                         // last member: stop() empties it
};

}  // namespace ark::runs
