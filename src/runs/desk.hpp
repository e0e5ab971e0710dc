#pragma once
#include "resources/store.hpp"
#include "runtime/scope.hpp"

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>

namespace ark::runs {

/// Where answers of people arrive: watches the A2ATasks of a store and wakes whoever waits for one of them.
/// One executor; one watch however many wait.
class Desk {
public:
    Desk(resources::ResourceStore& store, asio::any_io_executor executor)
        : store_(store), executor_(executor), scope_(executor) {}

    void start() { scope_.spawn(watch()); }
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
    awaitable<void> watch();

    resources::ResourceStore& store_;  // outlives us
    asio::any_io_executor executor_;
    std::unique_ptr<resources::Watch> watch_;
    std::multimap<std::string, Ticket*> tickets_;  // by "namespace/name"
    bool stopping_ = false;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace ark::runs
