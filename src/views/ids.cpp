#include "views/ids.hpp"

#include "views/keys.hpp"

#include <algorithm>
#include <tuple>

namespace ark::views {
namespace {

constexpr std::size_t known_max = 16'384;  // ~2 MB; misses cost a point read

}  // namespace

Result<std::optional<std::uint64_t>> Ids::find(const std::string& key) {
    if (const auto known = known_.find(key); known != known_.end()) return known->second.number;
    ARK_TRY(const auto value, kv_.get(store::Space::ids, key));
    if (!value) return std::optional<std::uint64_t>();
    const std::optional number(Unpacker(*value).varint());
    known_[key].number = number;
    return number;
}

void Ids::put(const std::string& key, std::uint64_t number) {
    change(key, number);
}

void Ids::remove(const std::string& key) {
    change(key, std::nullopt);
}

void Ids::change(const std::string& key, std::optional<std::uint64_t> number) {
    auto& its = *known_.try_emplace(key).first;
    its.second.number = number;
    if (!std::exchange(its.second.changed, true)) changed_.push_back(&its);
}

Result<std::optional<std::uint64_t>> Ids::find_story(const StoryKey& key) {
    scratch_.clear();
    keys::append_story(scratch_, key);
    ARK_TRY(const auto value, kv_.get(store::Space::ids, scratch_));
    if (!value) return std::optional<std::uint64_t>();
    return std::optional(Unpacker(*value).varint());
}

/// In the order of the keys, like all runs of a commit: neighbours are found fast in the store's memory.
void Ids::write(store::WriteBatch& batch) {
    write_stories(batch);
    std::sort(changed_.begin(), changed_.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
    std::string value;
    for (auto* its : changed_) {
        auto& [key, entry] = *its;
        entry.changed = false;
        if (!entry.number) {
            batch.remove(store::Space::ids, key);
            continue;
        }
        value.clear();
        append_varint(value, *entry.number);
        batch.put(store::Space::ids, key, value);
    }
    changed_.clear();
    if (known_.size() >= known_max) known_.clear();
}

void Ids::write_stories(store::WriteBatch& batch) {
    const auto order = [](const auto& story) {
        return std::tuple(story.first.tenant, story.first.type, story.first.id.view());
    };
    std::sort(new_stories_.begin(), new_stories_.end(),
              [&](const auto& a, const auto& b) { return order(a) < order(b); });
    std::string value;
    for (const auto& [key, number] : new_stories_) {
        scratch_.clear();
        keys::append_story(scratch_, key);
        value.clear();
        append_varint(value, number);
        batch.put(store::Space::ids, scratch_, value);
    }
    new_stories_.clear();
}

}  // namespace ark::views
