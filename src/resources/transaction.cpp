#include "resources/transaction.hpp"

#include "codec/json_text.hpp"
#include "resources/apply.hpp"
#include "resources/metadata.hpp"

#include <fmt/format.h>

namespace ark::resources {
namespace {

using codec::json_text;

JsonValue& metadata_in(JsonValue& object) {
    auto* metadata = object.find("metadata");
    if (metadata == nullptr || !metadata->is_object())
        metadata = &object.set("metadata", JsonValue{JsonValue::Object{}});
    return *metadata;
}

void copy_field(const JsonValue& from, JsonValue& to, std::string_view name) {
    const auto& value = from[name];
    if (value.is_null()) {
        to.erase(name);
    } else {
        to.set(name, value);
    }
}

/// Without what a write of the spec does not count as a change of: metadata and status.
bool same_spec(const JsonValue& a, const JsonValue& b) {
    const auto strip = [](JsonValue value) {
        value.erase("metadata");
        value.erase("status");
        return value;
    };
    return strip(a) == strip(b);
}

Refusal refuse_missing(const Kind& kind, std::string_view name) {
    return refuse_named(Reason::not_found, kind, name, "not found");
}

Refusal refuse_stale(const Kind& kind, std::string_view name) {
    auto refusal = refuse_named(Reason::conflict, kind, name, {});
    refusal.message = fmt::format(
        "Operation cannot be fulfilled on {} \"{}\": the object has been modified; please apply your changes to the "
        "latest version and try again",
        kind.qualified(), name);
    return refusal;
}

Refusal refuse_field(const Kind& kind, std::string_view name, Cause cause) {
    auto refusal = refuse_named(Reason::invalid, kind, name, {});
    refusal.message = fmt::format("{} \"{}\" is invalid: {}: {}", kind.name, name, cause.field, cause.message);
    refusal.causes.push_back(std::move(cause));
    return refusal;
}

/// What the address says must be what the object says, or the object leaves it out.
Outcome<void> fit_address(const Kind& kind, const std::string& ns, std::string_view name, JsonValue& object) {
    if (!object.is_object()) return refuse(Reason::bad_request, "a resource is an object");
    if (object["apiVersion"].is_null()) object.set("apiVersion", json_text(kind.api_version()));
    if (object["kind"].is_null()) object.set("kind", json_text(kind.name));
    if (object["apiVersion"].text() != kind.api_version() || object["kind"].text() != kind.name) {
        return refuse(Reason::bad_request,
                      fmt::format("this is a {} of {}, but the address is that of {} of {}", object["kind"].text(),
                                  object["apiVersion"].text(), kind.name, kind.api_version()));
    }
    auto& metadata = metadata_in(object);
    if (kind.namespaced && metadata["namespace"].text().empty()) metadata.set("namespace", json_text(ns));
    if (!kind.namespaced) metadata.erase("namespace");
    if (kind.namespaced && metadata["namespace"].text() != ns) {
        return refuse(Reason::bad_request,
                      fmt::format("the namespace of the object ({}) is not that of the address ({})",
                                  metadata["namespace"].text(), ns));
    }
    if (name.empty()) return {};
    if (metadata["name"].is_null()) metadata.set("name", json_text(name));
    if (metadata["name"].text() != name) {
        return refuse(Reason::bad_request, fmt::format("the name of the object ({}) is not that of the address ({})",
                                                       metadata["name"].text(), name));
    }
    return {};
}

/// What only the store decides.
void keep_identity(const JsonValue& current, JsonValue& next) {
    auto& metadata = metadata_in(next);
    for (const auto* name : {"name", "namespace", "uid", "creationTimestamp", "generation", "deletionTimestamp",
                             "deletionGracePeriodSeconds"}) {
        copy_field(current["metadata"], metadata, name);
    }
    metadata.erase("selfLink");
    metadata.erase("generateName");
    copy_field(current["metadata"], metadata, "generateName");
}

}  // namespace

Outcome<void> Transaction::choose_name(const Kind& kind, const std::string& ns, JsonValue& object) {
    auto& metadata = metadata_in(object);
    const auto prefix = std::string(metadata["generateName"].text());
    if (!metadata["name"].text().empty() || prefix.empty()) return {};
    for (int attempt = 0; attempt < 8; ++attempt) {
        const auto name = prefix + name_suffix(context_.random);
        if (context_.state.find(kind, ns, name) != nullptr) continue;
        metadata.set("name", json_text(name));
        return {};
    }
    return refuse_named(Reason::already_exists, kind, prefix, "with every suffix that was tried already exists");
}

Outcome<void> Transaction::check_size(const Kind& kind, const JsonValue& object) const {
    const auto bytes = object.dump().size();
    if (bytes > context_.limits.object_bytes_max) {
        return refuse_named(Reason::too_large, kind, name_of(object),
                            fmt::format("is larger than {} bytes", context_.limits.object_bytes_max));
    }
    if (context_.state.bytes() + bytes > context_.limits.total_bytes_max) {
        return refuse_named(Reason::forbidden, kind, name_of(object), "exceeds what the store may hold in all");
    }
    return {};
}

Outcome<Written> Transaction::create(const Kind& kind, const std::string& ns, JsonValue object,
                                     const WriteOptions& options) {
    if (auto fits = fit_address(kind, ns, {}, object); !fits) return fits.error();
    if (auto named = choose_name(kind, ns, object); !named) return named.error();
    auto& metadata = metadata_in(object);
    for (const auto* given : {"uid", "resourceVersion", "creationTimestamp", "deletionTimestamp",
                              "deletionGracePeriodSeconds", "generation", "selfLink"}) {
        metadata.erase(given);
    }
    if (kind.has_status) object.erase("status");
    Written written;
    written.created = true;
    const Admission admission{context_.state, context_.policy, options.fields};
    if (auto admitted = admit(kind, object, admission, written.warnings); !admitted) return admitted.error();
    const auto name = std::string(name_of(object));
    if (context_.state.find(kind, ns, name) != nullptr) {
        return refuse_named(Reason::already_exists, kind, name, "already exists");
    }
    auto& complete = metadata_in(object);
    complete.set("uid", json_text(make_uid(context_.random)));
    complete.set("creationTimestamp", json_text(to_metav1_time(context_.clock.now())));
    if (kind.has_status) complete.set("generation", JsonValue{std::int64_t{1}});
    if (auto fits = check_size(kind, object); !fits) return fits.error();
    put(kind, nullptr, std::move(object));
    written.resource = changes_.back().after;
    if (!has_owner(*written.resource)) {
        // As in Kubernetes: what is owned by something that is gone goes too, so that a controller that was late by a
        // moment leaves nothing behind.
        erase(written.resource);
        collect_garbage();
    }
    return written;
}

Outcome<Written> Transaction::update(const Kind& kind, const ObjectName& name, Part part, JsonValue object,
                                     const WriteOptions& options) {
    const auto current = context_.state.find(kind, name.ns, name.name);
    if (current == nullptr) return refuse_missing(kind, name.name);
    if (auto fits = fit_address(kind, name.ns, name.name, object); !fits) return fits.error();
    const auto& version = object["metadata"]["resourceVersion"];
    if (version.text().empty() && !kind.group.empty()) {
        return refuse_field(kind, name.name,
                            invalid("metadata.resourceVersion", "0", "must be specified for an update"));
    }
    if (!version.text().empty() && version_of(object) != current->version) return refuse_stale(kind, name.name);
    const auto uid = uid_of(object);
    if (!uid.empty() && uid != current->uid()) return refuse_stale(kind, name.name);
    return replace(current, part, std::move(object), options);
}

Outcome<Written> Transaction::patch(const Kind& kind, const ObjectName& name, Part part, const PatchBody& patch,
                                    const WriteOptions& options) {
    if (patch.type == PatchType::apply && part == Part::main) return apply(kind, name, patch.body, options);
    const auto current = context_.state.find(kind, name.ns, name.name);
    if (current == nullptr) return refuse_missing(kind, name.name);
    auto next = current->value;
    switch (patch.type) {
        case PatchType::json:
            if (auto fits = json_patch(next, patch.body); !fits) return fits.error();
            break;
        case PatchType::strategic:
            strategic_patch(next, patch.body);
            break;
        case PatchType::merge:
        case PatchType::apply:
            merge_patch(next, patch.body);
            break;
    }
    if (auto fits = fit_address(kind, name.ns, name.name, next); !fits) return fits.error();
    const auto version = next["metadata"]["resourceVersion"].text();
    if (!version.empty() && version_of(next) != current->version) return refuse_stale(kind, name.name);
    if (!uid_of(next).empty() && uid_of(next) != current->uid()) return refuse_stale(kind, name.name);
    return replace(current, part, std::move(next), options);
}

Outcome<Written> Transaction::apply(const Kind& kind, const ObjectName& name, const JsonValue& applied,
                                    const WriteOptions& options) {
    if (options.manager.empty()) return refuse(Reason::bad_request, "server-side apply needs a fieldManager");
    auto body = applied;
    if (auto fits = fit_address(kind, name.ns, name.name, body); !fits) return fits.error();
    if (!body["metadata"]["managedFields"].is_null()) {
        return refuse(Reason::bad_request, "metadata.managedFields must not be applied");
    }
    if (kind.has_status) body.erase("status");
    const auto current = context_.state.find(kind, name.ns, name.name);
    const Applier applier{options.manager, options.force, to_metav1_time(context_.clock.now())};
    if (current == nullptr) {
        // A first apply owns what it says, as a later one will.
        auto object = JsonValue{JsonValue::Object{}};
        if (auto merged = apply_patch(object, body, applier); !merged) return merged.error();
        return create(kind, name.ns, std::move(object), options);
    }
    const auto version = version_of(body);
    if (version != 0 && version != current->version) return refuse_stale(kind, name.name);
    auto next = current->value;
    if (auto merged = apply_patch(next, body, applier); !merged) {
        auto refusal = std::move(merged).error();
        refusal.group = kind.group;
        refusal.resource = kind.plural;
        refusal.name = name.name;
        return refusal;
    }
    return replace(current, Part::main, std::move(next), options);
}

Outcome<Written> Transaction::replace(const ResourcePtr& current, Part part, JsonValue next,
                                      const WriteOptions& options) {
    const auto& kind = *current->kind;
    const auto name = std::string(current->name());
    if (part == Part::status) {
        if (!kind.has_status) return refuse(Reason::not_found, kind.plural + " have no status");
        auto whole = current->value;
        copy_field(next, whole, "status");
        next = std::move(whole);
    } else if (kind.has_status) {
        copy_field(current->value, next, "status");
    }
    keep_identity(current->value, next);
    Written written;
    written.resource = current;
    // What the spec refers to may be gone by now; that matters only to whoever changes the spec.
    const bool checked = part == Part::main && !is_leaving(current->value) && !same_spec(current->value, next);
    const Admission admission{context_.state, context_.policy, options.fields, checked};
    if (auto admitted = admit(kind, next, admission, written.warnings); !admitted) return admitted.error();
    metadata_in(next).set("resourceVersion", current->value["metadata"]["resourceVersion"]);
    if (next == current->value) return written;
    const bool changed = !same_spec(current->value, next);
    if (changed && current->value["immutable"].boolean()) {
        return refuse_field(kind, name, forbidden("data", "it is immutable"));
    }
    if (is_leaving(current->value) &&
        next["metadata"]["finalizers"].size() > current->value["metadata"]["finalizers"].size()) {
        return refuse_field(kind, name,
                            forbidden("metadata.finalizers", "no finalizer can be added to what is being deleted"));
    }
    for (const auto& owner : next["metadata"]["ownerReferences"].array()) {
        if (owner["uid"].text() != current->uid()) continue;
        return refuse_field(kind, name, forbidden("metadata.ownerReferences", "nothing owns itself"));
    }
    if (changed && kind.has_status) {
        const auto generation = current->value["metadata"]["generation"].integer() + 1;
        metadata_in(next).set("generation", JsonValue{generation});
    }
    if (auto fits = check_size(kind, next); !fits) return fits.error();
    put(kind, current, std::move(next));
    written.resource = changes_.back().after;
    if (is_leaving(written.resource->value) && written.resource->value["metadata"]["finalizers"].size() == 0) {
        written.resource = erase(written.resource);
        written.gone = true;
    }
    collect_garbage();
    return written;
}

void Transaction::put(const Kind& kind, const ResourcePtr& before, JsonValue value) {
    const auto version = context_.state.version() + 1;
    metadata_in(value).set("resourceVersion", JsonValue{std::to_string(version)});
    Change change{before ? Change::Type::modified : Change::Type::added, before,
                  std::make_shared<const Resource>(kind, std::move(value), version)};
    context_.state.apply(change);
    changes_.push_back(std::move(change));
}

ResourcePtr Transaction::erase(const ResourcePtr& current) {
    const auto version = context_.state.version() + 1;
    auto last = current->value;
    metadata_in(last).set("resourceVersion", JsonValue{std::to_string(version)});
    Change change{Change::Type::deleted, current,
                  std::make_shared<const Resource>(*current->kind, std::move(last), version)};
    context_.state.apply(change);
    gone_.emplace_back(current->uid());
    changes_.push_back(std::move(change));
    return changes_.back().after;
}

void Transaction::rollback() {
    for (auto change = changes_.rbegin(); change != changes_.rend(); ++change)
        context_.state.revert(*change);
    context_.state.set_version(begin_);
    changes_.clear();
}

}  // namespace ark::resources
