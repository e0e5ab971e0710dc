#include "journal/segment.hpp"

#include "journal/scan.hpp"

#include <algorithm>
#include <cstring>

namespace ark::journal {

using format::align_up;

namespace {

constexpr std::size_t footer_fixed_bytes = 32;

template <class T>
void append_number(std::string& out, T value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

}  // namespace

void SegmentIndex::add(std::uint64_t relative_offset, std::uint64_t position) {
    const auto place = static_cast<std::uint32_t>(position / 8);
    if (!entries_.empty() && position / format::index_stride == entries_.back().place * 8ull / format::index_stride)
        return;
    entries_.push_back(Entry{static_cast<std::uint32_t>(relative_offset), place});
}

std::optional<std::uint64_t> SegmentIndex::find(std::uint64_t relative_offset) const {
    const auto behind =
        std::upper_bound(entries_.begin(), entries_.end(), relative_offset,
                         [](std::uint64_t wanted, const Entry& entry) { return wanted < entry.offset; });
    if (behind == entries_.begin()) return std::nullopt;
    return std::prev(behind)->place * 8ull;
}

void Footer::note(const format::RecordHeader& record, std::uint64_t relative_offset, std::uint64_t position) {
    ++records;
    if (record.lost()) return;
    index.add(relative_offset, position);
    if (received_min == UnixNanos{} || record.received < received_min) received_min = record.received;
    received_max = std::max(received_max, record.received);
}

std::string Footer::encode(format::Seed seed, format::GroupHeader header) const {
    std::string out(format::group_header_bytes, '\0');
    append_number(out, records);
    append_number(out, received_min.value());
    append_number(out, received_max.value());
    append_number(out, static_cast<std::uint32_t>(index.entries().size()));
    append_number(out, std::uint32_t{0});
    for (const auto& entry : index.entries()) {
        append_number(out, entry.offset);
        append_number(out, entry.place);
    }
    header.kind = format::GroupKind::footer;
    header.length = static_cast<std::uint32_t>(out.size() - format::group_header_bytes);
    header.body_checksum = format::checksum(std::string_view(out).substr(format::group_header_bytes), seed);
    format::encode(header, seed, out.data());
    out.resize(align_up(out.size()), '\0');
    return out;
}

std::optional<Footer> Footer::decode(std::string_view body) {
    if (body.size() < footer_fixed_bytes) return std::nullopt;
    Footer footer;
    footer.records = number_at<std::uint64_t>(body, 0);
    footer.received_min = UnixNanos{number_at<std::uint64_t>(body, 8)};
    footer.received_max = UnixNanos{number_at<std::uint64_t>(body, 16)};
    const std::size_t count = number_at<std::uint32_t>(body, 24);
    if (body.size() != footer_fixed_bytes + count * 8) return std::nullopt;
    for (std::size_t i = 0; i < count; ++i) {
        const auto at = footer_fixed_bytes + i * 8;
        footer.index.add(number_at<std::uint32_t>(body, at), number_at<std::uint32_t>(body, at + 4) * 8ull);
    }
    return footer;
}

std::uint64_t Footer::reserve_bytes(std::uint64_t segment_bytes) {
    const auto entries = segment_bytes / format::index_stride + 1;
    return align_up(format::group_header_bytes + footer_fixed_bytes + entries * 8);
}

void Segment::add_to_index(Offset record_base, std::uint64_t position) {
    const std::lock_guard lock(index_mutex_);
    index_.add(record_base - base, position);
    index_loaded_ = true;
}

void Segment::set_index(SegmentIndex index) {
    const std::lock_guard lock(index_mutex_);
    index_ = std::move(index);
    index_loaded_ = true;
}

Result<std::uint64_t> Segment::locate(Offset offset, disk::Disk& disk) {
    const std::lock_guard lock(index_mutex_);
    if (!index_loaded_) {
        ARK_TRY_STATUS(load_index(disk));
    }
    // Offsets before the first entry can only be lost ones: begin at the first group.
    return index_.find(offset - base).value_or(format::segment_header_bytes);
}

Status Segment::load_index(disk::Disk& disk) {
    ARK_TRY(const auto file, disk.open(path, disk::OpenMode::read));
    ARK_TRY(const auto size, file->size());
    SegmentScanner scanner(*file, size, seed, sequence);
    ARK_TRY(auto footer, scanner.footer_at(body_end()));
    if (!footer) {
        // Only the index is missing. The scan stops at damage; whoever reads there is told.
        ARK_TRY(auto scanned, scan_body(scanner, base, body_end()));
        footer = std::move(scanned.footer);
    }
    index_ = std::move(footer->index);
    index_loaded_ = true;
    return ok();
}

}  // namespace ark::journal
