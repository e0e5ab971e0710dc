#pragma once
#include "resources/schema.hpp"

#include <string>
#include <string_view>
#include <vector>

/// The kinds of resources that the store knows: one row of data each.
namespace ark::resources {

inline constexpr std::string_view ark_group = "ark.mckinsey.com";

/// A column of `kubectl get` and `ark get`.
struct Column {
    std::string name;
    std::string type;  ///< "string", "integer", "date"
    std::string path;  ///< ".spec.model.value", ".status.conditions[Available].status"
    bool wide = false;
};

/// Looks up other resources while one is checked.
class References {
public:
    virtual ~References() = default;
    /// By kind ("Agent"), in a namespace. Null when there is none; else valid until the next change.
    virtual const JsonValue* find(std::string_view kind, std::string_view ns, std::string_view name) const = 0;
};

/// What a check has besides the object.
struct CheckContext {
    const References& references;
    bool private_addresses = true;  ///< models may be on loopback and in private networks
    Causes& causes;
    std::vector<std::string>& warnings;
};

struct Kind {
    std::string group;  ///< "" for the core group
    std::string version;
    std::string name;  ///< "Agent"
    std::string plural;
    std::string singular;
    std::vector<std::string> short_names;
    std::string summary;  ///< one line, for people
    bool namespaced = true;
    bool has_status = true;  ///< a status subresource; spec changes count up the generation
    Schema schema;           ///< beyond apiVersion, kind and metadata
    std::vector<Column> columns;
    std::vector<std::string> selectable;  ///< fields that field selectors may name, beyond metadata.name and .namespace
    /// Brings older forms of the spec into today's; says so with warnings. Before defaults.
    void (*migrate)(JsonValue& object, const References& references, std::vector<std::string>& warnings) = nullptr;
    /// What the schema cannot say. After defaults, only for objects that fit the schema.
    void (*check)(const JsonValue& object, CheckContext& context) = nullptr;

    std::string api_version() const { return group.empty() ? version : group + "/" + version; }
    std::string list_name() const { return name + "List"; }
    std::string qualified() const { return group.empty() ? plural : plural + "." + group; }  ///< "agents.ark…"
};

/// In the order of documentation; addresses are stable.
const std::vector<Kind>& all_kinds();
const Kind* find_kind(std::string_view group, std::string_view version, std::string_view plural);
const Kind* find_kind_of(std::string_view api_version, std::string_view name);
/// By what people type: plural, singular, short name or kind, in any case, with or without ".group".
const Kind* find_kind_by_word(std::string_view word);
const Kind& kind_named(std::string_view name);  ///< of the program: must exist

}  // namespace ark::resources
