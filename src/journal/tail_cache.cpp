#include "journal/tail_cache.hpp"

#include <algorithm>
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

void TailCache::find(Offset offset, std::deque<model::BatchPtr>& found) const {
    const std::lock_guard lock(mutex_);
    if (batches_.empty() || offset < batches_.front()->base() || offset >= batches_.back()->end()) return;
    const auto behind =
        std::upper_bound(batches_.begin(), batches_.end(), offset,
                         [](Offset wanted, const model::BatchPtr& batch) { return wanted < batch->base(); });
    std::uint64_t bytes = 0;
    for (auto its = std::prev(behind); its != batches_.end() && found.size() < found_max; ++its) {
        bytes += (*its)->bytes();
        if (!found.empty() && bytes > found_bytes_max) break;
        found.push_back(*its);
    }
}

}  // namespace ark::journal
