#include "query/item_source.hpp"

#include <algorithm>

namespace ark::query {
namespace {

// Offsets fetched at once. A window of as many offsets never holds more items than this, so a backward window is never
// cut.
constexpr std::uint64_t window_min = 1024;
constexpr std::size_t found_max = 16'384;

Offset before(Offset offset, std::uint64_t n) {
    return Offset{offset.value() > n ? offset.value() - n : 0};
}

class Forward final : public ItemSource {
public:
    Forward(journal::Journal& journal, Offset begin, Offset end)
        : journal_(journal), batches_(journal), at_(begin), end_(end) {}

    Result<std::optional<Chunk>> next() override {
        while (at_ < end_) {
            auto found = batches_.holding(at_);
            if (!found && found.error().code == Errc::expired && at_ < journal_.begin()) {
                at_ = journal_.begin();  // retention moved on between two pages: what it took is not there any more
                continue;
            }
            if (!found) return std::move(found).error();
            if (!*found) break;
            Chunk chunk;
            chunk.batch = std::move(*found);
            chunk.begin = at_;
            chunk.end = std::min(end_, chunk.batch->end());
            at_ = chunk.end;
            return std::optional(std::move(chunk));
        }
        at_ = std::max(at_, end_);
        return std::optional<Chunk>{};
    }
    Offset position() const override { return at_; }

private:
    journal::Journal& journal_;
    journal::Batches batches_;
    Offset at_;
    const Offset end_;
};

class Backward final : public ItemSource {
public:
    Backward(journal::Journal& journal, Offset begin, Offset end) : batches_(journal), begin_(begin), at_(end) {}

    Result<std::optional<Chunk>> next() override {
        if (at_ <= begin_) return std::optional<Chunk>{};
        auto found = batches_.holding(before(at_, 1));
        if (!found && found.error().code != Errc::expired) return std::move(found).error();
        if (!found || !*found) {
            at_ = begin_;
            return std::optional<Chunk>{};
        }
        Chunk chunk;
        chunk.batch = std::move(*found);
        chunk.begin = std::max(begin_, chunk.batch->base());
        chunk.end = at_;
        at_ = chunk.begin;
        return std::optional(std::move(chunk));
    }
    Offset position() const override { return at_; }

private:
    journal::Batches batches_;
    const Offset begin_;
    Offset at_;
};

class FoundForward final : public ItemSource {
public:
    FoundForward(journal::Journal& journal, FindOffsets find, Offset begin, Offset end)
        : batches_(journal), find_(std::move(find)), at_(begin), end_(end) {}

    Result<std::optional<Chunk>> next() override {
        while (true) {
            if (next_ == found_.size()) {
                if (at_ >= end_) return std::optional<Chunk>{};
                ARK_TRY(found_, find_(at_, end_, window_min));
                next_ = 0;
                if (found_.empty()) {
                    at_ = end_;
                    return std::optional<Chunk>{};
                }
            }
            auto batch = batches_.holding(found_[next_]);
            if (!batch && batch.error().code == Errc::expired) {
                at_ = found_[next_++] + 1;
                continue;
            }
            if (!batch) return std::move(batch).error();
            if (!*batch) {  // known to the views, not readable: cannot be; ends the list rather than spins
                at_ = end_;
                return std::optional<Chunk>{};
            }
            return std::optional(take(std::move(*batch)));
        }
    }
    Offset position() const override { return at_; }

private:
    Chunk take(model::BatchPtr batch) {
        Chunk chunk;
        chunk.all = false;
        while (next_ < found_.size() && found_[next_] < batch->end())
            chunk.offsets.push_back(found_[next_++]);
        chunk.begin = chunk.offsets.front();
        chunk.end = chunk.offsets.back() + 1;
        chunk.batch = std::move(batch);
        at_ = chunk.end;
        return chunk;
    }

    journal::Batches batches_;
    const FindOffsets find_;
    Offset at_;
    const Offset end_;
    std::vector<Offset> found_;
    std::size_t next_ = 0;
};

// Postings are read forwards only, so history is taken in windows that grow while they are sparse and shrink when one
// holds more than is fetched at once:   begin ……… [ window 3 )[ window 2 )[ w1 ) end
class FoundBackward final : public ItemSource {
public:
    FoundBackward(journal::Journal& journal, FindOffsets find, Offset begin, Offset end)
        : batches_(journal), find_(std::move(find)), begin_(begin), at_(end), window_end_(end) {}

    Result<std::optional<Chunk>> next() override {
        while (found_.empty()) {
            if (window_end_ <= begin_) {
                at_ = begin_;
                return std::optional<Chunk>{};
            }
            ARK_TRY_STATUS(fetch());
        }
        auto batch = batches_.holding(found_.back());
        if (!batch && batch.error().code != Errc::expired) return std::move(batch).error();
        if (!batch || !*batch) {  // everything before is expired, too
            found_.clear();
            window_end_ = at_ = begin_;
            return std::optional<Chunk>{};
        }
        const auto first = std::lower_bound(found_.begin(), found_.end(), (*batch)->base());
        Chunk chunk;
        chunk.all = false;
        chunk.offsets.assign(first, found_.end());
        found_.erase(first, found_.end());
        chunk.begin = chunk.offsets.front();
        chunk.end = chunk.offsets.back() + 1;
        chunk.batch = std::move(*batch);
        at_ = chunk.begin;
        return std::optional(std::move(chunk));
    }
    Offset position() const override { return at_; }

private:
    Status fetch() {
        const Offset start = std::max(begin_, before(window_end_, window_));
        ARK_TRY(found_, find_(start, window_end_, found_max));
        if (found_.size() == found_max && window_ > window_min) {
            found_.clear();
            window_ /= 8;
            return ok();
        }
        if (found_.size() < window_min) window_ *= 8;
        window_end_ = start;
        return ok();
    }

    journal::Batches batches_;
    const FindOffsets find_;
    const Offset begin_;
    Offset at_;
    Offset window_end_;                  // postings before it were not fetched yet
    std::uint64_t window_ = window_min;  // offsets; at window_min it cannot hold found_max items
    std::vector<Offset> found_;
};

}  // namespace

std::unique_ptr<ItemSource> scan_source(journal::Journal& journal, Offset begin, Offset end, views::Order order) {
    if (order == views::Order::oldest_first) return std::make_unique<Forward>(journal, begin, end);
    return std::make_unique<Backward>(journal, begin, end);
}

std::unique_ptr<ItemSource> found_source(journal::Journal& journal, FindOffsets find, Offset begin, Offset end,
                                         views::Order order) {
    if (order == views::Order::oldest_first) {
        return std::make_unique<FoundForward>(journal, std::move(find), begin, end);
    }
    return std::make_unique<FoundBackward>(journal, std::move(find), begin, end);
}

}  // namespace ark::query
