#include "stream/history.hpp"

#include "stream/frames.hpp"
#include "stream/rows.hpp"

#include <algorithm>

namespace ark::stream {
namespace {

constexpr std::size_t chunk_bytes = 64u << 10;    // what a stuck reader costs while it catches up
constexpr std::size_t scan_bytes_max = 2u << 20;  // of journal a task: a few ms, then others get the pool's thread
constexpr std::size_t sent_rows_max = 16u << 10;  // remembered; a row that is sent twice does no harm

}  // namespace

History::History(Services& services, std::shared_ptr<const Selection> selection, Offset from)
    : services_(services),
      selection_(std::move(selection)),
      epoch_(services.journal.epoch()),
      reader_(services.journal.reader(from)),
      open_(services.correlation, epoch_),
      covered_(from) {}

History::Chunk History::read(Offset until) {
    Chunk chunk;
    std::size_t scanned = 0;
    while (covered_ < until && chunk.text.size() < chunk_bytes && scanned < scan_bytes_max) {
        if (!batch_) {
            chunk.status = next_batch(chunk, until);
            if (!chunk.status) break;
            if (!batch_) continue;
            scanned += batch_->payload().size();
        }
        take_items(chunk, until);
    }
    take_rows(chunk);
    chunk.covered = covered_;
    return chunk;
}

/// Fetches batch_, or moves covered_ over what retention took.
Status History::next_batch(Chunk& chunk, Offset until) {
    auto batch = reader_->next();
    if (batch && *batch) {
        batch_ = std::move(*batch);
        return ok();
    }
    if (batch) {
        covered_ = until;  // nothing is left to read
        return ok();
    }
    if (batch.error().code != Errc::expired) return std::move(batch).error();
    const auto begin = std::max(services_.journal.begin(), covered_ + 1);
    Gap gap;
    gap.from = Cursor{epoch_, covered_};
    gap.to = Cursor{epoch_, std::min(begin, until)};
    append_gap(chunk.text, gap);
    ++chunk.frames;
    Counters::add(services_.counters.gaps);
    covered_ = gap.to.offset;
    reader_->seek(begin);
    return ok();
}

void History::take_items(Chunk& chunk, Offset until) {
    const auto& header = batch_->header();
    const auto end = std::min(batch_->end(), until);
    if (header.tenant == selection_->tenant) {
        bool full = false;
        const auto visit = [&](const items::Item& item) {
            if (item.offset < covered_) return true;
            if (item.offset >= end) return false;
            open_.open(header.tenant, item);
            const auto wanted = open_.match(*selection_);
            if (wanted.parts != 0) chunk.frames += open_.append_frames(chunk.text, wanted.parts, selection_->detail);
            if (wanted.rows) touch_rows(touched_, selection_->topics, open_);
            covered_ = item.offset + 1;
            full = chunk.text.size() >= chunk_bytes;
            return !full;
        };
        const auto status = items::for_each_item(*batch_, visit);
        if (status && full && covered_ < end) return;  // goes on in this batch
    }
    covered_ = std::max(covered_, end);
    batch_.reset();
}

void History::take_rows(Chunk& chunk) {
    if (sent_.size() > sent_rows_max) sent_.clear();
    for (const auto& key : touched_) {
        if (!sent_.insert(key).second) continue;
        const auto frame = row_frame(services_, selection_->tenant, key);
        if (frame.empty()) continue;
        chunk.text += frame;
        ++chunk.frames;
    }
    touched_.clear();
}

Result<Offset> find_received(journal::Journal& journal, UnixNanos time) {
    auto low = journal.begin();
    auto high = journal.end();
    const auto reader = journal.reader(low);
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        reader->seek(middle);
        auto batch = reader->next();
        if (!batch) {
            if (batch.error().code != Errc::expired) return std::move(batch).error();
            low = std::max(journal.begin(), middle + 1);
        } else if (!*batch) {
            high = middle;
        } else if ((*batch)->header().received < time) {
            low = (*batch)->end();
        } else {
            high = std::max(low, (*batch)->base());
        }
    }
    return low;
}

}  // namespace ark::stream
