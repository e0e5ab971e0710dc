#include "runs/builder.hpp"

#include "base/duration.hpp"
#include "codec/template.hpp"
#include "runs/references.hpp"
#include "runs/shaped_tool.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::runs {
namespace {

using codec::JsonValue;

llm::ToolDefinition definition_of(const resources::Resource& tool, std::string name, std::string description) {
    const auto& spec = tool.value["spec"];
    llm::ToolDefinition definition;
    definition.name = name.empty() ? std::string(tool.name()) : std::move(name);
    definition.description = description.empty() ? std::string(spec["description"].text()) : std::move(description);
    if (definition.description.empty())
        definition.description = tool.value["metadata"]["annotations"]["description"].text();
    if (spec["inputSchema"].is_object()) definition.parameters = spec["inputSchema"].dump();
    return definition;
}

/// Providers allow 64 characters of few kinds; so does the reference.
std::string format_name(std::string_view ns, std::string_view agent) {
    auto name = fmt::format("namespace-{}-agent-{}", ns, agent);
    return name.substr(0, 64);
}

/// Keyed by the entry: what the tool is called elsewhere plays no part.
agents::CallablePtr with_approval(agents::CallablePtr tool, const JsonValue& approval) {
    if (!approval["required"].boolean()) return tool;
    agents::ApprovalRule rule;
    if (const auto timeout = parse_duration(approval["timeout"].text())) rule.timeout = *timeout;
    rule.proceed_on_timeout = approval["onTimeout"].text() == "proceed";
    return agents::make_approved(std::move(tool), rule);
}

teams::Strategy strategy_of(const JsonValue& spec) {
    const auto name = spec["strategy"].text();
    if (name == "selector") return teams::Strategy::selector;
    if (name == "graph") return teams::Strategy::graph;
    return spec["loops"].boolean() || name == "round-robin" ? teams::Strategy::loops : teams::Strategy::sequential;
}

}  // namespace

Status Builder::enter(std::string what) {
    std::string path;
    for (const auto& outer : within_)
        path += outer + " → ";
    if (std::find(within_.begin(), within_.end(), what) != within_.end())
        return fail(Errc::config, path + what + ": it would take part in itself");
    if (within_.size() >= nesting_max) return fail(Errc::config, path + what + ": nested too deep");
    within_.push_back(std::move(what));
    return ok();
}

awaitable<Result<agents::Brain>> Builder::model(std::string ns, std::string name, Overrides overrides) {
    ARK_CO_TRY(auto model, co_await lookup_.get("Model", ns, name));
    co_return co_await network_.model(lookup_, std::move(model), std::move(overrides));
}

awaitable<Result<agents::CallablePtr>> Builder::tool(std::string ns, std::string name, Overrides overrides,
                                                     std::string exposed_name, std::string description) {
    ARK_CO_TRY(auto tool, co_await lookup_.get("Tool", ns, name));
    const auto& spec = tool->value["spec"];
    const std::string type(spec["type"].text());
    auto definition = definition_of(*tool, std::move(exposed_name), std::move(description));
    if (type == "builtin") {
        const auto builtin = spec["builtin"]["name"].text(name);
        if (builtin == "noop") co_return agents::make_noop();
        if (builtin == "terminate") co_return agents::make_terminate();
        co_return fail(Errc::config, fmt::format("Tool {}/{}: there is no builtin {}", ns, name, builtin));
    }
    if (type == "agent" || type == "team") {
        const std::string whom(spec[type]["name"].text());
        ARK_CO_TRY(auto made, co_await participant(type, ns, whom));
        if (definition.parameters.empty()) definition.parameters = agents::text_schema({{"input", "What to ask.", {}}});
        if (definition.description.empty()) definition.description = made->description();
        co_return agents::make_participant_tool(std::move(definition), std::move(made));
    }
    co_return co_await network_.tool(lookup_, std::move(tool), std::move(definition), std::move(overrides));
}

awaitable<Result<teams::ParticipantPtr>> Builder::participant(std::string type, std::string ns, std::string name) {
    if (type == "team") co_return co_await team(std::move(ns), std::move(name));
    co_return co_await agent(std::move(ns), std::move(name));
}

awaitable<Result<teams::ParticipantPtr>> Builder::agent(std::string ns, std::string name) {
    ARK_CO_TRY_STATUS(enter(fmt::format("agent {}/{}", ns, name)));
    auto made = co_await any_agent(std::move(ns), std::move(name));
    leave();
    co_return made;
}

awaitable<Result<teams::ParticipantPtr>> Builder::any_agent(std::string ns, std::string name) {
    ARK_CO_TRY(auto agent, co_await lookup_.get("Agent", ns, name));
    if (engine_of(*agent)) co_return co_await remote_agent(std::move(agent));
    auto spec = co_await agent_spec(std::move(ns), std::move(name));
    if (!spec) co_return spec.error();
    co_return agents::make_agent(std::move(*spec));
}

