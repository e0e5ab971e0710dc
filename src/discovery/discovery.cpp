#include "discovery/discovery.hpp"

#include "base/duration.hpp"
#include "base/random.hpp"
#include "discovery/made.hpp"
#include "discovery/report.hpp"
#include "resources/feed.hpp"
#include "resources/metadata.hpp"
#include "runs/lookup.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"
#include "tools/mcp/client.hpp"

#include <map>
#include <set>

#include <fmt/format.h>

namespace ark::discovery {
namespace {

using resources::ResourcePtr;
using telemetry::LogLevel;

constexpr std::chrono::nanoseconds interval_default = std::chrono::minutes(1);
constexpr std::chrono::nanoseconds interval_min = std::chrono::milliseconds(100);
constexpr std::chrono::nanoseconds pause_first = std::chrono::seconds(1);
constexpr unsigned doublings_max = 6;      // 64 s, but never beyond the interval
constexpr std::size_t problems_shown = 3;  // in a condition's message
constexpr const char* manager = "ark-controller";

/// The two kinds of servers differ in what their conditions are called.
std::string_view main_condition(const resources::Kind& kind) {
    return kind.name == "MCPServer" ? "Available" : "Ready";
}

std::string place_of(const resources::Resource& server) {
    return fmt::format("{} {}/{}", server.kind->name, server.ns(), server.name());
}

Report failure(const resources::Resource& server, std::string reason, std::string message, std::string address = {}) {
    Report report;
    // The condition's word is the reference's; among events it would not say what was looked for.
    report.event = reason == "DiscoveryFailed" ? "AgentDiscoveryFailed" : reason;
    report.address = std::move(address);
    report.conditions = {{std::string(main_condition(*server.kind)), "False", reason, message},
                         {"Discovering", "False", reason, message}};
    return report;
}

std::string joined(const std::vector<std::string>& problems) {
    std::string text;
    for (std::size_t i = 0; i < problems.size() && i < problems_shown; ++i)
        text += (i == 0 ? "" : "; ") + problems[i];
    if (problems.size() > problems_shown) text += fmt::format("; and {} more", problems.size() - problems_shown);
    return text;
}

class RealDiscovery final : public Discovery {
public:
    RealDiscovery(const Services& services, asio::any_io_executor executor)
        : services_(services),
          random_(random_seed()),
          mcp_servers_(services.store, resources::kind_named("MCPServer"), executor),
          a2a_servers_(services.store, resources::kind_named("A2AServer"), executor),
          scope_(executor) {}

    void start() override {
        for (auto* feed : {&mcp_servers_, &a2a_servers_})
            scope_.spawn(feed->run([this](const resources::WatchEvent& event) { take(event); }));
    }

    awaitable<void> stop() override {
        stopping_ = true;
        mcp_servers_.stop();
        a2a_servers_.stop();
        for (auto& [uid, watched] : watched_)
            watched->wake.request_stop();
        co_await scope_.close();
    }

    DiscoveryCounters counters() const override {
        auto counters = counters_;
        counters.servers = watched_.size();
        for (const auto& [uid, watched] : watched_)
            counters.failing += watched->failing ? 1 : 0;
        return counters;
    }

private:
    struct Watched {
        ResourcePtr server;
        std::stop_source wake;  // ends the round or the pause under way: the server changed, is gone, or we stop
        bool gone = false;
        bool failing = false;
    };

    void take(const resources::WatchEvent& event) {
        const std::string uid(event.resource->uid());
        const auto found = watched_.find(uid);
        const bool gone =
            event.type == resources::Change::Type::deleted || resources::is_leaving(event.resource->value);
        if (found == watched_.end()) {
            if (gone) return;
            auto watched = std::make_shared<Watched>();
            watched->server = event.resource;
            watched_.emplace(uid, watched);
            scope_.spawn(look_after(std::move(watched)));
            return;
        }
        auto& watched = *found->second;
        // Only the spec counts: the status is what we write ourselves.
        const bool changed = !(watched.server->value["spec"] == event.resource->value["spec"]);
        watched.server = event.resource;
        watched.gone = gone;
        if (changed || gone) watched.wake.request_stop();
    }

    awaitable<void> look_after(std::shared_ptr<Watched> watched) {
        unsigned failures = 0;
        while (!stopping_ && !watched->gone) {
            watched->wake = std::stop_source();
            auto stop = watched->wake.get_token();
            const bool well = co_await round(*watched, stop);
            ++counters_.rounds;
            if (stop.stop_requested()) {
                failures = 0;
                continue;
            }
            watched->failing = !well;
            failures = well ? 0 : failures + 1;
            const auto wait = pause(*watched->server, failures);
            const auto slept = co_await runtime::sleep_for(wait, std::move(stop));
            if (!slept) failures = 0;
        }
        watched_.erase(std::string(watched->server->uid()));
    }

