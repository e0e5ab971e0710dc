#include "views/trimming.hpp"

#include "views/keys.hpp"
#include "views/skeleton.hpp"

namespace ark::views {
namespace {

constexpr std::size_t chunks_of_step = 2000;  // ~5 ms

/// Damaged chunks end nowhere: they stay for whoever reads them to say so.
bool ends_before(std::string_view chunk, std::uint64_t first, Offset end) {
    ChunkReader reader(chunk, first);
    Record record;
    auto last = first;
    while (reader.next(record))
        last = record.offset;
    return reader.ok() && Offset(last) < end;
}

}  // namespace

Result<bool> Trimming::step(Offset begin) {
    if (until_ == done_until_) {
        if (begin <= done_until_) return false;
        until_ = begin;
        next_.clear();
    }
    // A story's number is its first offset: later ones have nothing that is gone.
    const auto end = keys::chunks(until_.value());
    const auto snapshot = kv_.snapshot();
    const auto iterator = snapshot->iterate(store::Space::postings, next_, end);
    store::WriteBatch batch;
    std::size_t looked_at = 0;
    for (iterator->seek(next_); iterator->valid() && looked_at < chunks_of_step; ++looked_at) {
        const auto key = iterator->key();
        const auto first = keys::last_number(key);
        if (Offset(first) < until_ && ends_before(iterator->value(), first, until_)) {
            batch.remove(store::Space::postings, key);
            iterator->next();
        } else {
            iterator->seek(keys::chunks(keys::first_number(key) + 1));  // the story's other chunks are later
        }
    }
    const bool more = iterator->valid();
    if (more) {
        next_ = iterator->key();
    } else {
        done_until_ = until_;
    }
    ARK_TRY_STATUS(kv_.commit(batch));
    return more || begin > done_until_;
}

}  // namespace ark::views
