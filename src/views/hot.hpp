#pragma once
#include "views/group.hpp"
#include "views/story.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

/// Folded state kept in memory: what the fold works on between commits, the least recently touched goes first.
namespace ark::views {

/// Stories by key and by number. The fold's thread alone inserts, erases and writes; it takes the shard's lock for
/// that, so that others may look at a story under the same lock (context_of, derives_events).
class HotStories {
public:
    Story* find(const StoryKey& key);   ///< fold's thread
    Story* find(std::uint64_t number);  ///< fold's thread
    Story& insert(std::unique_ptr<Story> story);
    void erase(Story& story);
    std::size_t size() const { return by_number_.size(); }

    std::mutex& lock_of(const StoryKey& key) { return shard_of(key).mutex; }
    /// Calls visit(story) under the lock, from any thread; false when the story is not here.
    template <class Visit>
    bool look_at(const StoryKey& key, Visit visit) {
        auto& shard = shard_of(key);
        const std::lock_guard lock(shard.mutex);
        const auto found = shard.stories.find(key);
        if (found == shard.stories.end()) return false;
        visit(static_cast<const Story&>(*found->second));
        return true;
    }

private:
    struct Hash {
        std::size_t operator()(const StoryKey& key) const { return key.hash(); }
    };
    struct Shard {
        std::mutex mutex;
        std::unordered_map<StoryKey, std::unique_ptr<Story>, Hash> stories;
    };
    Shard& shard_of(const StoryKey& key) { return shards_[key.hash() >> 58]; }

    std::array<Shard, 64> shards_;
    std::unordered_map<std::uint64_t, Story*> by_number_;  // fold's thread only
};

/// Evicts what was not touched for longest until the sum of sizes fits. One queue for stories, queries and sessions
/// would need a common base: each kind has its own, with its share of the budget.
template <class Thing>
class Touched {
public:
    void touched(std::uint64_t number, std::uint64_t drain, std::size_t bytes_before, std::size_t bytes_now) {
        queue_.emplace_back(number, drain);
        bytes_ += bytes_now - bytes_before;
    }
    void gone(std::size_t bytes) { bytes_ -= bytes; }
    std::size_t bytes() const { return bytes_; }

    /// find(number) → Thing* or null; evict(Thing&) must erase it and return what it had counted; `live`: how many
    /// there are.
    template <class Find, class Evict>
    void shrink(std::size_t bytes_max, std::size_t live, Find find, Evict evict) {
        while (bytes_ > bytes_max && !queue_.empty()) {
            const auto [number, drain] = queue_.front();
            queue_.pop_front();
            Thing* thing = find(number);
            if (thing != nullptr && thing->drain == drain) bytes_ -= evict(*thing);
        }
        if (queue_.size() > 2 * live + 1024) {
            // Most entries are of things that were touched again since.
            std::erase_if(queue_, [&](const auto& entry) {
                Thing* thing = find(entry.first);
                return thing == nullptr || thing->drain != entry.second;
            });
        }
    }

private:
    std::deque<std::pair<std::uint64_t, std::uint64_t>> queue_;  // (number, drain), oldest first
    std::size_t bytes_ = 0;
};

}  // namespace ark::views