    std::chrono::nanoseconds pause(const resources::Resource& server, unsigned failures) {
        auto wait = parse_duration(server.value["spec"]["pollInterval"].text()).value_or(interval_default);
        wait = std::max(wait, interval_min);
        if (failures > 0) wait = std::min(wait, pause_first * (1u << std::min(failures - 1, doublings_max)));
        // ±10 %, so that servers which were applied together are not asked together for ever.
        return std::chrono::nanoseconds(
            static_cast<std::int64_t>(static_cast<double>(wait.count()) * (0.9 + 0.2 * random_.uniform())));
    }

    /// As it is now; null when it is gone or another one of that name.
    awaitable<ResourcePtr> fresh(const Watched& watched) {
        const auto& kind = *watched.server->kind;
        const std::string uid(watched.server->uid());
        resources::ObjectName name{std::string(watched.server->ns()), std::string(watched.server->name())};
        const auto found = co_await services_.store.get(kind, std::move(name));
        if (!found || (*found)->uid() != uid) co_return nullptr;
        co_return *found;
    }

    /// One look at the server, and its report. False: to be repeated soon.
    awaitable<bool> round(Watched& watched, std::stop_token stop) {
        auto server = co_await fresh(watched);
        if (!server) {
            watched.gone = true;
            co_return true;
        }
        co_await announce(server);
        Report report;
        if (server->kind->name == "MCPServer") {
            report = co_await mcp(server, stop);
        } else {
            report = co_await a2a(server, stop);
        }
        if (stop.stop_requested()) co_return false;  // what was found is of an earlier spec
        const bool well = report.conditions.front().status == "True";
        auto now = co_await fresh(watched);
        if (now) co_await write_report(services_.store, std::move(now), std::move(report), services_.clock.now());
        co_return well;
    }

    /// Says that a first look is under way, and again after a change of the spec.
    awaitable<void> announce(ResourcePtr server) {
        const std::string type(main_condition(*server->kind));
        const auto& before = resources::at_path(server->value, fmt::format("status.conditions[{}]", type));
        const auto generation = server->value["metadata"]["generation"].integer();
        if (before["observedGeneration"].integer(-1) == generation) co_return;
        Report report;
        report.conditions = {{type, "Unknown", "Initializing", "The server was not asked yet"},
                             {"Discovering", "True", "Starting", "The server is being asked"}};
        co_await write_report(services_.store, std::move(server), std::move(report), services_.clock.now());
    }

    awaitable<Report> mcp(ResourcePtr server, std::stop_token stop) {
        const auto& spec = server->value["spec"];
        const auto where = place_of(*server);
        const std::string ns(server->ns());
        runs::Lookup lookup(services_.store);
        tools::mcp::ClientConfig config;
        auto address = co_await lookup.value(spec["address"], ns, where + ": address");
        if (!address) co_return failure(*server, "AddressResolutionFailed", address.error().message());
        auto fields = co_await lookup.server_fields(spec, ns, where);
        if (!fields) co_return failure(*server, "AuthorizationSecretUnresolvable", fields.error().message(), *address);
        config.url = *address;
        config.fields = std::move(*fields);
        if (spec["transport"].text() == "sse") config.transport = tools::mcp::Transport::sse;
        if (const auto timeout = parse_duration(spec["timeout"].text()))
            config.timeout = std::chrono::duration_cast<std::chrono::milliseconds>(*timeout);
        const auto client = tools::mcp::Client::create(services_.client, std::move(config));
        const auto connected = co_await client->connect(stop);
        if (!connected) {
            const bool denied = connected.error().code == Errc::unauthorized;
            co_return failure(*server, denied ? "AuthorizationRequired" : "ClientCreationFailed",
                              connected.error().message(), *address);
        }
        const auto listed = co_await client->tools(stop);
        co_await client->close();
        if (!listed) co_return failure(*server, "ToolListingFailed", listed.error().message(), *address);
        if (stop.stop_requested()) co_return failure(*server, "ToolListingFailed", "stopped", *address);
        auto made = tools_of(*server, *listed);
        const auto count = made.size();
        const auto problems = co_await apply(server, resources::kind_named("Tool"), std::move(made));
        Report report;
        report.address = std::move(*address);
        report.tools = count - std::min(problems.size(), count);
        report.event = problems.empty() ? "ToolDiscovery" : "ToolCreationFailed";
        auto message = fmt::format("{} tools of {} {}", *report.tools, connected->name, connected->version);
        if (!problems.empty()) message += "; " + joined(problems);
        report.conditions = {
            {"Available", "True", problems.empty() ? "ToolsDiscovered" : "ToolCreationFailed", message},
            {"Discovering", "False", problems.empty() ? "DiscoveryComplete" : "ToolCreationFailed", message}};
        co_return report;
    }

