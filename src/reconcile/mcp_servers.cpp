#include "base/duration.hpp"
#include "reconcile/apply.hpp"
#include "reconcile/duties.hpp"
#include "runs/lookup.hpp"
#include "runs/references.hpp"
#include "tools/mcp/client.hpp"

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

constexpr const char* mcp_condition = "Available";

Report mcp_failure(std::string reason, std::string message, std::string address = {}) {
    return server_failure(mcp_condition, std::move(reason), std::move(message), std::move(address));
}

awaitable<Report> look_at_mcp(resources::ResourceStore& store, net::HttpClient& http, resources::ResourcePtr server,
                              std::stop_token stop) {
    const auto& spec = server->value["spec"];
    const auto where = runs::text_of(runs::reference_to(*server));
    const std::string ns(server->ns());
    runs::Lookup lookup(store);
    tools::mcp::ClientConfig config;
    auto address = co_await lookup.value(spec["address"], ns, where + ": address");
    if (!address) co_return mcp_failure("AddressResolutionFailed", address.error().message());
    auto fields = co_await lookup.server_fields(spec, ns, where);
    if (!fields) co_return mcp_failure("AuthorizationSecretUnresolvable", fields.error().message(), *address);
    config.url = *address;
    config.fields = std::move(*fields);
    if (spec["transport"].text() == "sse") config.transport = tools::mcp::Transport::sse;
    if (const auto timeout = parse_duration(spec["timeout"].text()))
        config.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
    const auto peer = tools::mcp::Client::create(http, std::move(config));
    const auto connected = co_await peer->connect(stop);
    if (!connected) {
        const bool denied = connected.error().code == Errc::unauthorized;
        co_return mcp_failure(denied ? "AuthorizationRequired" : "ClientCreationFailed", connected.error().message(),
                              *address);
    }
    const auto listed = co_await peer->tools(stop);
    co_await peer->close();
    if (!listed) co_return mcp_failure("ToolListingFailed", listed.error().message(), *address);
    if (stop.stop_requested()) co_return mcp_failure("ToolListingFailed", "stopped", *address);
    auto made = tools_of(*server, *listed);
    const auto count = made.size();
    const auto problems = co_await apply_made(store, server, resources::kind_named("Tool"), std::move(made));
    Report report;
    report.address = std::move(*address);
    report.tools = count - std::min(problems.size(), count);
    report.event = problems.empty() ? "ToolDiscovery" : "ToolCreationFailed";
    auto message = fmt::format("{} tools of {} {}", *report.tools, connected->name, connected->version);
    if (!problems.empty()) message += "; " + joined(problems);
    report.conditions = {
        {mcp_condition, "True", problems.empty() ? "ToolsDiscovered" : "ToolCreationFailed", message},
        {"Discovering", "False", problems.empty() ? "DiscoveryComplete" : "ToolCreationFailed", message}};
    co_return report;
}

}  // namespace

Duty mcp_server_duty(resources::ResourceStore& store, net::HttpClient& client) {
    Duty duty;
    duty.kind = &resources::kind_named("MCPServer");
    duty.condition = mcp_condition;
    duty.at_first = {{mcp_condition, "Unknown", "Initializing", "The server was not asked yet"},
                     {"Discovering", "True", "Starting", "The server is being asked"}};
    duty.look = [&store, &client](resources::ResourcePtr server, std::stop_token stop) {
        return look_at_mcp(store, client, std::move(server), std::move(stop));
    };
    return duty;
}

}  // namespace ark::reconcile
