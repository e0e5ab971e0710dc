#include "base/duration.hpp"
#include "reconcile/apply.hpp"
#include "reconcile/duties.hpp"
#include "reconcile/servers.hpp"
#include "tools/mcp/client.hpp"

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

constexpr ServerWords mcp_words{"MCPServer", "Available", "AuthorizationSecretUnresolvable"};

Report mcp_failure(std::string reason, std::string message, std::string address) {
    return server_failure(mcp_words, std::move(reason), std::move(message), std::move(address));
}

awaitable<Report> look_at_mcp(resources::ResourceStore& store, net::HttpClient& http, resources::ResourcePtr server,
                              std::stop_token stop) {
    const auto& spec = server->value["spec"];
    auto access = co_await access_to(store, server, mcp_words);
    if (!access) co_return std::move(access).error();
    const auto& address = access->address;
    tools::mcp::ClientConfig config;
    config.url = address;
    config.fields = std::move(access->fields);
    if (spec["transport"].text() == "sse") config.transport = tools::mcp::Transport::sse;
    if (const auto timeout = parse_duration(spec["timeout"].text()))
        config.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
    const auto peer = tools::mcp::Client::create(http, std::move(config));
    const auto connected = co_await peer->connect(stop);
    if (!connected) {
        const bool denied = connected.error().code == Errc::unauthorized;
        co_return mcp_failure(denied ? "AuthorizationRequired" : "ClientCreationFailed", connected.error().message(),
                              address);
    }
    const auto listed = co_await peer->tools(stop);
    co_await peer->close();
    if (!listed) co_return mcp_failure("ToolListingFailed", listed.error().message(), address);
    if (stop.stop_requested()) co_return mcp_failure("ToolListingFailed", "stopped", address);
    auto made = tools_of(*server, *listed);
    const auto count = made.size();
    const auto problems = co_await apply_made(store, server, resources::kind_named("Tool"), std::move(made));
    Report report;
    report.address = address;
    report.tools = count - std::min(problems.size(), count);
    report.event = problems.empty() ? "ToolDiscovery" : "ToolCreationFailed";
    auto message = fmt::format("{} tools of {} {}", *report.tools, connected->name, connected->version);
    if (!problems.empty()) message += "; " + joined(problems);
    report.conditions = {
        {std::string(mcp_words.condition), "True", problems.empty() ? "ToolsDiscovered" : "ToolCreationFailed",
         message},
        {"Discovering", "False", problems.empty() ? "DiscoveryComplete" : "ToolCreationFailed", message}};
    co_return report;
}

}  // namespace

Duty mcp_server_duty(resources::ResourceStore& store, net::HttpClient& client) {
    auto duty = server_duty(mcp_words);
    duty.look = [&store, &client](resources::ResourcePtr server, std::stop_token stop) {
        return look_at_mcp(store, client, std::move(server), std::move(stop));
    };
    return duty;
}

}  // namespace ark::reconcile
