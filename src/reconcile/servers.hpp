#pragma once
#include "net/http.hpp"
#include "reconcile/rounds.hpp"

#include <string>
#include <string_view>

/// What looks at MCPServers and at A2AServers have in common: how a server is reached, and what is said of one that is
/// not.
namespace ark::reconcile {

/// How one kind of server is spoken of. Constants: a look refers to them while it waits.
struct ServerWords {
    std::string_view kind;
    std::string_view condition;       ///< the main one; the other is `Discovering`
    std::string_view fields_failure;  ///< the reason when a header or a token cannot be had
};

/// Where a server is and what is sent along with every request.
struct Access {
    std::string address;
    net::Fields fields;
};

/// From the spec: `address` (a value, or where to read it), `headers` and `authorization`. Else what to report.
awaitable<Outcome<Access, Report>> access_to(resources::ResourceStore& store, resources::ResourcePtr server,
                                             const ServerWords& words);

/// Of a server that could not be read: its main condition and `Discovering`.
Report server_failure(const ServerWords& words, std::string reason, std::string message, std::string address = {});

/// Of the kind, but for the look itself.
Duty server_duty(const ServerWords& words);

}  // namespace ark::reconcile
