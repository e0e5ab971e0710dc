#include "reconcile/made.hpp"

#include "base/text.hpp"
#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"

#include <set>

#include <fmt/format.h>

namespace ark::reconcile {
namespace {

using codec::JsonWriter;

constexpr std::size_t label_bytes_max = 63;
constexpr std::string_view inherited_prefix = "ark.mckinsey.com/";

std::string owner_text(const resources::Resource& server) {
    std::string text;
    JsonWriter json(text);
    json.begin_array().begin_object();
    json.field("apiVersion", server.kind->api_version()).field("kind", server.kind->name);
    json.field("name", server.name()).field("uid", server.uid());
    json.field("controller", true).field("blockOwnerDeletion", true).end_object().end_array();
    return text;
}

/// Annotations of ours on a server hold for what comes of it.
void write_inherited(JsonWriter& json, const resources::Resource& server) {
    for (const auto& [name, value] : server.value["metadata"]["annotations"].object()) {
        if (name.starts_with(inherited_prefix) && value.is_string()) json.field(name, value.text());
    }
}

void begin(JsonWriter& json, const resources::Kind& kind, std::string_view name, const resources::Resource& server) {
    json.begin_object().field("apiVersion", kind.api_version()).field("kind", kind.name);
    json.key("metadata").begin_object().field("name", name);
    json.key("labels").begin_object();
    json.field(server_label(*server.kind), resource_name(server.name(), label_bytes_max)).end_object();
    json.key("ownerReferences").raw(owner_text(server));
}

Made finished(std::string name, const std::string& text) {
    return {std::move(name), codec::parsed_or_null(text)};
}

/// The hints that the Tool's schema knows, of the types it wants.
void write_hints(JsonWriter& json, const JsonValue& hints) {
    json.key("annotations").begin_object();
    for (const auto* name : {"destructiveHint", "idempotentHint", "openWorldHint", "readOnlyHint"}) {
        if (std::holds_alternative<bool>(hints[name].data)) json.field(name, hints[name].boolean());
    }
    if (hints["title"].is_string()) json.field("title", hints["title"].text());
    json.end_object();
}

Made tool_of(const resources::Resource& server, const tools::mcp::ToolInfo& tool, std::string name) {
    const auto& kind = resources::kind_named("Tool");
    std::string text;
    JsonWriter json(text);
    begin(json, kind, name, server);
    json.key("annotations").begin_object();
    write_inherited(json, server);
    json.end_object().end_object();
    json.key("spec").begin_object().field("type", "mcp");
    if (!tool.definition.description.empty()) json.field("description", tool.definition.description);
    if (!tool.definition.parameters.empty()) json.key("inputSchema").raw(tool.definition.parameters);
    write_hints(json, tool.annotations);
    json.key("mcp").begin_object().key("mcpServerRef").begin_object();
    json.field("name", server.name()).field("namespace", server.ns()).end_object();
    json.field("toolName", tool.definition.name).end_object();
    json.end_object().end_object();
    return finished(std::move(name), text);
}

}  // namespace

std::string resource_name(std::string_view text, std::size_t max) {
    std::string name;
    for (const char c : text) {
        const auto lower = to_lower(c);
        const bool fine = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (fine) {
            name.push_back(lower);
        } else if (!name.empty() && name.back() != '-') {
            name.push_back('-');
        }
    }
    if (name.size() > max) name.resize(max);
    while (name.ends_with('-'))
        name.pop_back();
    return name;
}

std::string_view server_label(const resources::Kind& kind) {
    return kind.name == "MCPServer" ? "mcp/server" : "a2a/server";
}

bool is_owned_by(const resources::Resource& resource, const resources::Resource& owner) {
    for (const auto& reference : resource.value["metadata"]["ownerReferences"].array()) {
        if (reference["uid"].text() == owner.uid()) return true;
    }
    return false;
}

std::vector<Made> tools_of(const resources::Resource& server, const std::vector<tools::mcp::ToolInfo>& tools) {
    std::vector<Made> made;
    std::set<std::string> names;
    for (const auto& tool : tools) {
        const auto wanted = resource_name(fmt::format("{}-{}", server.name(), tool.definition.name), 240);
        auto name = wanted;
        for (int i = 2; !names.insert(name).second; ++i)
            name = fmt::format("{}-{}", wanted, i);
        made.push_back(tool_of(server, tool, std::move(name)));
    }
    return made;
}

Made agent_of(const resources::Resource& server, const tools::a2a::AgentCard& card, std::string_view address) {
    auto name = resource_name(card.name);
    if (name.empty()) name = server.name();
    const auto& kind = resources::kind_named("Agent");
    std::string text;
    JsonWriter json(text);
    begin(json, kind, name, server);
    json.key("annotations").begin_object();
    write_inherited(json, server);
    json.field("ark.mckinsey.com/a2a-server-name", server.name());
    json.field("ark.mckinsey.com/a2a-server-address", address);
    json.field("ark.mckinsey.com/a2a-server-skills", card.skills.is_array() ? card.skills.dump() : "[]");
    json.field("ark.mckinsey.com/a2a-streaming-supported", card.streaming ? "true" : "false");
    json.end_object().end_object();
    json.key("spec").begin_object().field("description", card.description);
    json.field("prompt", fmt::format("You are {}. {}", card.name, card.description));
    json.key("executionEngine").begin_object().field("name", "a2a").end_object();
    json.end_object().end_object();
    return finished(std::move(name), text);
}

}  // namespace ark::reconcile
