#pragma once
#include "net/http.hpp"
#include "resources/selector.hpp"
#include "runs/lookup.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::runs {

/// Header fields that agents and queries add to the calls of models and MCP servers (facts: "Header overrides"). Of one
/// name the one that was added last counts: the query's are added behind the agent's.
class Overrides {
public:
    /// `list` is `spec.overrides` of a resource of the namespace: it reaches the resources of that namespace alone.
    awaitable<Status> add(const codec::JsonValue& list, Lookup& lookup, std::string ns, std::string where);
    /// `mcp-server-settings` of a query: `{"ns/server": {"headers": {name: value}}}`. config: it cannot be read, or
    /// asks for what is not supported.
    Status add_server_settings(std::string_view json);
    void add(const Overrides& others);

    /// Sets what is meant for the resource. `type`: "model" or "mcpserver".
    void apply(net::Fields& fields, std::string_view type, const resources::Resource& resource) const;

private:
    struct One {
        std::string type;
        std::string ns;
        std::string name;  // empty: the selector decides
        resources::LabelSelector selector;
        net::Fields fields;
    };
    std::vector<One> all_;
};

}  // namespace ark::runs
