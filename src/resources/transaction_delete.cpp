// Deleting: preconditions, finalizers, and what goes with an owner.
#include "resources/metadata.hpp"
#include "resources/transaction.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::resources {
namespace {

constexpr const char* foreground = "foregroundDeletion";

bool has_finalizer(const JsonValue& object, std::string_view name) {
    const auto& finalizers = object["metadata"]["finalizers"].array();
    return std::any_of(finalizers.begin(), finalizers.end(), [&](const auto& f) { return f.text() == name; });
}

void without_finalizer(JsonValue& object, std::string_view name) {
    auto* metadata = object.find("metadata");
    auto* finalizers = metadata->find("finalizers");
    if (finalizers == nullptr) return;
    std::erase_if(std::get<JsonValue::Array>(finalizers->data), [&](const auto& f) { return f.text() == name; });
    if (finalizers->size() == 0) metadata->erase("finalizers");
}

}  // namespace

Outcome<Written> Transaction::remove(const Kind& kind, const ObjectName& name, const DeleteOptions& options) {
    const auto current = context_.state.find(kind, name.ns, name.name);
    if (current == nullptr) return refuse_named(Reason::not_found, kind, name.name, "not found");
    if (!options.uid.empty() && options.uid != current->uid()) {
        return refuse_named(Reason::conflict, kind, name.name,
                            fmt::format("has another uid than {}: {}", options.uid, current->uid()));
    }
    if (options.version && *options.version != current->version) {
        return refuse_named(Reason::conflict, kind, name.name,
                            fmt::format("has another resourceVersion than {}: {}", *options.version, current->version));
    }
    return remove_current(current, options.propagation);
}

Outcome<std::vector<ResourcePtr>> Transaction::remove_all(const Kind& kind, const ListOptions& which,
                                                          const DeleteOptions& options) {
    std::vector<ResourcePtr> chosen;
    const auto [begin, end] = context_.state.range(kind, which.ns);
    for (auto it = begin; it != end; ++it) {
        if (which.selection.matches(it->second->value)) chosen.push_back(it->second);
    }
    for (const auto& each : chosen) {
        const auto current = current_of(*each);  // may have gone with an owner among them
        if (current == nullptr) continue;
        if (auto removed = remove_current(current, options.propagation); !removed) return removed.error();
    }
    return chosen;
}

Outcome<Written> Transaction::remove_current(const ResourcePtr& current, Propagation propagation) {
    const auto uid = std::string(current->uid());
    if (propagation == Propagation::orphan) {
        for (const auto& dependent : context_.state.dependents(uid))
            disown(dependent, uid);
    }
    Written written;
    const bool waits = propagation == Propagation::foreground && !context_.state.dependents(uid).empty();
    if (!waits && current->value["metadata"]["finalizers"].size() == 0) {
        written.resource = erase(current);
        written.gone = true;
        collect_garbage();
        return written;
    }
    mark_leaving(current, waits ? foreground : nullptr);
    if (waits) {
        for (const auto& dependent : context_.state.dependents(uid)) {
            const auto still = current_of(*dependent);
            if (still != nullptr && !is_leaving(still->value)) {
                if (auto removed = remove_current(still, Propagation::background); !removed) return removed.error();
            }
        }
    }
    collect_garbage();
    written.resource = current_of(*current);
    if (written.resource == nullptr) {
        written.gone = true;
        written.resource = current;
    }
    return written;
}

void Transaction::mark_leaving(const ResourcePtr& current, const char* finalizer) {
    auto value = current->value;
    auto& metadata = *value.find("metadata");
    if (!is_leaving(value)) {
        metadata.set("deletionTimestamp", JsonValue{to_metav1_time(context_.clock.now())});
        metadata.set("deletionGracePeriodSeconds", JsonValue{std::int64_t{0}});
    }
    if (finalizer != nullptr && !has_finalizer(value, finalizer)) {
        auto* finalizers = metadata.find("finalizers");
        if (finalizers == nullptr) finalizers = &metadata.set("finalizers", JsonValue{JsonValue::Array{}});
        std::get<JsonValue::Array>(finalizers->data).push_back(JsonValue{std::string(finalizer)});
    }
    if (!(value == current->value)) put(*current->kind, current, std::move(value));
}

