#pragma once
#include "resources/store.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Which resources a resource names: what a run reads, and what has to be there for one to go well. Pure.
namespace ark::runs {

/// How deep teams and agents as tools may be within each other.
inline constexpr std::size_t nesting_max = 16;

struct Reference {
    std::string_view kind;  ///< of the kind table
    std::string ns;
    std::string name;

    auto operator<=>(const Reference&) const = default;
};

Reference reference_to(const resources::Resource& resource);
/// "Model lab/small".
std::string text_of(const Reference& reference);

/// Agents without an engine think with this model, "default" where they name none.
Reference model_of(const resources::Resource& agent);
/// Who runs the agent elsewhere: the ExecutionEngine, or the A2AServer of engine `a2a`, which the annotation (the
/// label, in resources of others) names; its name is empty when neither does. Nothing: it is run here.
std::optional<Reference> engine_of(const resources::Resource& agent);
/// The Tool behind an entry of the agent's tools; nothing: it is built in.
std::optional<Reference> tool_of(const codec::JsonValue& entry, std::string_view ns);
/// The Agent or Team of an entry of the team's members.
Reference member_of(const codec::JsonValue& entry, std::string_view ns);

/// All of them, those of `valueFrom` wherever they are in the spec among them; each once, ordered.
std::vector<Reference> references_of(const resources::Resource& resource);

}  // namespace ark::runs
