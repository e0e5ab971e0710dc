#include "journal/appender.hpp"

#include "base/check.hpp"
#include "journal/names.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

namespace ark::journal {

using disk::align_up;

namespace {

// The first write into preallocated space converts its extents, which makes the sync that follows half as dear again
// (124 instead of 84 us for 8 KiB). So a small group takes zeros along, up to this much, and the next thirty find their
// space written; in 256 KiB, since that much more is written at the price of one conversion. Large groups pay for
// theirs once either way.
constexpr std::uint64_t fill_bytes = 256u << 10;

/// Errors from here on leave the file in an unknown state: they must not look like the harmless disk_full.
Error fatal(Error error) {
    if (error.code == Errc::disk_full) error.code = Errc::io;
    return error;
}

format::RecordHeader header_of(const Outgoing& record) {
    const auto& batch = *record.batch;
    format::RecordHeader header;
    header.kind = static_cast<std::uint8_t>(batch.header().kind);
    header.encoding = batch.header().encoding;
    header.base = batch.base();
    header.items = batch.header().item_count;
    header.payload_bytes = static_cast<std::uint32_t>(batch.wire().size());
    header.received = batch.header().received;
    header.time_min = batch.header().time_min;
    header.time_max = batch.header().time_max;
    header.decoded_bytes = batch.payload().size();
    header.payload_checksum = record.payload_checksum;
    header.tenant = batch.header().tenant;
    return header;
}

}  // namespace

Appender::Appender(disk::Disk& disk, AppenderConfig config, const Manifest& manifest, Clock& clock, Catalog& catalog)
    : disk_(disk),
      config_(std::move(config)),
      journal_id_(manifest.id),
      epoch_(manifest.epoch),
      clock_(clock),
      catalog_(catalog) {}

Status Appender::open(Tail tail) {
    segment_ = catalog_.last();
    if (!segment_) return begin_segment(0);

    end_ = tail.end;
    position_ = tail.position;
    synced_ = tail.position;
    filled_ = tail.position;
    footer_ = std::move(tail.footer);
    file_bytes_ = segment_->file_bytes();
    sealed_ = tail.closed;
    if (sealed_) return begin_segment(0);
    ARK_TRY(file_, disk_.open(segment_->path, disk::OpenMode::create_direct));
    return ok();
}

std::uint64_t Appender::group_bytes(std::span<const Outgoing> records) {
    std::uint64_t bytes = format::group_header_bytes;
    for (const auto& record : records)
        bytes += record.record_bytes();
    return align_up(bytes);
}

Status Appender::make_room(std::uint64_t group_bytes, std::uint64_t items) {
    rolled_ = false;
    const bool fits = position_ + group_bytes + Footer::reserve_bytes(file_bytes_) <= file_bytes_;
    const bool countable = end_ - segment_->base + items <= std::numeric_limits<std::uint32_t>::max();
    if (fits && countable) return ok();
    ARK_TRY_STATUS(begin_segment(group_bytes));
    rolled_ = true;
    return ok();
}

/// The order makes every crash harmless: new space first (the step that may find the disk full), then the old segment
/// is made final, then the new one gets its name.
Status Appender::begin_segment(std::uint64_t group_bytes) {
    const auto sequence = segment_ ? segment_->sequence + 1 : 1;
    auto bytes = config_.segment_bytes;
    const auto least = format::segment_header_bytes + group_bytes;
    bytes = std::max(bytes, align_up(least + Footer::reserve_bytes(least)));

    ARK_TRY(const auto spare, spare_path(sequence));
    bool recycled = false;
    ARK_TRY(auto file, prepare_file(spare, bytes, sequence, recycled));
    // Beyond this point errors are final.
    if (!sealed_) {
        ARK_TRY_STATUS(seal());
    }
    const auto path = in_directory(config_.directory, segment_name(sequence));
    if (auto renamed = disk_.rename(spare, path); !renamed) return fatal(renamed.error());
    if (auto synced = disk_.sync_directory(config_.directory); !synced) return fatal(synced.error());

    ARK_TRY(file_bytes_, file->size());
    if (segment_) segment_->set_sealed_at(clock_.now());
    segment_ = std::make_shared<Segment>(path, sequence, format::seed_of(journal_id_, sequence), end_);
    segment_->set_file_bytes(file_bytes_);
    file_ = std::move(file);
    position_ = synced_ = format::segment_header_bytes;
    filled_ = recycled ? file_bytes_ : position_;
    footer_ = {};
    sealed_ = false;
    catalog_.add(segment_);
    return ok();
}

Result<std::string> Appender::spare_path(std::uint64_t sequence) {
    ARK_TRY(const auto names, disk_.list(config_.directory));
    for (const auto& name : names) {
        if (is_spare_name(name)) return in_directory(config_.directory, name);
    }
    return in_directory(config_.directory, spare_name(sequence));
}

Result<std::unique_ptr<disk::File>> Appender::prepare_file(const std::string& path, std::uint64_t bytes,
                                                           std::uint64_t sequence, bool& recycled) {
    ARK_TRY(auto file, disk_.open(path, disk::OpenMode::create_direct));
    ARK_TRY(const auto had, file->size());
    recycled = had >= bytes;
    if (!recycled) {
        if (auto allocated = file->allocate(bytes); !allocated) {
            // Do not sit on the space that was just missing.
            if (had == 0) static_cast<void>(disk_.remove(path));
            return std::move(allocated).error();
        }
    }
    format::SegmentHeader header;
    header.journal_id = journal_id_;
    header.sequence = sequence;
    header.base = end_;
    header.previous_end = segment_ ? position_ : 0;
    header.created = clock_.now();
    header.epoch = epoch_;
    disk::AlignedBuffer block(format::segment_header_bytes);
    format::encode(header, block.data());
    ARK_TRY_STATUS(file->write_at(0, block.data(), format::segment_header_bytes));
    ARK_TRY_STATUS(file->sync());
    return file;
}

Status Appender::seal() {
    const auto bytes = footer_.encode(segment_->seed, place());
    if (position_ + bytes.size() <= file_bytes_) {
        disk::AlignedBuffer block(bytes.size());
        std::memcpy(block.data(), bytes.data(), bytes.size());
        if (auto written = file_->write_at(position_, block.data(), bytes.size()); !written)
            return fatal(written.error());
    }
    if (auto synced = file_->sync(); !synced) return fatal(synced.error());
    sealed_ = true;
    return ok();
}

/// The header of a group at the present end, with nothing in it yet.
format::GroupHeader Appender::place() const {
    format::GroupHeader header;
    header.sequence = segment_->sequence;
    header.position = position_;
    header.synced = synced_;
    header.base = end_;
    header.end = end_;
    return header;
}

Status Appender::append(std::span<const Outgoing> records) {
    const auto bytes = group_bytes(records);
    const auto with_zeros = write_bytes(bytes);
    lay_out(records, with_zeros);
    if (auto written = file_->write_at(position_, buffer_.data(), with_zeros); !written) return fatal(written.error());
    filled_ = std::max(filled_, position_ + with_zeros);
    if (config_.sync_each_group) {
        ARK_TRY_STATUS(sync());
    }
    publish(records, bytes);
    // One record above the usual size must not pin its memory for ever.
    if (buffer_.capacity() > 2 * config_.group_bytes_max) buffer_.release();
    return ok();
}

/// What is written for a group of `bytes`: itself, and zeros into space that has never been written.
std::uint64_t Appender::write_bytes(std::uint64_t bytes) const {
    if (position_ + bytes <= filled_ || bytes >= fill_bytes) return bytes;
    return std::min(fill_bytes, file_bytes_ - position_);
}

void Appender::lay_out(std::span<const Outgoing> records, std::uint64_t bytes) {
    buffer_.reserve(bytes);
    auto group = place();
    group.records = static_cast<std::uint32_t>(records.size());

    char* out = buffer_.data() + format::group_header_bytes;
    for (const auto& record : records) {
        record.batch->assign_base(end_);
        auto header = header_of(record);
        header.last_of_group = &record == &records.back();
        format::encode(header, segment_->seed, out);
        const auto wire = record.batch->wire();
        char* payload = out + header.payload_at();
        if (!wire.empty()) std::memcpy(payload, wire.data(), wire.size());
        std::memset(payload + wire.size(), 0, align_up(wire.size(), 8) - wire.size());
        footer_.note(header, end_ - segment_->base, position_ + static_cast<std::uint64_t>(out - buffer_.data()));
        out += header.total_bytes();
        end_ = header.end();
    }
    group.end = end_;
    group.length = static_cast<std::uint32_t>(out - buffer_.data() - format::group_header_bytes);
    format::encode(group, segment_->seed, buffer_.data());
    const auto used = static_cast<std::uint64_t>(out - buffer_.data());
    ARK_CHECK(used <= bytes, "group of {} bytes laid out in {}", bytes, used);
    std::memset(out, 0, bytes - used);
}

void Appender::publish(std::span<const Outgoing> records, std::uint64_t bytes) {
    auto at = position_ + format::group_header_bytes;
    for (const auto& record : records) {
        segment_->add_to_index(record.batch->base(), at);
        at += record.record_bytes();
    }
    position_ += bytes;
    if (config_.sync_each_group) synced_ = position_;
    segment_->publish(end_, position_);
}

Status Appender::sync() {
    const auto before = clock_.monotonic_nanos();
    if (auto synced = file_->sync(); !synced) return fatal(synced.error());
    sync_nanos_ = clock_.monotonic_nanos() - before;
    synced_ = position_;
    return ok();
}

Status Appender::mark() {
    if (position_ + format::block_bytes + Footer::reserve_bytes(file_bytes_) > file_bytes_) return ok();
    auto header = place();
    header.kind = format::GroupKind::mark;
    disk::AlignedBuffer block(format::block_bytes);
    std::memset(block.data(), 0, format::block_bytes);
    format::encode(header, segment_->seed, block.data());
    ARK_TRY_STATUS(file_->write_at(position_, block.data(), format::block_bytes));
    position_ += format::block_bytes;
    segment_->publish(end_, position_);
    return file_->sync();
}

}  // namespace ark::journal
