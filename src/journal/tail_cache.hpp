#pragma once
#include "model/batch.hpp"

#include <deque>
#include <mutex>
#include <span>

namespace ark::journal {

/// The newest batches in memory, so that followers at the end never touch the disk. Contiguous up to the journal's end.
/// Thread-safe; its mutex is a leaf.
class TailCache {
public:
    explicit TailCache(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    /// Must follow the last ones. Drops the oldest beyond the limit, always keeps the newest.
    void push(std::span<const model::BatchPtr> batches);
    /// The batch that holds the offset, if it is still here, and those behind it: as many as are small together, so
    /// that whoever reads single items does not come for each. Appends to `found`.
    void find(Offset offset, std::deque<model::BatchPtr>& found) const;

private:
    const std::uint64_t bytes_max_;
    mutable std::mutex mutex_;
    std::deque<model::BatchPtr> batches_;  // guarded by mutex_
    std::uint64_t bytes_ = 0;              // guarded by mutex_
};

}  // namespace ark::journal
