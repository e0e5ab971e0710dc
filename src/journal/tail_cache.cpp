#include "journal/tail_cache.hpp"

#include <algorithm>
#include <vector>

namespace ark::journal {

void TailCache::push(model::BatchPtr batch) {
    std::vector<model::BatchPtr> dropped;  // freed without the lock
    const std::lock_guard lock(mutex_);
    bytes_ += batch->bytes();
    batches_.push_back(std::move(batch));
    while (bytes_ > bytes_max_ && batches_.size() > 1) {
        bytes_ -= batches_.front()->bytes();
        dropped.push_back(std::move(batches_.front()));
        batches_.pop_front();
    }
}

model::BatchPtr TailCache::find(Offset offset) const {
    const std::lock_guard lock(mutex_);
    if (batches_.empty() || offset < batches_.front()->base() || offset >= batches_.back()->end()) return nullptr;
    const auto behind =
        std::upper_bound(batches_.begin(), batches_.end(), offset,
                         [](Offset wanted, const model::BatchPtr& batch) { return wanted < batch->base(); });
    return *std::prev(behind);
}

}  // namespace ark::journal
