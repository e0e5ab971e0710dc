#include "runs/references.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

void add(std::vector<Reference>& references, std::string_view kind, const JsonValue& named, std::string_view ns) {
    if (!named["name"].text().empty())
        references.push_back({kind, std::string(named["namespace"].text(ns)), std::string(named["name"].text())});
}

void add_sources(std::vector<Reference>& references, const JsonValue& value, std::string_view ns) {
    if (value.is_object()) {
        const auto& from = value["valueFrom"];
        add(references, "Secret", from["secretKeyRef"], ns);
        add(references, "ConfigMap", from["configMapKeyRef"], ns);
        add(references, "Service", from["serviceRef"], ns);
        for (const auto& [name, member] : value.object())
            add_sources(references, member, ns);
    }
    if (!value.is_array()) return;
    for (const auto& element : value.array())
        add_sources(references, element, ns);
}

void add_agent(std::vector<Reference>& references, const resources::Resource& agent) {
    auto engine = engine_of(agent);
    if (!engine) {
        references.push_back(model_of(agent));
    } else if (!engine->name.empty()) {
        references.push_back(std::move(*engine));
    }
    for (const auto& entry : agent.value["spec"]["tools"].array()) {
        if (auto tool = tool_of(entry, agent.ns())) references.push_back(std::move(*tool));
    }
}

void add_team(std::vector<Reference>& references, const resources::Resource& team) {
    const auto& spec = team.value["spec"];
    for (const auto& member : spec["members"].array())
        references.push_back(member_of(member, team.ns()));
    const auto selector = spec["selector"]["agent"].text();
    if (!selector.empty()) references.push_back({"Agent", std::string(team.ns()), std::string(selector)});
}

void add_tool(std::vector<Reference>& references, const resources::Resource& tool) {
    const auto& spec = tool.value["spec"];
    add(references, "MCPServer", spec["mcp"]["mcpServerRef"], tool.ns());
    add(references, "Agent", spec["agent"], tool.ns());
    add(references, "Team", spec["team"], tool.ns());
}

}  // namespace

Reference reference_to(const resources::Resource& resource) {
    return {resource.kind->name, std::string(resource.ns()), std::string(resource.name())};
}

std::string text_of(const Reference& reference) {
    return fmt::format("{} {}/{}", reference.kind, reference.ns, reference.name);
}

Reference model_of(const resources::Resource& agent) {
    const auto& reference = agent.value["spec"]["modelRef"];
    return {"Model", std::string(reference["namespace"].text(agent.ns())),
            std::string(reference["name"].text("default"))};
}

std::optional<Reference> engine_of(const resources::Resource& agent) {
    const auto& engine = agent.value["spec"]["executionEngine"];
    const auto name = engine["name"].text();
    if (name.empty()) return std::nullopt;
    std::string ns(engine["namespace"].text(agent.ns()));
    if (name != "a2a") return Reference{"ExecutionEngine", std::move(ns), std::string(name)};
    const auto& metadata = agent.value["metadata"];
    const auto labelled = metadata["labels"]["a2a/server"].text();
    return Reference{"A2AServer", std::move(ns),
                     std::string(metadata["annotations"]["ark.mckinsey.com/a2a-server-name"].text(labelled))};
}

std::optional<Reference> tool_of(const JsonValue& entry, std::string_view ns) {
    const std::string name(entry["partial"]["name"].text(entry["name"].text()));
    const bool builtin = entry["type"].text() == "built-in" || entry["type"].text() == "builtin";
    if (builtin && (name == "noop" || name == "terminate")) return std::nullopt;
    return Reference{"Tool", std::string(ns), name};
}

Reference member_of(const JsonValue& entry, std::string_view ns) {
    return {entry["type"].text() == "team" ? "Team" : "Agent", std::string(ns), std::string(entry["name"].text())};
}

std::vector<Reference> references_of(const resources::Resource& resource) {
    std::vector<Reference> references;
    const auto kind = std::string_view(resource.kind->name);
    if (kind == "Agent") add_agent(references, resource);
    if (kind == "Team") add_team(references, resource);
    if (kind == "Tool") add_tool(references, resource);
    const auto& spec = resource.value["spec"];
    add(references, "Secret", spec["authorization"]["tokenSecretRef"], resource.ns());
    add_sources(references, spec, resource.ns());
    std::sort(references.begin(), references.end());
    references.erase(std::unique(references.begin(), references.end()), references.end());
    return references;
}

}  // namespace ark::runs
