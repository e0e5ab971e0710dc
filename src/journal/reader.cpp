#include "journal/reader.hpp"

#include "codec/compression.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <limits>

#include <fmt/format.h>

namespace ark::journal {
namespace {

// A seek reads one stride of the index; the more is read in sequence the further ahead, up to where syscalls do not
// matter.
constexpr std::uint64_t read_ahead_min = format::index_stride;
constexpr std::uint64_t read_ahead_max = 1u << 20;

Result<Buffer> inflate(const format::RecordHeader& header, std::string_view wire) {
    codec::InflateLimits limits;
    limits.bytes_max = header.decoded_bytes;  // what came out when it was accepted; the checksum says it is the same
    limits.ratio_max = std::numeric_limits<std::size_t>::max();
    return header.encoding == model::Encoding::gzip ? codec::gunzip(wire, limits) : codec::unzstd(wire, limits);
}

model::BatchHeader batch_header(const format::RecordHeader& record) {
    model::BatchHeader header;
    header.kind = static_cast<model::BatchKind>(record.kind);
    header.encoding = record.encoding;
    header.item_count = record.items;
    header.base = record.base;
    header.received = record.received;
    header.time_min = record.time_min;
    header.time_max = record.time_max;
    header.tenant = std::string(record.tenant);
    return header;
}

}  // namespace

Error SegmentReader::damaged(std::uint64_t position, std::string_view why) const {
    if (segment_->retired()) return fail(Errc::expired, "the segment was given away while it was read");
    return fail(Errc::corrupt,
                fmt::format("{} at position {}: {}; run `ark journal repair`", segment_->path, position, why));
}

/// Bytes of the body from `position`, as many as are there up to `size`. Never behind what is published: the file may
/// still be being written there, and a buffer must not keep what was read too early.
Result<std::string_view> SegmentReader::window(std::uint64_t position, std::uint64_t size) {
    const auto body_end = segment_->body_end();
    size = std::min(size, body_end - std::min(position, body_end));
    if (position < buffer_start_ || position + size > buffer_start_ + buffer_.size()) {
        read_ahead_ = std::clamp(read_ahead_ * 2, read_ahead_min, read_ahead_max);
        const auto wanted = std::min(std::max(size, read_ahead_), body_end - position);
        buffer_.clear();
        buffer_.reserve(wanted);
        ARK_TRY(const auto n, file_->read_at(position, buffer_.data(), wanted));
        buffer_.commit(n);
        buffer_start_ = position;
        size = std::min<std::uint64_t>(size, n);
    }
    return buffer_.view().substr(position - buffer_start_, size);
}

Result<model::BatchPtr> SegmentReader::read(Offset offset, std::optional<std::uint64_t> known) {
    if (known) {
        position_ = *known;
        at_group_ = position_ == format::segment_header_bytes;
        read_ahead_ = 0;
    }
    while (position_ < segment_->body_end()) {
        if (at_group_) {
            ARK_TRY(const auto head, window(position_, format::group_header_bytes));
            const auto group = format::decode_group_header(head, segment_->seed, segment_->sequence, position_);
            if (!group) return damaged(position_, "not a group of this segment");
            at_group_ = group->records == 0;
            position_ = at_group_ ? group->next_position() : position_ + format::group_header_bytes;
            continue;
        }
        ARK_TRY(const auto head, window(position_, format::record_header_bytes_max));
        const auto header = format::decode_record_header(head, segment_->seed);
        if (!header) return damaged(position_, "the record's header does not match its checksum");
        const auto here = position_;
        const auto total = header->total_bytes();
        at_group_ = header->last_of_group;
        position_ = at_group_ ? format::align_up(here + total) : here + total;
        next_offset_ = header->end();
        if (!header->lost() && header->end() > offset) return load(*header, here);
    }
    return model::BatchPtr();
}

Result<model::BatchPtr> SegmentReader::load(const format::RecordHeader& record, std::uint64_t position) {
    auto header = batch_header(record);  // copies the tenant before the window moves
    const auto at = position + record.payload_at();
    Buffer wire(record.payload_bytes);
    // What the window has is copied, the rest of a large payload is read to its place.
    std::size_t have = 0;
    if (at < buffer_start_ + buffer_.size()) {
        const auto part = buffer_.view().substr(at - buffer_start_, record.payload_bytes);
        wire.append(part);
        have = part.size();
    }
    if (have < record.payload_bytes) {
        const auto wanted = record.payload_bytes - have;
        ARK_TRY(const auto n, file_->read_at(at + have, wire.data() + have, wanted));
        if (n != wanted) return damaged(position, "the file ends within the record");
        wire.commit(n);
    }
    if (format::payload_checksum(wire.view()) != record.payload_checksum) {
        return damaged(position, "the payload does not match its checksum");
    }
    if (record.encoding == model::Encoding::identity) {
        return model::BatchPtr(std::make_shared<model::Batch>(std::move(header), std::move(wire)));
    }
    auto decoded = inflate(record, wire.view());
    if (!decoded) return damaged(position, "the payload cannot be inflated: " + decoded.error().message());
    return model::BatchPtr(std::make_shared<model::Batch>(std::move(header), std::move(wire), std::move(*decoded)));
}

namespace {

// How often a reader that is behind looks for what came: not for every batch.
constexpr std::size_t find_more_every = 16;
// Batches in a row until a reader is one that follows the journal, and not one that looks up items here and there.
constexpr std::size_t follows_after = 16;

class EmbeddedReader final : public Reader {
public:
    EmbeddedReader(ReadSide side, Offset from) : side_(side), position_(from) {}

