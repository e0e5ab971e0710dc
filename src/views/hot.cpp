#include "views/hot.hpp"

namespace ark::views {

Story* HotStories::find(const StoryKey& key) {
    // Only this thread changes the map: reading it needs no lock.
    const auto& stories = shard_of(key).stories;
    const auto found = stories.find(key);
    return found == stories.end() ? nullptr : found->second.get();
}

Story* HotStories::find(std::uint64_t number) {
    const auto found = by_number_.find(number);
    return found == by_number_.end() ? nullptr : found->second;
}

Story& HotStories::insert(std::unique_ptr<Story> story) {
    auto& here = *story;
    by_number_[here.number] = &here;
    auto& shard = shard_of(here.key);
    const std::lock_guard lock(shard.mutex);
    shard.stories[here.key] = std::move(story);
    return here;
}

void HotStories::erase(Story& story) {
    by_number_.erase(story.number);
    auto& shard = shard_of(story.key);
    std::unique_ptr<Story> gone;  // freed outside the lock
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.stories.find(story.key);
    gone = std::move(found->second);
    shard.stories.erase(found);
}

}  // namespace ark::views
