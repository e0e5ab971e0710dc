#pragma once
#include "resources/store.hpp"
#include "tools/a2a/client.hpp"
#include "tools/mcp/message.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The resources that are made of what servers offer. Pure.
namespace ark::reconcile {

using codec::JsonValue;

/// "tide-charts-look_up" → a name that resources may have: lower case, '-' for everything else, at most `max` long.
std::string resource_name(std::string_view text, std::size_t max = 253);

/// A resource to be applied, under its name.
struct Made {
    std::string name;
    JsonValue object;
};

/// A Tool for each tool of an MCP server, named SERVER-TOOL. Two tools whose names become the same get -2, -3, …
std::vector<Made> tools_of(const resources::Resource& server, const std::vector<tools::mcp::ToolInfo>& tools);
/// The Agent that stands for an A2A server's card.
Made agent_of(const resources::Resource& server, const tools::a2a::AgentCard& card, std::string_view address);

/// The label by which a server's resources are found.
std::string_view server_label(const resources::Kind& kind);
bool is_owned_by(const resources::Resource& resource, const resources::Resource& owner);

}  // namespace ark::reconcile