    Result<model::BatchPtr> next() override {
        const Offset end{side_.end.load(std::memory_order_acquire)};
        if (position_ >= end) return model::BatchPtr();
        look_ahead();
        model::BatchPtr batch;
        if (!ahead_.empty()) {
            batch = std::move(ahead_.front());
            ahead_.pop_front();
            held_.give(batch->bytes());
            disk_.reset();  // at the end nobody needs the window any more
        } else {
            ARK_TRY(batch, from_disk(end));
            if (!batch) {  // only lost offsets up to the end
                position_ = end;
                return batch;
            }
        }
        last_begin_ = batch->base();
        position_ = batch->end();
        ++in_a_row_;
        return batch;
    }

    Offset position() const override { return position_; }
    void seek(Offset offset) override {
        if (offset < last_begin_ || offset > position_) in_a_row_ = 0;
        position_ = offset;
        while (!ahead_.empty() && (ahead_.front()->end() <= offset || offset < ahead_.front()->base())) {
            held_.give(ahead_.front()->bytes());
            ahead_.pop_front();
        }
    }

private:
    void look_ahead() {
        if (ahead_.empty()) {
            held_.give_all();
            side_.tail.find(position_, ahead_, in_a_row_ >= follows_after ? &held_ : nullptr);
        } else if (held_.any() && ahead_.size() % find_more_every == 0) {
            side_.tail.find_more(ahead_, held_);
        }
    }

    Result<model::BatchPtr> from_disk(Offset end) {
        for (auto offset = position_; offset < end;) {
            const auto segment = side_.catalog.find(offset);
            if (!segment) {
                return fail(Errc::expired, fmt::format("offset {} is gone, the oldest kept is {}", offset.value(),
                                                       side_.catalog.begin().value()));
            }
            auto batch = from_segment(segment, offset);
            if (!batch) {
                disk_.reset();
                if (segment->retired()) return fail(Errc::expired, batch.error().context);
                return batch;
            }
            if (*batch) return batch;
            offset = segment->end();  // the rest of it was lost
        }
        return model::BatchPtr();
    }

    Result<model::BatchPtr> from_segment(const SegmentPtr& segment, Offset offset) {
        const bool goes_on = disk_ && &disk_->segment() == segment.get() && disk_->next_offset() == offset;
        if (goes_on) return disk_->read(offset, std::nullopt);
        ARK_TRY(const auto place, segment->locate(offset, side_.disk));
        if (!disk_ || &disk_->segment() != segment.get()) {
            ARK_TRY(auto file, side_.catalog.file_of(*segment));
            disk_ = std::make_unique<SegmentReader>(segment, std::move(file));
        }
        return disk_->read(offset, place);
    }

    const ReadSide side_;
    Offset position_;
    Offset last_begin_;                    // of the batch that was read last
    std::size_t in_a_row_ = 0;             // batches that were read without a jump
    std::deque<model::BatchPtr> ahead_;    // from the tail: the next ones, from position_ on
    Held held_;                            // for them, if we are behind
    std::unique_ptr<SegmentReader> disk_;  // null while served from memory
};

}  // namespace

std::unique_ptr<Reader> make_reader(ReadSide side, Offset from) {
    return std::make_unique<EmbeddedReader>(side, from);
}

}  // namespace ark::journal
