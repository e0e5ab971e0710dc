#pragma once
#include "resources/store.hpp"

#include <deque>

namespace ark::resources {

/// The newest changes, for watches. Bounded by number and bytes: what is older is forgotten, and whoever needs it is
/// told. Not thread-safe.
class History {
public:
    History(std::size_t count_max, std::uint64_t bytes_max, std::uint64_t floor)
        : count_max_(count_max), bytes_max_(bytes_max), floor_(floor) {}

    void push(Change change);
    /// Are all changes after that version still known?
    bool covers(std::uint64_t version) const { return version >= floor_; }
    /// What a watch of that kind, namespace and selection sees after `version`; at most `events_max`, then `version` is
    /// that of the last one looked at.
    std::vector<WatchEvent> after(std::uint64_t& version, const Kind& kind, const WatchOptions& options,
                                  std::size_t events_max) const;
    std::size_t size() const { return changes_.size(); }

private:
    const std::size_t count_max_;
    const std::uint64_t bytes_max_;
    std::uint64_t floor_;  // changes up to here are forgotten
    std::uint64_t bytes_ = 0;
    std::deque<Change> changes_;
};

/// How a change looks to somebody who sees only what is selected: what leaves the selection is deleted, what enters it
/// is added. Nothing: it is not seen.
std::optional<WatchEvent> seen(const Change& change, const Selection& selection);

}  // namespace ark::resources