    awaitable<Report> a2a(ResourcePtr server, std::stop_token stop) {
        const auto& spec = server->value["spec"];
        const auto where = place_of(*server);
        const std::string ns(server->ns());
        runs::Lookup lookup(services_.store);
        tools::a2a::ClientConfig config;
        auto address = co_await lookup.value(spec["address"], ns, where + ": address");
        if (!address) co_return failure(*server, "AddressResolutionFailed", address.error().message());
        auto fields = co_await lookup.server_fields(spec, ns, where);
        if (!fields) co_return failure(*server, "A2AHeaderResolutionFailed", fields.error().message(), *address);
        config.url = *address;
        config.fields = std::move(*fields);
        const auto client = tools::a2a::Client::create(services_.client, std::move(config));
        const auto card = co_await client->card(stop);
        if (!card) co_return failure(*server, "DiscoveryFailed", card.error().message(), *address);
        if (stop.stop_requested()) co_return failure(*server, "DiscoveryFailed", "stopped", *address);
        std::vector<Made> made;
        made.push_back(agent_of(*server, *card, *address));
        const auto agent = made.front().name;
        const auto problems = co_await apply(server, resources::kind_named("Agent"), std::move(made));
        if (!problems.empty()) co_return failure(*server, "AgentCreationFailed", joined(problems), *address);
        Report report;
        report.address = std::move(*address);
        report.event = "AgentDiscovery";
        const auto message = fmt::format("Agent {}", agent);
        report.conditions = {{"Ready", "True", "AgentDiscovered", message},
                             {"Discovering", "False", "DiscoveryComplete", message}};
        co_return report;
    }

    /// Makes the resources as they should be, and takes away those of this server that it offers no more. Gives what
    /// could not be made, in words.
    awaitable<std::vector<std::string>> apply(ResourcePtr server, const resources::Kind& kind, std::vector<Made> made) {
        std::vector<std::string> problems;
        std::set<std::string> names;
        for (auto& one : made) {
            names.insert(one.name);
            const auto what = fmt::format("{} {}", kind.name, one.name);
            const auto applied = co_await apply_one(server, kind, std::move(one));
            if (!applied) problems.push_back(fmt::format("{}: {}", what, applied.error().message()));
        }
        resources::ListOptions list;
        list.ns = server->ns();
        auto labels = resources::LabelSelector::parse(
            fmt::format("{}={}", server_label(*server->kind), resource_name(server->name(), 63)));
        if (labels) list.selection.labels = std::move(*labels);
        const auto there = co_await services_.store.list(kind, std::move(list));
        if (!there) co_return problems;
        for (const auto& resource : there->items) {
            if (names.count(std::string(resource->name())) > 0 || !is_owned_by(*resource, *server)) continue;
            resources::ObjectName name{std::string(resource->ns()), std::string(resource->name())};
            resources::DeleteOptions options;
            options.uid = resource->uid();
            const auto removed = co_await services_.store.remove(kind, std::move(name), std::move(options));
            if (!removed) problems.push_back(removed.error().message);
        }
        co_return problems;
    }

    awaitable<Status> apply_one(ResourcePtr server, const resources::Kind& kind, Made made) {
        const std::string ns(server->ns());
        resources::ObjectName name{ns, made.name};
        const auto there = co_await services_.store.get(kind, std::move(name));
        if (there && !is_owned_by(**there, *server)) {
            co_return fail(Errc::conflict, "there is one already that does not come from this server");
        }
        resources::ObjectName target{ns, made.name};
        resources::PatchBody patch;
        patch.type = resources::PatchType::apply;
        patch.body = std::move(made.object);
        resources::WriteOptions options;
        options.manager = manager;
        options.force = true;
        const auto applied = co_await services_.store.patch(kind, std::move(target), resources::Part::main,
                                                            std::move(patch), std::move(options));
        if (!applied) co_return applied.error().error();
        co_return ok();
    }

    const Services services_;
    Random random_;
    resources::Feed mcp_servers_;
    resources::Feed a2a_servers_;
    std::map<std::string, std::shared_ptr<Watched>> watched_;  // by uid; a coroutine each
    DiscoveryCounters counters_;
    bool stopping_ = false;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

std::unique_ptr<Discovery> Discovery::create(const Services& services, asio::any_io_executor executor) {
    return std::make_unique<RealDiscovery>(services, std::move(executor));
}

}  // namespace ark::discovery
