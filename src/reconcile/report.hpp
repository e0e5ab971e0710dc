#pragma once
#include "base/time.hpp"
#include "resources/store.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

/// How it is, where people look for it: the resource's status, and Events.
namespace ark::reconcile {

struct Condition {
    std::string type;
    std::string status;  ///< "True", "False", "Unknown"
    std::string reason;
    std::string message;  ///< the same for the same cause: every change is written and watched
};

struct Report {
    std::vector<Condition> conditions;  ///< the first one is what an Event is about
    /// Of kinds without conditions: phase or state first, which an Event is about, then message.
    std::vector<std::pair<std::string, std::string>> texts;
    std::string event;     ///< its reason; empty: none
    bool warning = false;  ///< the Event's type
    std::string address;   ///< empty: unknown
    std::optional<std::size_t> tools;
};

/// A few of them in one line.
std::string joined(const std::vector<std::string>& problems);

/// What the report says, as a merge patch of the resource's status. Conditions that say what they said before keep
/// their time.
codec::JsonValue status_patch(const resources::Resource& resource, const Report& report, UnixNanos now);

/// Writes what differs from what is there: the status, and an Event when the first condition (or text) says something
/// else than before. The same Event again counts up. Failures are logged: the next round writes again.
awaitable<void> write_report(resources::ResourceStore& store, resources::ResourcePtr resource, Report report,
                             UnixNanos now);

}  // namespace ark::reconcile
