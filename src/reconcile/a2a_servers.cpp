#include "base/duration.hpp"
#include "reconcile/apply.hpp"
#include "reconcile/duties.hpp"
#include "runs/lookup.hpp"
#include "runs/references.hpp"
#include "tools/a2a/client.hpp"

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

constexpr const char* agent_condition = "Ready";

Report agent_failure(std::string reason, std::string message, std::string address = {}) {
    return server_failure(agent_condition, std::move(reason), std::move(message), std::move(address));
}

awaitable<Report> look_at_agent(resources::ResourceStore& store, net::HttpClient& http, resources::ResourcePtr server,
                                std::stop_token stop) {
    const auto& spec = server->value["spec"];
    const auto where = runs::text_of(runs::reference_to(*server));
    const std::string ns(server->ns());
    runs::Lookup lookup(store);
    tools::a2a::ClientConfig config;
    auto address = co_await lookup.value(spec["address"], ns, where + ": address");
    if (!address) co_return agent_failure("AddressResolutionFailed", address.error().message());
    auto fields = co_await lookup.server_fields(spec, ns, where);
    if (!fields) co_return agent_failure("A2AHeaderResolutionFailed", fields.error().message(), *address);
    config.url = *address;
    config.fields = std::move(*fields);
    const auto peer = tools::a2a::Client::create(http, std::move(config));
    const auto card = co_await peer->card(stop);
    if (!card) co_return agent_failure("DiscoveryFailed", card.error().message(), *address);
    if (stop.stop_requested()) co_return agent_failure("DiscoveryFailed", "stopped", *address);
    std::vector<Made> made;
    made.push_back(agent_of(*server, *card, *address));
    const auto agent = made.front().name;
    const auto problems = co_await apply_made(store, server, resources::kind_named("Agent"), std::move(made));
    if (!problems.empty()) co_return agent_failure("AgentCreationFailed", joined(problems), *address);
    Report report;
    report.address = std::move(*address);
    report.event = "AgentDiscovery";
    const auto message = fmt::format("Agent {}", agent);
    report.conditions = {{agent_condition, "True", "AgentDiscovered", message},
                         {"Discovering", "False", "DiscoveryComplete", message}};
    co_return report;
}

}  // namespace

Duty a2a_server_duty(resources::ResourceStore& store, net::HttpClient& client) {
    Duty duty;
    duty.kind = &resources::kind_named("A2AServer");
    duty.condition = agent_condition;
    duty.at_first = {{agent_condition, "Unknown", "Initializing", "The server was not asked yet"},
                     {"Discovering", "True", "Starting", "The server is being asked"}};
    duty.look = [&store, &client](resources::ResourcePtr server, std::stop_token stop) {
        return look_at_agent(store, client, std::move(server), std::move(stop));
    };
    return duty;
}

}  // namespace ark::reconcile
