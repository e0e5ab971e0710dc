#include "runs/desk.hpp"

#include "runtime/sleep.hpp"

#include <algorithm>

namespace ark::runs {
namespace {

// The clock may be set, and the machine may sleep: whoever waits looks at it again from time to time.
constexpr std::chrono::seconds desk_look_interval{30};

std::string key_of(std::string_view ns, std::string_view name) {
    return std::string(ns) + "/" + std::string(name);
}

}  // namespace

awaitable<void> Desk::stop() {
    feed_.stop();
    co_await scope_.close();
}

void Desk::take(const resources::WatchEvent& event) {
    const auto [first, last] = tickets_.equal_range(key_of(event.resource->ns(), event.resource->name()));
    for (auto ticket = first; ticket != last; ++ticket)
        ticket->second->ring();
}

Desk::Ticket::Ticket(Desk& desk, const resources::ObjectName& task)
    : desk_(desk), at_(desk.tickets_.emplace(key_of(task.ns, task.name), this)) {}

Desk::Ticket::~Ticket() {
    desk_.tickets_.erase(at_);
}

void Desk::Ticket::ring() {
    rung_.request_stop();
}

awaitable<void> Desk::Ticket::changed(std::chrono::nanoseconds time, std::stop_token stop) {
    {
        auto chain = [this] { rung_.request_stop(); };
        const std::stop_callback<decltype(chain)> chained(stop, std::move(chain));
        const auto at_most = std::min<std::chrono::nanoseconds>(time, desk_look_interval);
        static_cast<void>(co_await runtime::sleep_for(at_most, rung_.get_token()));
    }
    rung_ = std::stop_source();
}

}  // namespace ark::runs
