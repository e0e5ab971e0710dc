#include "reconcile/verdict.hpp"

#include "resources/metadata.hpp"
#include "runs/lookup.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

using resources::ResourcePtr;
using runs::Reference;

constexpr const char* verdict_condition = "Available";

/// Why something could not work; nothing is wrong: no reason.
struct Obstacle {
    std::string reason;  ///< of the condition; "Initializing": it is not known yet
    std::string message;

    bool exists() const { return !reason.empty(); }
};

/// What a condition of another resource says about who depends on it.
Obstacle by_condition(const resources::Resource& resource, std::string_view type, std::string_view reason_when_not) {
    const auto& said = resources::at_path(resource.value, fmt::format("status.conditions[{}]", type));
    const auto what = runs::text_of(runs::reference_to(resource));
    if (said["status"].text() == "True") return {};
    if (said["status"].text() == "False")
        return {std::string(reason_when_not), fmt::format("{}: {}", what, said["message"].text())};
    return {"Initializing", what + " was not looked at yet"};
}

/// Reads what others depend on.
class Reader {
public:
    Reader(resources::ResourceStore& store, bool models_are_probed)
        : store_(store), models_are_probed_(models_are_probed) {}

    /// Null: there is none.
    awaitable<ResourcePtr> find(Reference reference) {
        resources::ObjectName name{std::move(reference.ns), std::move(reference.name)};
        auto found = co_await store_.get(resources::kind_named(reference.kind), std::move(name));
        if (!found || resources::is_leaving((*found)->value)) co_return nullptr;
        co_return std::move(*found);
    }

    awaitable<Obstacle> model(Reference reference) {
        const auto what = runs::text_of(reference);
        const auto found = co_await find(std::move(reference));
        if (!found) co_return Obstacle{"ModelNotFound", what + " does not exist"};
        if (!models_are_probed_) co_return Obstacle{};
        co_return by_condition(*found, "ModelAvailable", "ModelNotAvailable");
    }

    awaitable<Obstacle> engine(Reference reference) {
        const bool is_a2a = reference.kind == "A2AServer";
        const std::string absent = is_a2a ? "A2AServerNotFound" : "ExecutionEngineNotFound";
        if (reference.name.empty())
            co_return Obstacle{absent, "The annotation ark.mckinsey.com/a2a-server-name names no A2AServer"};
        const auto what = runs::text_of(reference);
        const auto found = co_await find(std::move(reference));
        if (!found) co_return Obstacle{absent, what + " does not exist"};
        if (is_a2a) co_return by_condition(*found, "Ready", "A2AServerNotReady");
        const auto& status = found->value["status"];
        if (status["phase"].text() == "ready") co_return Obstacle{};
        if (status["phase"].text() == "error")
            co_return Obstacle{"ExecutionEngineNotReady", fmt::format("{}: {}", what, status["message"].text())};
        co_return Obstacle{"Initializing", what + " was not looked at yet"};
    }

    awaitable<Obstacle> tool(Reference reference, std::string type) {
        const auto what = runs::text_of(reference);
        const auto found = co_await find(std::move(reference));
        if (!found) co_return Obstacle{"ToolNotFound", what + " does not exist"};
        const auto is = found->value["spec"]["type"].text();
        // `custom` and `built-in` are older words that say nothing of how a tool is called.
        if (type.empty() || type == "custom" || type == "built-in" || type == is) co_return Obstacle{};
        co_return Obstacle{"ToolNotFound", fmt::format("{} is of type {}, not {}", what, is, type)};
    }

private:
    resources::ResourceStore& store_;
    const bool models_are_probed_;
};

awaitable<Obstacle> agent_obstacle(Reader& reader, ResourcePtr agent) {
    auto engine = runs::engine_of(*agent);
    Obstacle obstacle;
    if (engine) {
        obstacle = co_await reader.engine(std::move(*engine));
    } else {
        auto model = runs::model_of(*agent);
        obstacle = co_await reader.model(std::move(model));
    }
    // What is certainly wrong is worth more than what is not known yet.
    if (obstacle.exists() && obstacle.reason != "Initializing") co_return obstacle;
    for (const auto& entry : agent->value["spec"]["tools"].array()) {
        auto tool = runs::tool_of(entry, agent->ns());
        if (!tool) continue;
        std::string type(entry["type"].text());
        auto missing = co_await reader.tool(std::move(*tool), std::move(type));
        if (missing.exists()) co_return missing;
    }
    co_return obstacle;
}

/// A team that takes part in itself can never be available, and would wait for its own verdict.
awaitable<std::string> cycle_through(Reader& reader, ResourcePtr team, std::vector<std::string> path) {
    path.emplace_back(team->name());
    if (path.size() > runs::nesting_max) co_return fmt::format("{} … is nested too deep", path.front());
    for (const auto& entry : team->value["spec"]["members"].array()) {
        auto member = runs::member_of(entry, team->ns());
        if (member.kind != "Team") continue;
        if (member.name == path.front())
            co_return fmt::format("{} → {}: it would take part in itself", fmt::join(path, " → "), member.name);
        if (std::find(path.begin(), path.end(), member.name) != path.end()) continue;  // another one's cycle
        auto nested = co_await reader.find(std::move(member));
        if (!nested) continue;
        auto cycle = co_await cycle_through(reader, std::move(nested), path);
        if (!cycle.empty()) co_return cycle;
    }
    co_return std::string();
}

