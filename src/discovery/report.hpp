#pragma once
#include "base/time.hpp"
#include "resources/store.hpp"

#include <optional>
#include <string>
#include <vector>

/// How it went, where people look for it: conditions of the server's status, and Events.
namespace ark::discovery {

struct Condition {
    std::string type;
    std::string status;  ///< "True", "False", "Unknown"
    std::string reason;
    std::string message;  ///< the same for the same cause: every change is written and watched
};

struct Report {
    std::vector<Condition> conditions;  ///< the first one is what an Event is about
    std::string event;                  ///< its reason; empty: none
    std::string address;                ///< empty: unknown
    std::optional<std::size_t> tools;
};

/// `server` with these conditions, as a merge patch of its status. Conditions that say what they said before keep their
/// time.
codec::JsonValue status_patch(const resources::Resource& server, const Report& report, UnixNanos now);

/// Writes what differs from what is there: the status, and an Event when the first condition says something else than
/// before. The same Event again counts up. Failures are logged: the next round writes again.
awaitable<void> write_report(resources::ResourceStore& store, resources::ResourcePtr server, Report report,
                             UnixNanos now);

}  // namespace ark::discovery
