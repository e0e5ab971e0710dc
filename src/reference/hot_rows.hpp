#pragma once
#include "reference/staged.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ark::reference {

/// Rows of one type that are read and changed again and again, as the fold works on them: read from the store once,
/// changed in place, packed once a drain, and kept from drain to drain. Of rows that are not there it is kept that they
/// are not. Nobody else reads or writes these rows through Staged. One thread.
///
/// Two generations: what was not asked for while one filled up is forgotten, between drains only.
template <class Row>
class HotRows {
public:
    /// Generations of about so many bytes of keys and rows each, and what one drain touches.
    HotRows(Staged& rows, std::size_t generation_bytes_max) : rows_(rows), bytes_max_(generation_bytes_max) {}

    /// Null when there is none. Holds, like all rows that are given out here, until it is removed or written.
    Row* find(std::string_view key) {
        auto& row = entry(key).second.row;
        return row ? &*row : nullptr;
    }
    /// The row in order to change it, a new one when there is none.
    Row& change(std::string_view key) {
        auto& its = entry(key);
        if (!its.second.row) its.second.row.emplace();
        mark(its);
        return *its.second.row;
    }
    /// The same where there is one; null where there is none.
    Row* change_known(std::string_view key) {
        auto& its = entry(key);
        if (!its.second.row) return nullptr;
        mark(its);
        return &*its.second.row;
    }
    /// A new row whose key nobody had, here or in the store: it is not looked for.
    Row& add(std::string_view key) {
        auto& its = fresh_entry(key);
        mark(its);
        return its.second.row.emplace();
    }
    void remove(std::string_view key) {
        auto& its = known_entry(key);
        its.second.row.reset();
        mark(its);
    }
    /// The rows whose keys begin with `prefix` go, here and, as a whole stretch, in the store.
    void remove_all(std::string_view prefix) {
        std::erase_if(changed_, [&](const auto* its) { return its->first.starts_with(prefix); });
        for (auto* generation : {&young_, &old_})
            std::erase_if(*generation, [&](const auto& its) { return its.first.starts_with(prefix); });
        rows_.remove_all(prefix);
    }

    /// Visits what changed in this drain and is there.
    template <class Visit>
    void each_changed(Visit visit) {
        for (auto* its : changed_) {
            if (its->second.row) visit(std::string_view(its->first), *its->second.row);
        }
    }
    /// Adds what changed to the batch, in the order of the keys.
    void write(store::WriteBatch& batch) {
        std::sort(changed_.begin(), changed_.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
        for (auto* its : changed_) {
            auto& [key, entry] = *its;
            entry.changed = false;
            if (entry.row) {
                batch.put(store::Space::projected, key, entry.row->pack());
            } else {
                batch.remove(store::Space::projected, key);
            }
        }
        changed_.clear();
        if (young_bytes_ < bytes_max_) return;
        const auto entries = young_.size();
        old_ = std::exchange(young_, {});
        young_.reserve(entries);
        young_bytes_ = 0;
    }

private:
    struct Entry {
        std::optional<Row> row;
        bool changed = false;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view key) const { return std::hash<std::string_view>()(key); }
    };
    using Rows = std::unordered_map<std::string, Entry, Hash, std::equal_to<>>;
    using Keyed = typename Rows::value_type;

    /// What is kept under the key; null: nothing.
    Keyed* kept(std::string_view key) {
        if (const auto found = young_.find(key); found != young_.end()) return &*found;
        const auto found = old_.find(key);
        if (found == old_.end()) return nullptr;
        young_bytes_ += key.size() + sizeof(Keyed);
        return &*young_.insert(old_.extract(found)).position;
    }
    /// With an empty entry for what is not kept.
    Keyed& known_entry(std::string_view key) {
        if (auto* its = kept(key)) return *its;
        return fresh_entry(key);
    }
    Keyed& fresh_entry(std::string_view key) {
        young_bytes_ += key.size() + sizeof(Keyed);
        return *young_.try_emplace(std::string(key)).first;
    }
    /// With the store's row for what is not kept.
    Keyed& entry(std::string_view key) {
        if (auto* its = kept(key)) return *its;
        auto& fresh = known_entry(key);
        if (const auto stored = rows_.stored(key)) {
            young_bytes_ += stored->size();
            if (!fresh.second.row.emplace().unpack(*stored))
                rows_.fail_with(fail(Errc::corrupt, "a row of the reference's"));
        }
        return fresh;
    }
    void mark(Keyed& its) {
        if (std::exchange(its.second.changed, true)) return;
        changed_.push_back(&its);
    }

    Staged& rows_;  // outlives us
    const std::size_t bytes_max_;
    Rows young_, old_;
    std::size_t young_bytes_ = 0;
    std::vector<Keyed*> changed_;  // in this drain
};

}  // namespace ark::reference
