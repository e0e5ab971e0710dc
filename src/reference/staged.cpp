#include "reference/staged.hpp"

#include "reference/keys.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace ark::reference {

void Staged::note(std::string_view key, std::string_view value, bool there) {
    later_.push_back(
        {bytes_.size(), static_cast<std::uint32_t>(key.size()), static_cast<std::uint32_t>(value.size()), there});
    bytes_.append(key).append(value);
}

void Staged::put_in_order() {
    for (const auto& change : later_) {
        auto& row = changed_.insert_or_assign(std::string(key_of(change)), std::nullopt).first->second;
        if (change.there) row = value_of(change);
    }
    later_.clear();
    bytes_.clear();
}

bool Staged::removed(std::string_view key) const {
    return std::any_of(removed_.begin(), removed_.end(),
                       [&](const Range& range) { return range.begin <= key && key < range.end; });
}

std::optional<std::string> Staged::stored(std::string_view key) {
    if (removed(key) || !status_) return std::nullopt;
    auto found = kv_.get(store::Space::projected, key);
    if (found) return std::move(*found);
    fail_with(std::move(found).error());
    return std::nullopt;
}

std::optional<std::string> Staged::get(std::string_view key) {
    put_in_order();
    if (const auto found = changed_.find(key); found != changed_.end()) return found->second;
    return stored(key);
}

void Staged::remove_all(std::string_view prefix) {
    put_in_order();
    Range range{std::string(prefix), keys::behind(std::string(prefix))};
    changed_.erase(changed_.lower_bound(range.begin), changed_.lower_bound(range.end));
    const auto same = [&](const Range& other) { return other.begin == range.begin; };
    if (std::none_of(removed_.begin(), removed_.end(), same)) removed_.push_back(std::move(range));
}

void Staged::scan(std::string_view begin, std::string_view end, const Visitor& visit) {
    if (!status_) return;
    put_in_order();
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

/// Sorted, and of each key the last change: neighbours are found fast in the store's memory.
void Staged::write_as_they_came(store::WriteBatch& batch) {
    std::stable_sort(later_.begin(), later_.end(),
                     [this](const Change& a, const Change& b) { return key_of(a) < key_of(b); });
    for (std::size_t i = 0; i < later_.size(); ++i) {
        const auto& change = later_[i];
        if (i + 1 < later_.size() && key_of(later_[i + 1]) == key_of(change)) continue;
        if (change.there) {
            batch.put(store::Space::projected, key_of(change), value_of(change));
        } else {
            batch.remove(store::Space::projected, key_of(change));
        }
    }
    later_.clear();
    bytes_.clear();
}

Status Staged::write(store::WriteBatch& batch) {
    if (!status_) return status_;
    for (const auto& range : removed_)
        batch.remove_range(store::Space::projected, range.begin, range.end);
    removed_.clear();
    if (changed_.empty()) {
        write_as_they_came(batch);
        return ok();
    }
    put_in_order();
    for (const auto& [key, value] : changed_) {
        if (value) {
            batch.put(store::Space::projected, key, *value);
        } else {
            batch.remove(store::Space::projected, key);
        }
    }
    changed_.clear();
    return ok();
}

void Staged::fail_with(Error error) {
    if (status_) status_ = std::move(error);
}

}  // namespace ark::reference
