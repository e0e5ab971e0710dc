#pragma once
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

namespace ark::reference {

/// What changed in a drain, as keys of what watchers ask for: runs(), members() of an id, trace(), session_changes(),
/// session_place(). Only of the tags that somebody watches: most keys are made for nobody.
class Changes {
public:
    /// `tags`: the first bytes of the keys that somebody watches.
    explicit Changes(std::string tags) : tags_(std::move(tags)) {}

    bool wants(char tag) const { return tags_.find(tag) != tags_.npos; }
    void add(std::string key) { keys_.insert(std::move(key)); }
    const std::unordered_set<std::string>& keys() const { return keys_; }
    const std::string& tags() const { return tags_; }

private:
    const std::string tags_;
    std::unordered_set<std::string> keys_;
};

}  // namespace ark::reference
