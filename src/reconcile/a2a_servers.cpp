#include "reconcile/apply.hpp"
#include "reconcile/duties.hpp"
#include "reconcile/servers.hpp"
#include "tools/a2a/client.hpp"

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

constexpr ServerWords agent_words{"A2AServer", "Ready", "A2AHeaderResolutionFailed"};

Report agent_failure(std::string reason, std::string message, std::string address) {
    return server_failure(agent_words, std::move(reason), std::move(message), std::move(address));
}

awaitable<Report> look_at_agent(resources::ResourceStore& store, net::HttpClient& http, resources::ResourcePtr server,
                                std::stop_token stop) {
    auto access = co_await access_to(store, server, agent_words);
    if (!access) co_return std::move(access).error();
    const auto& address = access->address;
    tools::a2a::ClientConfig config;
    config.url = address;
    config.fields = std::move(access->fields);
    const auto peer = tools::a2a::Client::create(http, std::move(config));
    const auto card = co_await peer->card(stop);
    if (!card) co_return agent_failure("DiscoveryFailed", card.error().message(), address);
    if (stop.stop_requested()) co_return agent_failure("DiscoveryFailed", "stopped", address);
    std::vector<Made> made;
    made.push_back(agent_of(*server, *card, address));
    const auto agent = made.front().name;
    const auto problems = co_await apply_made(store, server, resources::kind_named("Agent"), std::move(made));
    if (!problems.empty()) co_return agent_failure("AgentCreationFailed", joined(problems), address);
    Report report;
    report.address = address;
    report.event = "AgentDiscovery";
    const auto message = fmt::format("Agent {}", agent);
    report.conditions = {{std::string(agent_words.condition), "True", "AgentDiscovered", message},
                         {"Discovering", "False", "DiscoveryComplete", message}};
    co_return report;
}

}  // namespace

Duty a2a_server_duty(resources::ResourceStore& store, net::HttpClient& client) {
    auto duty = server_duty(agent_words);
    duty.look = [&store, &client](resources::ResourcePtr server, std::stop_token stop) {
        return look_at_agent(store, client, std::move(server), std::move(stop));
    };
    return duty;
}

}  // namespace ark::reconcile
