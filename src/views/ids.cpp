#include "views/ids.hpp"

#include "views/packing.hpp"

namespace ark::views {
namespace {

constexpr std::size_t known_max = 16'384;  // ~2 MB; misses cost a point read

}  // namespace

Result<std::optional<std::uint64_t>> Ids::find(const std::string& key) {
    if (const auto changed = changed_.find(key); changed != changed_.end()) return changed->second;
    if (const auto known = known_.find(key); known != known_.end()) return std::optional(known->second);
    ARK_TRY(const auto value, kv_.get(store::Space::ids, key));
    if (!value) return std::optional<std::uint64_t>();
    const auto number = Unpacker(*value).varint();
    remember(key, number);
    return std::optional(number);
}

void Ids::put(const std::string& key, std::uint64_t number) {
    changed_[key] = number;
}

void Ids::remove(const std::string& key) {
    changed_[key] = std::nullopt;
    known_.erase(key);
}

void Ids::remember(const std::string& key, std::uint64_t number) {
    if (known_.size() >= known_max) known_.clear();
    known_[key] = number;
}

void Ids::write(store::WriteBatch& batch) {
    std::string value;
    for (const auto& [key, number] : changed_) {
        if (!number) {
            batch.remove(store::Space::ids, key);
            continue;
        }
        value.clear();
        append_varint(value, *number);
        batch.put(store::Space::ids, key, value);
        // Keys of stories come once per trace: the hot stories know them already.
        if (key.front() != 'k') remember(key, *number);
    }
    changed_.clear();
}

}  // namespace ark::views
