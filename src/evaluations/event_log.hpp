#pragma once
#include "evaluations/event.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ark::evaluations {

/// Some events of a log. They live as long as the log.
using Events = std::vector<const Event*>;

/// One snapshot of events in the order in which they were delivered: what an evaluation runs over. Immutable.
///
/// The same event delivered twice is there once. A session that some events of a query name is that of its other events
/// too. An event without a time stands where it stood.
class EventLog {
public:
    EventLog() = default;
    explicit EventLog(std::vector<JsonValue> delivered);
    EventLog(const EventLog&) = delete;  // selections point into it
    EventLog& operator=(const EventLog&) = delete;

    std::span<const Event> events() const { return events_; }
    /// Those for which `wanted` holds, in log order.
    Events select(const std::function<bool(const Event&)>& wanted) const;
    /// The events of a query, by its id or any of its names.
    Events of_query(std::string_view id_or_name) const;
    /// The session of a query; empty when no event of it says one.
    std::string session_of_query(std::string_view id_or_name) const;

private:
    void link_sessions();
    void order();
    std::function<bool(const Event&)> belongs_to(std::string_view id_or_name) const;

    std::vector<Event> events_;
};

/// By time, of equal times by place in the log.
Events in_time_order(Events events);

}  // namespace ark::evaluations
