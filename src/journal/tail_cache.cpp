#include "journal/tail_cache.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace ark::journal {

namespace {

// What a reader that stands still may hold on to.
constexpr std::size_t found_max = 16;
constexpr std::uint64_t found_bytes_max = 16u << 10;

}  // namespace

void TailCache::push(std::span<const model::BatchPtr> batches) {
    std::vector<model::BatchPtr> dropped;  // freed without the lock
    const std::lock_guard lock(mutex_);
    for (const auto& batch : batches) {
        bytes_ += batch->bytes();
        batches_.push_back(batch);
    }
    while (bytes_ > bytes_max_ && batches_.size() > 1) {
        bytes_ -= batches_.front()->bytes();
        dropped.push_back(std::move(batches_.front()));
        batches_.pop_front();
    }
}

/// With the mutex. The end when it is not here.
TailCache::Place TailCache::holding(Offset offset) const {
    if (batches_.empty() || offset < batches_.front()->base() || offset >= batches_.back()->end())
        return batches_.end();
    return std::prev(
        std::upper_bound(batches_.begin(), batches_.end(), offset,
                         [](Offset wanted, const model::BatchPtr& batch) { return wanted < batch->base(); }));
}

void TailCache::find(Offset offset, std::deque<model::BatchPtr>& found, Held* held) const {
    const std::lock_guard lock(mutex_);
    const auto place = holding(offset);
    const bool soon_dropped = bytes_ > bytes_max_ / 2 &&
                              place < std::next(batches_.begin(), static_cast<std::ptrdiff_t>(batches_.size() / 2));
    if (soon_dropped && held != nullptr) hand_out(place, found, *held);
    if (!found.empty()) return;
    std::uint64_t bytes = 0;
    for (auto its = place; its != batches_.end() && found.size() < found_max; ++its) {
        bytes += (*its)->bytes();
        if (!found.empty() && bytes > found_bytes_max) break;
        found.push_back(*its);
    }
}

void TailCache::find_more(std::deque<model::BatchPtr>& found, Held& held) const {
    const std::lock_guard lock(mutex_);
    hand_out(holding(found.back()->end()), found, held);
}

void TailCache::hand_out(Place from, std::deque<model::BatchPtr>& found, Held& held) const {
    for (; from != batches_.end() && held.take(held_, (*from)->bytes()); ++from)
        found.push_back(*from);
}

bool Held::take(const std::shared_ptr<HeldBytes>& all, std::uint64_t bytes) {
    if (all->now.fetch_add(bytes) + bytes > all->max) {
        all->now -= bytes;
        return false;
    }
    all_ = all;
    bytes_ += bytes;
    return true;
}

void Held::give(std::uint64_t bytes) {
    bytes = std::min(bytes, bytes_);
    if (bytes == 0) return;
    bytes_ -= bytes;
    all_->now -= bytes;
}

}  // namespace ark::journal
