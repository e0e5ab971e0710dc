#pragma once
#include "model/batch.hpp"

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <span>

namespace ark::journal {

/// Bytes of batches that all readers hold together, beyond the few that they read next. Outlives cache and readers.
struct HeldBytes {
    explicit HeldBytes(std::uint64_t bytes_max) : max(bytes_max) {}
    const std::uint64_t max;
    std::atomic<std::uint64_t> now{0};
};

/// One reader's part of them.
class Held {
public:
    Held() = default;
    ~Held() { give_all(); }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;

    bool any() const { return bytes_ > 0; }
    /// False: there is no room for so many more.
    bool take(const std::shared_ptr<HeldBytes>& all, std::uint64_t bytes);
    void give(std::uint64_t bytes);
    void give_all() { give(bytes_); }

private:
    std::shared_ptr<HeldBytes> all_;
    std::uint64_t bytes_ = 0;
};

/// The newest batches in memory, so that followers at the end never touch the disk. Contiguous up to the journal's end.
/// Thread-safe; its mutex is a leaf.
class TailCache {
public:
    explicit TailCache(std::uint64_t bytes_max)
        : bytes_max_(bytes_max), held_(std::make_shared<HeldBytes>(held_factor * bytes_max)) {}

    /// Must follow the last ones. Drops the oldest beyond the limit, always keeps the newest.
    void push(std::span<const model::BatchPtr> batches);
    /// The batch that holds the offset, if it is still here, and those behind it: as many as are small together, so
    /// that whoever reads single items does not come for each. Appends to `found`. With `held`, of a reader that
    /// follows the journal: if it falls behind, so that the batch will soon be dropped, it is given all there are, as
    /// far as readers may hold them: it would have to read them from the disk, and fall behind further.
    void find(Offset offset, std::deque<model::BatchPtr>& found, Held* held) const;
    /// What came behind those that it was given.
    void find_more(std::deque<model::BatchPtr>& found, Held& held) const;

private:
    static constexpr std::uint64_t held_factor = 2;

    using Place = std::deque<model::BatchPtr>::const_iterator;
    Place holding(Offset offset) const;
    void hand_out(Place from, std::deque<model::BatchPtr>& found, Held& held) const;

    const std::uint64_t bytes_max_;
    const std::shared_ptr<HeldBytes> held_;
    mutable std::mutex mutex_;
    std::deque<model::BatchPtr> batches_;  // guarded by mutex_
    std::uint64_t bytes_ = 0;              // guarded by mutex_
};

}  // namespace ark::journal
