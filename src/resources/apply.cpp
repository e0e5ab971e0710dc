#include "resources/apply.hpp"

#include "resources/metadata.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace ark::resources {
namespace {

using Path = std::vector<std::string>;
using Paths = std::set<Path>;

/// Fields that identify an object, or that no manager owns.
bool is_identity(const Path& path) {
    static const Paths identity = {{"apiVersion"},
                                   {"kind"},
                                   {"metadata", "name"},
                                   {"metadata", "namespace"},
                                   {"metadata", "uid"},
                                   {"metadata", "resourceVersion"},
                                   {"metadata", "generation"},
                                   {"metadata", "creationTimestamp"},
                                   {"metadata", "managedFields"}};
    return identity.count(path) > 0;
}

void collect(const JsonValue& value, Path& path, Paths& out) {
    if (is_identity(path)) return;
    if (!value.is_object() || value.size() == 0) {
        if (!path.empty()) out.insert(path);
        return;
    }
    for (const auto& [name, member] : value.object()) {
        path.push_back(name);
        collect(member, path, out);
        path.pop_back();
    }
}

/// {"f:spec":{"f:prompt":{}}} as paths.
void read_fields(const JsonValue& fields, Path& path, Paths& out) {
    if (fields.size() == 0) {
        if (!path.empty()) out.insert(path);
        return;
    }
    for (const auto& [name, inner] : fields.object()) {
        if (!name.starts_with("f:")) continue;
        path.push_back(name.substr(2));
        read_fields(inner, path, out);
        path.pop_back();
    }
}

JsonValue write_fields(const Paths& paths) {
    JsonValue fields{JsonValue::Object{}};
    for (const auto& path : paths) {
        auto* at = &fields;
        for (const auto& step : path) {
            auto* next = at->find("f:" + step);
            at = next != nullptr ? next : &at->set("f:" + step, JsonValue{JsonValue::Object{}});
        }
    }
    return fields;
}

const JsonValue& value_at(const JsonValue& object, const Path& path) {
    const auto* at = &object;
    for (const auto& step : path)
        at = &(*at)[step];
    return *at;
}

std::string text_of(const Path& path) {
    std::string text;
    for (const auto& step : path)
        text += "." + step;
    return text;
}

/// Removes the field, and objects that become empty by it.
void erase_at(JsonValue& object, const Path& path, std::size_t depth = 0) {
    auto* member = object.find(path[depth]);
    if (member == nullptr) return;
    if (depth + 1 < path.size()) {
        erase_at(*member, path, depth + 1);
        if (!member->is_object() || member->size() > 0) return;
    }
    object.erase(path[depth]);
}

void merge(JsonValue& target, const JsonValue& applied) {
    for (const auto& [name, value] : applied.object()) {
        auto* member = target.find(name);
        if (member != nullptr && member->is_object() && value.is_object()) {
            merge(*member, value);
        } else {
            target.set(name, value);
        }
    }
}

/// What one manager applied last.
struct Entry {
    std::string manager;
    Paths paths;
    JsonValue json;
};

std::vector<Entry> read_entries(const JsonValue& object) {
    std::vector<Entry> entries;
    for (const auto& each : object["metadata"]["managedFields"].array()) {
        Entry entry{std::string(each["manager"].text()), {}, each};
        Path path;
        read_fields(each["fieldsV1"], path, entry.paths);
        entries.push_back(std::move(entry));
    }
    return entries;
}

Outcome<void> take_over(const JsonValue& current, const JsonValue& applied, const Paths& fields, const Applier& applier,
                        std::vector<Entry>& entries) {
    Causes causes;
    for (auto& entry : entries) {
        if (entry.manager == applier.manager) continue;
        for (const auto& path : fields) {
            if (entry.paths.count(path) == 0 || value_at(current, path) == value_at(applied, path)) continue;
            if (applier.force) {
                entry.paths.erase(path);
            } else if (causes.size() < causes_max) {
                causes.push_back(
                    {"FieldManagerConflict", fmt::format("conflict with \"{}\"", entry.manager), text_of(path)});
            }
        }
    }
    if (causes.empty()) return {};
    auto refusal = refuse(Reason::conflict,
                          fmt::format("Apply failed with {} conflict{}: {}: {}", causes.size(),
                                      causes.size() == 1 ? "" : "s", causes.front().message, causes.front().field));
    refusal.causes = std::move(causes);
    return refusal;
}

JsonValue write_entry(const Entry& entry, const JsonValue& object, const Applier& applier) {
    auto json = entry.json;
    if (entry.manager == applier.manager || json.is_null()) {
        json = {};
        json.set("manager", JsonValue{entry.manager});
        json.set("operation", JsonValue{std::string("Apply")});
        json.set("apiVersion", object["apiVersion"]);
        json.set("time", JsonValue{applier.time});
        json.set("fieldsType", JsonValue{std::string("FieldsV1")});
    }
    json.set("fieldsV1", write_fields(entry.paths));
    return json;
}

}  // namespace

Outcome<void> apply_patch(JsonValue& current, const JsonValue& applied, const Applier& applier) {
    Path path;
    Paths fields;
    collect(applied, path, fields);
    auto entries = read_entries(current);
    if (auto taken = take_over(current, applied, fields, applier, entries); !taken) return taken.error();

    const auto is_own = [&](const Entry& entry) { return entry.manager == applier.manager; };
    auto own = std::find_if(entries.begin(), entries.end(), is_own);
    if (own == entries.end()) own = entries.insert(entries.end(), Entry{applier.manager, {}, {}});
    for (const auto& before : own->paths) {
        const bool kept = fields.count(before) > 0 || std::any_of(entries.begin(), entries.end(), [&](const Entry& e) {
                              return !is_own(e) && e.paths.count(before) > 0;
                          });
        if (!kept) erase_at(current, before);
    }
    const bool same = own->paths == fields && !own->json.is_null();
    own->paths = std::move(fields);

    merge(current, applied);
    JsonValue::Array list;
    for (const auto& entry : entries) {
        if (entry.paths.empty()) continue;
        // The time says when the set of fields changed: applying the same again changes nothing.
        list.push_back(same && is_own(entry) ? entry.json : write_entry(entry, current, applier));
    }
    auto* metadata = current.find("metadata");
    if (metadata == nullptr) metadata = &current.set("metadata", JsonValue{JsonValue::Object{}});
    metadata->set("managedFields", JsonValue{std::move(list)});
    return {};
}

}  // namespace ark::resources
