#include "reconcile/servers.hpp"

#include "runs/lookup.hpp"
#include "runs/references.hpp"

#include <utility>

namespace ark::reconcile {

awaitable<Outcome<Access, Report>> access_to(resources::ResourceStore& store, resources::ResourcePtr server,
                                             const ServerWords& words) {
    const auto& spec = server->value["spec"];
    const auto where = runs::text_of(runs::reference_to(*server));
    const std::string ns(server->ns());
    runs::Lookup lookup(store);
    auto address = co_await lookup.value(spec["address"], ns, where + ": address");
    if (!address) co_return server_failure(words, "AddressResolutionFailed", address.error().message());
    auto fields = co_await lookup.server_fields(spec, ns, where);
    if (!fields) {
        co_return server_failure(words, std::string(words.fields_failure), fields.error().message(),
                                 std::move(*address));
    }
    Access access;
    access.address = std::move(*address);
    access.fields = std::move(*fields);
    co_return access;
}

Report server_failure(const ServerWords& words, std::string reason, std::string message, std::string address) {
    Report report;
    // The condition's word is the reference's; among events it would not say what was looked for.
    report.event = reason == "DiscoveryFailed" ? "AgentDiscoveryFailed" : reason;
    report.warning = true;
    report.address = std::move(address);
    report.conditions = {{std::string(words.condition), "False", reason, message},
                         {"Discovering", "False", reason, message}};
    return report;
}

Duty server_duty(const ServerWords& words) {
    Duty duty;
    duty.kind = &resources::kind_named(words.kind);
    duty.condition = words.condition;
    duty.at_first = {{duty.condition, "Unknown", "Initializing", "The server was not asked yet"},
                     {"Discovering", "True", "Starting", "The server is being asked"}};
    return duty;
}

}  // namespace ark::reconcile