awaitable<Obstacle> team_obstacle(Reader& reader, ResourcePtr team) {
    const auto& spec = team->value["spec"];
    if (spec["members"].size() == 0) co_return Obstacle{"NoMembers", "The team has no members"};
    std::vector<std::string> path;
    auto cycle = co_await cycle_through(reader, team, std::move(path));
    if (!cycle.empty()) co_return Obstacle{"MemberCheckFailed", std::move(cycle)};
    std::vector<Reference> members;
    for (const auto& entry : spec["members"].array())
        members.push_back(runs::member_of(entry, team->ns()));
    const auto selector = spec["selector"]["agent"].text();
    if (!selector.empty()) members.push_back({"Agent", std::string(team->ns()), std::string(selector)});
    Obstacle unknown;
    for (auto& member : members) {
        const auto what = runs::text_of(member);
        const auto found = co_await reader.find(std::move(member));
        if (!found) co_return Obstacle{"MemberNotFound", what + " does not exist"};
        auto obstacle = by_condition(*found, verdict_condition, "MemberNotAvailable");
        if (obstacle.reason == "MemberNotAvailable") co_return obstacle;
        if (obstacle.exists()) unknown = std::move(obstacle);
    }
    co_return unknown;
}

/// Of an Agent or a Team, as its condition. The Event's reason is the condition's where the dictionary has it.
Report available(const resources::Resource& resource, Obstacle obstacle) {
    Report report;
    if (!obstacle.exists()) {
        const auto before = resources::at_path(resource.value, "status.conditions[Available].status").text();
        if (before == "False") report.event = "StatusChanged";
        report.conditions = {
            {verdict_condition, "True", "Available", fmt::format("{} is available", resource.kind->name)}};
        return report;
    }
    if (obstacle.reason == "Initializing") {
        report.conditions = {{verdict_condition, "Unknown", std::move(obstacle.reason), std::move(obstacle.message)}};
        return report;
    }
    const bool named = obstacle.reason.starts_with("Model") || obstacle.reason.starts_with("Tool") ||
                       obstacle.reason.starts_with("A2A");
    report.event = named ? obstacle.reason : "DependencyUnavailable";
    report.warning = true;
    report.conditions = {{verdict_condition, "False", std::move(obstacle.reason), std::move(obstacle.message)}};
    return report;
}

/// Of a Memory or an ExecutionEngine: where it is.
awaitable<Report> address_report(resources::ResourceStore& store, ResourcePtr resource) {
    runs::Lookup lookup(store);
    std::string ns(resource->ns());
    auto where = runs::text_of(runs::reference_to(*resource)) + ": address";
    auto address = co_await lookup.value(resource->value["spec"]["address"], std::move(ns), std::move(where));
    Report report;
    if (!address) {
        report.event = "AddressResolutionFailed";
        report.warning = true;
        report.texts = {{"phase", "error"}, {"message", address.error().message()}};
        co_return report;
    }
    if (resource->value["status"]["phase"].text() == "error") report.event = "AddressResolved";
    report.address = std::move(*address);
    report.texts = {{"phase", "ready"}, {"message", "The address is known"}};
    co_return report;
}

/// What the tool calls has to exist; whether it answers is said there.
awaitable<Report> tool_report(Reader& reader, ResourcePtr tool) {
    Report report;
    for (auto& reference : runs::references_of(*tool)) {
        const auto what = runs::text_of(reference);
        const auto found = co_await reader.find(std::move(reference));
        if (found) continue;
        report.event = "DependencyUnavailable";
        report.warning = true;
        report.texts = {{"state", "Error"}, {"message", what + " does not exist"}};
        co_return report;
    }
    report.texts = {{"state", "Ready"}, {"message", "What it calls is there"}};
    co_return report;
}

}  // namespace

const std::vector<std::string_view>& judged_kinds() {
    static const std::vector<std::string_view> kinds{"Agent", "Team", "Tool", "Memory", "ExecutionEngine"};
    return kinds;
}

awaitable<Report> judge(resources::ResourceStore& store, ResourcePtr resource, bool models_are_probed) {
    Reader reader(store, models_are_probed);
    const auto kind = std::string_view(resource->kind->name);
    if (kind == "Tool") co_return co_await tool_report(reader, std::move(resource));
    if (kind == "Memory" || kind == "ExecutionEngine") co_return co_await address_report(store, std::move(resource));
    Obstacle obstacle;
    if (kind == "Team") {
        obstacle = co_await team_obstacle(reader, resource);
    } else {
        obstacle = co_await agent_obstacle(reader, resource);
    }
    co_return available(*resource, std::move(obstacle));
}

}  // namespace ark::reconcile
