#include "stream/ring.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <utility>

namespace ark::stream {
namespace {

constexpr std::size_t block_bytes_min = 4u << 10;   // a quiet group: some ten frames
constexpr std::size_t block_bytes_max = 64u << 10;  // one send; what a stuck reader pins

}  // namespace

void Ring::append(std::string_view unit, std::uint32_t frames, Offset covered) {
    if (unit.empty()) return;
    auto& block = block_with_room(unit.size());
    block.bytes.append(unit);
    frames_ += frames;
    end_ += unit.size();
    block.covered = covered;
    block.frames_end = frames_;
    readers_at_end_ = 0;
    free_unread();
    shrink_to(bytes_max_);
}

Ring::Block& Ring::block_with_room(std::size_t bytes) {
    if (!blocks_.empty()) {
        auto& last = *blocks_.back();
        if (last.bytes.capacity() - last.bytes.size() >= bytes) return last;
    }
    auto block = std::make_shared<Block>();
    block->start = end_;
    block->bytes.reserve(std::max(bytes, std::clamp(bytes_, block_bytes_min, block_bytes_max)));
    if (blocks_.empty()) block->readers = std::exchange(idle_readers_, 0);
    bytes_ += block->bytes.capacity();
    total_ += block->bytes.capacity();
    blocks_.push_back(std::move(block));
    return *blocks_.back();
}

void Ring::join(Reader& reader) {
    reader.position_ = end_;
    reader.block_ = last_block();
    count_in(reader.block_);
    ++readers_;
    ++readers_at_end_;
}

void Ring::leave(Reader& reader) {
    if (at_end(reader)) --readers_at_end_;
    count_out(reader);
    --readers_;
    free_unread();
}

Ring::Slice Ring::next(const Reader& reader) const {
    Slice slice;
    if (at_end(reader)) return slice;
    ARK_DCHECK(!fell_out(reader), "next() for a reader at {} of a ring that begins at {}", reader.position_, begin());
    // A reader whose block is gone but who has not fallen out stands at its end: the beginning of the front block.
    auto index = reader.block_ < first_block_ ? 0 : reader.block_ - first_block_;
    if (blocks_[index]->end() == reader.position_) ++index;
    const auto& block = blocks_[index];
    slice.block = block;
    slice.bytes = block->bytes.view().substr(reader.position_ - block->start);
    slice.covered = block->covered;
    slice.frames_end = block->frames_end;
    return slice;
}

void Ring::advance(Reader& reader, const Slice& slice) {
    const auto position = reader.position_ + slice.bytes.size();
    if (position < begin()) {
        reader.position_ = position;  // fell out while it was sending; its count went with the block
        return;
    }
    auto block = reader.block_;
    while (block < last_block() && (block < first_block_ || blocks_[block - first_block_]->end() < position))
        ++block;
    if (block != reader.block_) {
        count_out(reader);
        count_in(block);
        reader.block_ = block;
    }
    reader.position_ = position;
    if (position == end_) ++readers_at_end_;
    free_unread();
}

void Ring::shrink_to(std::size_t bytes) {
    while (blocks_.size() > 1 && bytes_ > bytes)
        drop_front();
}

void Ring::release_if_idle() {
    if (blocks_.empty() || readers_at_end_ != readers_) return;
    first_block_ = last_block();
    idle_readers_ = blocks_.back()->readers;
    blocks_.clear();
    blocks_.shrink_to_fit();
    total_ -= bytes_;
    bytes_ = 0;
}

void Ring::count_in(std::uint64_t block) {
    if (blocks_.empty()) {
        ++idle_readers_;
    } else {
        ++blocks_[block - first_block_]->readers;
    }
}

void Ring::count_out(const Reader& reader) {
    if (reader.block_ < first_block_) return;
    if (blocks_.empty()) {
        --idle_readers_;
    } else {
        --blocks_[reader.block_ - first_block_]->readers;
    }
}

void Ring::drop_front() {
    const auto freed = blocks_.front()->bytes.capacity();
    bytes_ -= freed;
    total_ -= freed;
    blocks_.erase(blocks_.begin());
    ++first_block_;
}

void Ring::free_unread() {
    while (blocks_.size() > 1 && blocks_.front()->readers == 0)
        drop_front();
}

}  // namespace ark::stream
