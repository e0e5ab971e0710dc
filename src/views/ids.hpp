#pragma once
#include "store/kv.hpp"
#include "views/story.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace ark::views {

/// What producers call things → numbers: this drain's changes and what was asked lately, else the store.
/// Fold's thread only.
class Ids {
public:
    explicit Ids(store::Kv& kv) : kv_(kv) {}

    Result<std::optional<std::uint64_t>> find(const std::string& key);
    void put(const std::string& key, std::uint64_t number);
    void remove(const std::string& key);

    /// A story of an earlier drain. Those of this drain are hot: whoever asks has looked there.
    Result<std::optional<std::uint64_t>> find_story(const StoryKey& key);
    void put_story(const StoryKey& key, std::uint64_t number) { new_stories_.emplace_back(key, number); }

    /// Hands the changes over to a batch.
    void write(store::WriteBatch& batch);

private:
    struct Entry {
        std::optional<std::uint64_t> number;  // nothing = there is none
        bool changed = false;                 // in this drain
    };
    using Known = std::unordered_map<std::string, Entry>;

    void change(const std::string& key, std::optional<std::uint64_t> number);
    void write_stories(store::WriteBatch& batch);

    store::Kv& kv_;  // outlives us
    Known known_;    // emptied between drains when it is full
    std::vector<Known::value_type*> changed_;
    std::vector<std::pair<StoryKey, std::uint64_t>> new_stories_;
    std::string scratch_;  // a key
};

}  // namespace ark::views