/// Engine `a2a`: the agent of an A2AServer. Any other engine is told the query and reads the rest itself.
awaitable<Result<teams::ParticipantPtr>> Builder::remote_agent(resources::ResourcePtr agent) {
    const auto where = text_of(reference_to(*agent));
    auto engine = *engine_of(*agent);
    if (engine.name.empty())
        co_return fail(Errc::config,
                       where + ": which A2AServer? The annotation ark.mckinsey.com/a2a-server-name is to say");
    const bool is_a2a = engine.kind == "A2AServer";
    // An engine is told the query only, and runs its target: it cannot know that a member or a tool is meant.
    if (!is_a2a && within_.size() > 1)
        co_return fail(Errc::config,
                       fmt::format("{}: an agent of execution engine {} answers queries that are for it; it "
                                   "cannot be a member of a team or a tool",
                                   where, engine.name));
    auto resource = co_await lookup_.get(engine.kind, std::move(engine.ns), std::move(engine.name));
    if (!resource) co_return prefix(resource.error(), where);
    auto peer = co_await network_.peer(lookup_, std::move(*resource));
    if (!peer) co_return prefix(peer.error(), where);
    RemoteAgentSpec spec;
    spec.ns = agent->ns();
    spec.name = agent->name();
    spec.description = agent->value["spec"]["description"].text();
    spec.peer = std::move(*peer);
    spec.engine = !is_a2a;
    spec.query = query_;
    spec.store = &store_;
    co_return make_remote_agent(std::move(spec));
}

awaitable<Result<agents::AgentSpec>> Builder::agent_spec(std::string ns, std::string name) {
    ARK_CO_TRY(const auto agent, co_await lookup_.get("Agent", ns, name));
    const auto where = fmt::format("Agent {}/{}", ns, name);
    const auto& spec = agent->value["spec"];
    agents::AgentSpec made;
    made.ns = ns;
    made.name = name;
    made.description = spec["description"].text();
    made.prompt = spec["prompt"].text();
    // Without parameters the prompt is no template: braces in it are braces.
    if (spec["parameters"].size() > 0) {
        ARK_CO_TRY(const auto parameters, co_await lookup_.parameters(spec["parameters"], ns, where));
        auto prompt = codec::render_template(made.prompt, parameters);
        if (!prompt) co_return prefix(prompt.error(), where + ": prompt");
        made.prompt = std::move(*prompt);
    }
    Overrides overrides;
    ARK_CO_TRY_STATUS(co_await overrides.add(spec["overrides"], lookup_, ns, where));
    overrides.add(overrides_);
    auto thinks_with = model_of(*agent);
    auto brain = co_await model(std::move(thinks_with.ns), std::move(thinks_with.name), overrides);
    if (!brain) co_return prefix(brain.error(), where);
    made.brain = std::move(*brain);
    if (spec["outputSchema"].is_object()) {
        llm::ResponseFormat format;
        format.name = format_name(ns, name);
        format.schema = spec["outputSchema"].dump();
        made.format = std::move(format);
    }
    for (const auto& entry : spec["tools"].array()) {
        ARK_CO_TRY(auto callable, co_await entry_tool(entry, ns, where, overrides));
        made.tools.push_back(with_approval(std::move(callable), entry["approval"]));
    }
    co_return made;
}

awaitable<Result<agents::CallablePtr>> Builder::entry_tool(const JsonValue& entry, std::string ns, std::string where,
                                                           Overrides overrides) {
    const std::string exposed(entry["name"].text());
    auto named = tool_of(entry, ns);
    agents::CallablePtr callable;
    if (named) {
        std::string description(entry["description"].text());
        auto made = co_await tool(ns, std::move(named->name), std::move(overrides), exposed, std::move(description));
        if (!made) co_return prefix(made.error(), where);
        callable = std::move(*made);
    } else if (entry["partial"]["name"].text(exposed) == "noop") {
        callable = agents::make_noop();
    } else {
        callable = agents::make_terminate();
    }
    co_return co_await shape_tool(std::move(callable), entry, lookup_, ns, where, network_.filter_pool());
}

awaitable<Result<teams::ParticipantPtr>> Builder::team(std::string ns, std::string name) {
    ARK_CO_TRY(const auto team, co_await lookup_.get("Team", ns, name));
    ARK_CO_TRY_STATUS(enter(fmt::format("team {}/{}", ns, name)));
    const auto& spec = team->value["spec"];
    teams::TeamSpec made;
    made.ns = ns;
    made.name = name;
    made.description = spec["description"].text();
    made.strategy = strategy_of(spec);
    made.turns_max = static_cast<std::size_t>(std::max<std::int64_t>(0, spec["maxTurns"].integer()));
    for (const auto& member : spec["members"].array()) {
        auto who = member_of(member, ns);
        std::string type(who.kind == "Team" ? "team" : "agent");
        ARK_CO_TRY(auto participant, co_await this->participant(std::move(type), ns, std::move(who.name)));
        made.members.push_back(std::move(participant));
    }
    for (const auto& edge : spec["graph"]["edges"].array())
        made.edges.emplace_back(edge["from"].text(), edge["to"].text());
    if (made.strategy == teams::Strategy::selector) {
        auto chosen = co_await selector(spec["selector"], ns);
        if (!chosen) co_return prefix(chosen.error(), fmt::format("Team {}/{}: selector", ns, name));
        made.selector = std::move(*chosen);
    }
    leave();
    co_return teams::make_team(std::move(made));
}

awaitable<Result<teams::SelectorSpec>> Builder::selector(const JsonValue& spec, std::string ns) {
    teams::SelectorSpec made;
    std::string agent(spec["agent"].text());
    ARK_CO_TRY(made.agent, co_await agent_spec(std::move(ns), std::move(agent)));
    made.prompt = spec["selectorPrompt"].text();
    made.may_terminate = spec["enableTerminateTool"].boolean();
    made.terminate_prompt = spec["terminatePrompt"].text();
    co_return made;
}

}  // namespace ark::runs
