#include "resources/state.hpp"

#include "base/check.hpp"
#include "resources/metadata.hpp"

namespace ark::resources {

Resource::Resource(const Kind& of, JsonValue object, std::uint64_t at)
    : kind(&of), value(std::move(object)), json(value.dump()), version(at) {}

std::string_view Resource::ns() const {
    return namespace_of(value);
}
std::string_view Resource::name() const {
    return name_of(value);
}
std::string_view Resource::uid() const {
    return uid_of(value);
}

std::string_view name(Change::Type type) {
    return type == Change::Type::added ? "ADDED" : type == Change::Type::modified ? "MODIFIED" : "DELETED";
}

ResourcePtr State::find(const Kind& kind, std::string_view ns, std::string_view name) const {
    const auto found = resources_.find(Key{&kind, std::string(ns), std::string(name)});
    return found == resources_.end() ? nullptr : found->second;
}

const JsonValue* State::find(std::string_view kind, std::string_view ns, std::string_view name) const {
    const auto& row = kind_named(kind);
    const auto found = find(row, row.namespaced ? ns : std::string_view(), name);
    return found == nullptr ? nullptr : &found->value;
}

std::pair<State::Map::const_iterator, State::Map::const_iterator> State::range(const Kind& kind,
                                                                               std::string_view ns) const {
    const auto begin = resources_.lower_bound(Key{&kind, std::string(ns), ""});
    auto end = begin;
    if (ns.empty()) {
        end = resources_.lower_bound(Key{&kind + 1, "", ""});
    } else {
        end = resources_.lower_bound(Key{&kind, std::string(ns) + '\0', ""});
    }
    return {begin, end};
}

std::vector<ResourcePtr> State::dependents(const std::string& uid) const {
    std::vector<ResourcePtr> found;
    const auto keys = dependents_.find(uid);
    if (keys == dependents_.end()) return found;
    for (const auto& key : keys->second)
        found.push_back(resources_.at(key));
    return found;
}

void State::insert(const ResourcePtr& resource) {
    const Key key{resource->kind, std::string(resource->ns()), std::string(resource->name())};
    bytes_ += resource->json.size();
    uids_.emplace(resource->uid());
    for (const auto& owner : resource->value["metadata"]["ownerReferences"].array())
        dependents_[std::string(owner["uid"].text())].insert(key);
    resources_.insert_or_assign(key, resource);
}

void State::erase(const Resource& resource) {
    const Key key{resource.kind, std::string(resource.ns()), std::string(resource.name())};
    bytes_ -= resource.json.size();
    uids_.erase(std::string(resource.uid()));
    for (const auto& owner : resource.value["metadata"]["ownerReferences"].array()) {
        const auto keys = dependents_.find(std::string(owner["uid"].text()));
        if (keys == dependents_.end()) continue;
        keys->second.erase(key);
        if (keys->second.empty()) dependents_.erase(keys);
    }
    resources_.erase(key);
}

void State::apply(const Change& change) {
    ARK_CHECK(change.after->version > version_, "version {} after {}", change.after->version, version_);
    version_ = change.after->version;
    if (change.before) erase(*change.before);
    if (change.type != Change::Type::deleted) insert(change.after);
}

void State::revert(const Change& change) {
    if (change.type != Change::Type::deleted) erase(*change.after);
    if (change.before) insert(change.before);
}

}  // namespace ark::resources
