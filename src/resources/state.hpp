#pragma once
#include "resources/kind.hpp"

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace ark::resources {

/// A resource as it is stored; immutable, shared by everybody who reads it.
struct Resource {
    const Kind* kind = nullptr;
    JsonValue value;
    std::string json;  ///< of value
    std::uint64_t version = 0;

    Resource(const Kind& of, JsonValue object, std::uint64_t at);
    std::string_view ns() const;
    std::string_view name() const;
    std::string_view uid() const;
};
using ResourcePtr = std::shared_ptr<const Resource>;

/// One step from a state to the next.
struct Change {
    enum class Type { added, modified, deleted };
    Type type = Type::added;
    ResourcePtr before;  ///< null when added
    ResourcePtr after;   ///< when deleted: its last state, with the version of the deletion
};
std::string_view name(Change::Type type);  ///< "ADDED"

/// All resources at one version, with the indexes that the store needs. Not thread-safe.
class State final : public References {
public:
    struct Key {
        const Kind* kind = nullptr;
        std::string ns;
        std::string name;
        friend auto operator<=>(const Key& a, const Key& b) = default;
    };
    using Map = std::map<Key, ResourcePtr>;

    std::uint64_t version() const { return version_; }
    void set_version(std::uint64_t version) { version_ = version; }
    std::size_t size() const { return resources_.size(); }
    std::uint64_t bytes() const { return bytes_; }  ///< of all JSON

    ResourcePtr find(const Kind& kind, std::string_view ns, std::string_view name) const;
    const JsonValue* find(std::string_view kind, std::string_view ns, std::string_view name) const override;
    /// Of one kind, in a namespace or (empty) in all, ordered by namespace and name.
    std::pair<Map::const_iterator, Map::const_iterator> range(const Kind& kind, std::string_view ns) const;
    const Map& all() const { return resources_; }

    bool has_uid(const std::string& uid) const { return uids_.count(uid) > 0; }
    /// Of the owner with that uid.
    std::vector<ResourcePtr> dependents(const std::string& uid) const;

    void apply(const Change& change);
    void revert(const Change& change);  ///< the last one that was applied, for a trial

private:
    void insert(const ResourcePtr& resource);
    void erase(const Resource& resource);

    std::uint64_t version_ = 0;
    std::uint64_t bytes_ = 0;
    Map resources_;
    std::set<std::string> uids_;
    std::map<std::string, std::set<Key>> dependents_;  // by the owner's uid
};

}  // namespace ark::resources
