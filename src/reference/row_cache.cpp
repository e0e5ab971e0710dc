#include "reference/row_cache.hpp"

#include <utility>

namespace ark::reference {

const RowCache::Row* RowCache::find(std::string_view key) {
    if (const auto found = young_.find(key); found != young_.end()) return &found->second;
    const auto found = old_.find(key);
    if (found == old_.end()) return nullptr;
    young_bytes_ += bytes(found->first, found->second);
    return &young_.insert(old_.extract(found)).position->second;
}

void RowCache::learn(std::string_view key, Row row) {
    if (young_bytes_ >= bytes_max_) {
        old_ = std::exchange(young_, {});
        young_bytes_ = 0;
    }
    young_bytes_ += bytes(key, row);
    young_.insert_or_assign(std::string(key), std::move(row));
}

void RowCache::change(std::string_view key, const Row& row) {
    if (const auto found = young_.find(key); found != young_.end()) {
        young_bytes_ = young_bytes_ - bytes(key, found->second) + bytes(key, row);
        found->second = row;
    } else if (const auto other = old_.find(key); other != old_.end()) {
        other->second = row;
    }
}

void RowCache::clear() {
    young_.clear();
    old_.clear();
    young_bytes_ = 0;
}

}  // namespace ark::reference