void Transaction::disown(const ResourcePtr& dependent, std::string_view owner_uid) {
    auto value = dependent->value;
    auto& metadata = *value.find("metadata");
    auto* owners = metadata.find("ownerReferences");
    if (owners == nullptr || !owners->is_array()) return;
    std::erase_if(std::get<JsonValue::Array>(owners->data),
                  [&](const auto& o) { return o["uid"].text() == owner_uid; });
    if (owners->size() == 0) metadata.erase("ownerReferences");
    put(*dependent->kind, dependent, std::move(value));
}

bool Transaction::has_owner(const Resource& resource) const {
    const auto& owners = resource.value["metadata"]["ownerReferences"].array();
    return owners.empty() || std::any_of(owners.begin(), owners.end(), [&](const auto& owner) {
               return context_.state.has_uid(std::string(owner["uid"].text()));
           });
}

ResourcePtr Transaction::current_of(const Resource& resource) const {
    auto found = context_.state.find(*resource.kind, resource.ns(), resource.name());
    return found != nullptr && found->uid() == resource.uid() ? found : nullptr;
}

/// Until nothing more follows: dependents of what is gone go too, or lose that owner when they have another; and
/// whoever waited in the foreground for the last of its dependents goes when that is gone.
void Transaction::collect_garbage() {
    while (!gone_.empty()) {
        const auto uid = std::move(gone_.back());
        gone_.pop_back();
        for (const auto& dependent : context_.state.dependents(uid)) {
            if (has_owner(*dependent)) {
                disown(dependent, uid);
            } else if (dependent->value["metadata"]["finalizers"].size() > 0) {
                mark_leaving(dependent, nullptr);
            } else {
                erase(dependent);
            }
        }
        const auto& gone = std::find_if(changes_.rbegin(), changes_.rend(), [&](const Change& change) {
                               return change.type == Change::Type::deleted && change.before->uid() == uid;
                           })->before;
        for (const auto& reference : gone->value["metadata"]["ownerReferences"].array()) {
            const auto* kind = find_kind_of(reference["apiVersion"].text(), reference["kind"].text());
            if (kind == nullptr) continue;
            const auto ns = kind->namespaced ? gone->ns() : std::string_view();
            const auto owner = context_.state.find(*kind, ns, reference["name"].text());
            const bool waits = owner != nullptr && is_leaving(owner->value) &&
                               has_finalizer(owner->value, foreground) &&
                               context_.state.dependents(std::string(owner->uid())).empty();
            if (!waits) continue;
            auto value = owner->value;
            without_finalizer(value, foreground);
            const bool last = value["metadata"]["finalizers"].size() == 0;
            put(*kind, owner, std::move(value));
            if (last) erase(changes_.back().after);
        }
    }
}

void Transaction::expire_events(std::chrono::seconds age, std::size_t count_max) {
    const auto& kind = kind_named("Event");
    const auto age_nanos = static_cast<std::uint64_t>(std::chrono::nanoseconds(age).count());
    const auto oldest = to_metav1_time(UnixNanos{context_.clock.now().value() - age_nanos});
    std::vector<ResourcePtr> all;
    const auto [begin, end] = context_.state.range(kind, {});
    for (auto it = begin; it != end; ++it)
        all.push_back(it->second);
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a->version < b->version; });
    const auto excess = all.size() > count_max ? all.size() - count_max : 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        // Times of one form compare as texts.
        const bool old = all[i]->value["metadata"]["creationTimestamp"].text() < oldest;
        if ((old || i < excess) && current_of(*all[i]) != nullptr) erase(all[i]);
    }
    collect_garbage();
}

}  // namespace ark::resources
