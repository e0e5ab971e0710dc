#include "reference/staged.hpp"

#include "reference/keys.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace ark::reference {
namespace {

constexpr std::size_t generation_bytes_max = 1u << 20;

}  // namespace

Staged::Staged(store::Kv& kv) : kv_(kv), read_(generation_bytes_max) {}

bool Staged::removed(std::string_view key) const {
    return std::any_of(removed_.begin(), removed_.end(),
                       [&](const Range& range) { return range.begin <= key && key < range.end; });
}

std::optional<std::string> Staged::get(std::string_view key) {
    if (const auto found = changed_.find(key); found != changed_.end()) return found->second;
    if (removed(key) || !status_) return std::nullopt;
    if (const auto* known = read_.find(key)) return *known;
    auto stored = kv_.get(store::Space::projected, key);
    if (!stored) {
        fail_with(std::move(stored).error());
        return std::nullopt;
    }
    read_.learn(key, *stored);
    return std::move(*stored);
}

void Staged::put(std::string key, std::string value) {
    changed_.insert_or_assign(std::move(key), std::move(value));
}

void Staged::remove(std::string_view key) {
    changed_.insert_or_assign(std::string(key), std::nullopt);
}

void Staged::remove_all(std::string_view prefix) {
    Range range{std::string(prefix), keys::behind(std::string(prefix))};
    changed_.erase(changed_.lower_bound(range.begin), changed_.lower_bound(range.end));
    const auto same = [&](const Range& other) { return other.begin == range.begin; };
    if (std::none_of(removed_.begin(), removed_.end(), same)) removed_.push_back(std::move(range));
}

void Staged::scan(std::string_view begin, std::string_view end, const Visitor& visit) {
    if (!status_) return;
    const auto snapshot = kv_.snapshot();
    const auto stored = snapshot->iterate(store::Space::projected, begin, end);
    stored->seek(begin);
    auto changed = changed_.lower_bound(begin);
    const auto last = changed_.lower_bound(end);
    for (;;) {
        while (stored->valid() && removed(stored->key()))
            stored->next();
        const bool in_store = stored->valid();
        const bool in_drain = changed != last;
        if (!in_store && !in_drain) return;
        if (in_drain && (!in_store || changed->first <= stored->key())) {
            // What this drain changed hides what is stored.
            if (in_store && stored->key() == changed->first) stored->next();
            if (changed->second && !visit(changed->first, *changed->second)) return;
            ++changed;
        } else {
            if (!visit(stored->key(), stored->value())) return;
            stored->next();
        }
    }
}

Status Staged::write(store::WriteBatch& batch) {
    if (!status_) return status_;
    if (!removed_.empty()) read_.clear();
    for (const auto& range : removed_)
        batch.remove_range(store::Space::projected, range.begin, range.end);
    for (const auto& [key, value] : changed_) {
        read_.change(key, value);
        if (value) {
            batch.put(store::Space::projected, key, *value);
        } else {
            batch.remove(store::Space::projected, key);
        }
    }
    removed_.clear();
    changed_.clear();
    return ok();
}

void Staged::fail_with(Error error) {
    if (status_) status_ = std::move(error);
}

}  // namespace ark::reference
