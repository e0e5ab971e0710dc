#pragma once
#include "store/kv.hpp"
#include "views/group.hpp"
#include "views/story.hpp"

#include <cstdint>
#include <functional>
#include <memory>

/// Stories as they are stored: a row and chunks of records.
namespace ark::views {

/// The whole story, spans and all. corrupt when the row is missing or cannot be read.
Result<std::unique_ptr<Story>> read_story(const store::Snapshot& snapshot, const StoryKey& key, std::uint64_t number);

/// Visits a story's records in order of their offsets, beginning with the chunk that may hold `from`; false stops.
Status for_each_record(const store::Snapshot& snapshot, std::uint64_t number, std::uint64_t from,
                       const std::function<bool(const Record&)>& visit);

/// What readers want to know about an item's surroundings, as the fold publishes it.
items::Context context_of(const Story& story, const Session* session, const Query* query);

/// See Views::fingerprint().
Result<std::string> fingerprint_of(const store::Snapshot& snapshot);

Error damaged(std::string_view what);

}  // namespace ark::views
