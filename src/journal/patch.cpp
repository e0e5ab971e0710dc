#include "journal/patch.hpp"

#include "journal/names.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace ark::journal {
namespace {

constexpr std::uint64_t items_max = std::numeric_limits<std::uint32_t>::max();

/// A header that stands for `items` lost offsets and is followed by a filler, `bytes` in all (≥ record_header_bytes).
format::RecordHeader lost_record(Offset base, std::uint64_t items, std::uint64_t bytes) {
    format::RecordHeader header;
    header.kind = format::kind_lost;
    header.base = base;
    header.items = static_cast<std::uint32_t>(items);
    header.payload_bytes = static_cast<std::uint32_t>(bytes - format::record_header_bytes);
    return header;
}

struct Placed {
    format::RecordHeader header;
    std::uint64_t position = 0;
};

/// Fills [from, until) with lost records for [first, end). False when there is no room to say it.
bool place_lost(std::vector<Placed>& out, std::uint64_t from, std::uint64_t until, Offset first, Offset end) {
    // More than 2^32 items need more than one record; all but the last are as small as can be.
    while (end - first > items_max) {
        if (until - from < 2 * format::record_header_bytes) return false;
        out.push_back({lost_record(first, items_max, format::record_header_bytes), from});
        first = first + items_max;
        from += format::record_header_bytes;
    }
    if (until - from < format::record_header_bytes) return false;
    out.push_back({lost_record(first, end - first, until - from), from});
    return true;
}

/// The records of the patched stretch in order. Nothing when the kept ones leave no room for what was lost.
std::optional<std::vector<Placed>> place_all(const DamagedStretch& stretch) {
    std::vector<Placed> out;
    auto at = stretch.from + format::group_header_bytes;
    Offset next = stretch.first;
    for (const auto& kept : stretch.kept) {
        if (kept.position != at && !place_lost(out, at, kept.position, next, kept.header.base)) return std::nullopt;
        if (kept.position == at && kept.header.base != next) return std::nullopt;
        out.push_back({kept.header, kept.position});
        out.back().header.tenant = kept.tenant;
        at = kept.position + out.back().header.total_bytes();
        next = kept.header.end();
    }
    const bool only_padding = next == stretch.end && format::align_up(at) == stretch.until && !out.empty();
    if (!only_padding && !place_lost(out, at, stretch.until, next, stretch.end)) return std::nullopt;
    return out;
}

PatchPiece group_piece(const DamagedStretch& stretch, const std::vector<Placed>& records, format::Seed seed,
                       std::uint64_t sequence) {
    const auto& last = records.back();
    format::GroupHeader group;
    group.sequence = sequence;
    group.position = stretch.from;
    group.synced = stretch.from;
    group.base = stretch.first;
    group.end = stretch.end;
    group.records = static_cast<std::uint32_t>(records.size());
    group.length = static_cast<std::uint32_t>(last.position + last.header.total_bytes() - stretch.from -
                                              format::group_header_bytes);
    PatchPiece piece{stretch.from, std::string(format::group_header_bytes, '\0')};
    format::encode(group, seed, piece.bytes.data());
    return piece;
}

Status write_footer(disk::File& file, std::uint64_t file_bytes, format::Seed seed, const format::SegmentHeader& header,
                    std::uint64_t body_end) {
    SegmentScanner scanner(file, file_bytes, seed, header.sequence);
    ARK_TRY(const auto body, scan_body(scanner, header.base, body_end));
    format::GroupHeader place;
    place.sequence = header.sequence;
    place.position = place.synced = body.position;  // the replacement gets its name only when it is synced
    place.base = place.end = body.end;
    const auto footer = body.footer.encode(seed, place);
    if (body.position != body_end || body_end + footer.size() > file_bytes) return ok();  // it goes without
    return file.write_at(body_end, footer.data(), footer.size());
}

Status write_header(disk::File& file, const format::SegmentHeader& header) {
    std::string block(format::segment_header_bytes, '\0');
    format::encode(header, block.data());
    return file.write_at(0, block.data(), block.size());
}

}  // namespace

Result<std::vector<PatchPiece>> patch_of(DamagedStretch& stretch, format::Seed seed, std::uint64_t sequence) {
    auto placed = place_all(stretch);
    for (; !placed && !stretch.kept.empty(); placed = place_all(stretch))
        stretch.kept.pop_back();
    if (!placed) {
        return fail(Errc::corrupt,
                    fmt::format("segment {}: offsets {} to {} are missing at position {}, more than repair "
                                "can stand in for; the header that says so may be wrong itself",
                                sequence, stretch.first.value(), stretch.end.value(), stretch.from));
    }
    std::vector<PatchPiece> pieces{group_piece(stretch, *placed, seed, sequence)};
    for (auto& record : *placed) {
        record.header.last_of_group = &record == &placed->back();
        PatchPiece piece{record.position, std::string(record.header.payload_at(), '\0')};
        format::encode(record.header, seed, piece.bytes.data());
        pieces.push_back(std::move(piece));
    }
    return pieces;
}

Status copy_file(disk::Disk& disk, const std::string& from, const std::string& to) {
    ARK_TRY(const auto in, disk.open(from, disk::OpenMode::read));
    ARK_TRY(const auto out, disk.open(to, disk::OpenMode::create));
    ARK_TRY(const auto bytes, in->size());
    FileWindow window(*in, bytes);
    constexpr std::uint64_t chunk = 1u << 20;
    for (std::uint64_t at = 0; at < bytes; at += chunk) {
        ARK_TRY(const auto part, window.at(at, chunk));
        ARK_TRY_STATUS(out->write_at(at, part.data(), part.size()));
    }
    return out->sync();
}

Status write_repaired(disk::Disk& disk, const Survey& survey, std::size_t at, const format::SegmentHeader& header,
                      SegmentFindings& findings) {
    const auto& segment = survey.segments[at];
    const auto path = in_directory(survey.directory, segment.name);
    const auto seed = format::seed_of(survey.journal_id, segment.sequence);
    ARK_TRY_STATUS(copy_file(disk, path, path + ".repair"));
    ARK_TRY(const auto file, disk.open(path + ".repair", disk::OpenMode::write));
    ARK_TRY_STATUS(write_header(*file, header));
    for (auto& stretch : findings.stretches) {
        ARK_TRY(const auto patch, patch_of(stretch, seed, segment.sequence));
        for (const auto& piece : patch) {
            ARK_TRY_STATUS(file->write_at(piece.position, piece.bytes.data(), piece.bytes.size()));
        }
    }
    if (at + 1 != survey.segments.size()) {
        ARK_TRY_STATUS(write_footer(*file, segment.file_bytes, seed, header, findings.body_end));
    }
    return file->sync();
}

Status append_loss(disk::Disk& disk, const Survey& survey, std::size_t at, const format::SegmentHeader& header,
                   std::uint64_t body_end, Offset first, Offset end) {
    const auto path = in_directory(survey.directory, survey.segments[at].name) + ".repair";
    const auto seed = format::seed_of(survey.journal_id, header.sequence);
    ARK_TRY(const auto file, disk.open(path, disk::OpenMode::write));
    DamagedStretch stretch;
    stretch.from = body_end;
    stretch.until = body_end + loss_bytes;
    stretch.first = first;
    stretch.end = end;
    ARK_TRY(auto file_bytes, file->size());
    if (file_bytes < stretch.until) {
        ARK_TRY_STATUS(file->truncate(stretch.until));
        file_bytes = stretch.until;
    }
    ARK_TRY(const auto patch, patch_of(stretch, seed, header.sequence));
    for (const auto& piece : patch) {
        ARK_TRY_STATUS(file->write_at(piece.position, piece.bytes.data(), piece.bytes.size()));
    }
    ARK_TRY_STATUS(write_footer(*file, file_bytes, seed, header, stretch.until));
    return file->sync();
}

Status write_replacement(disk::Disk& disk, const Survey& survey, std::size_t at, const format::SegmentHeader& header,
                         std::uint64_t body_end, Offset end) {
    const auto& segment = survey.segments[at];
    const auto path = in_directory(survey.directory, segment.name) + ".repair";
    ARK_TRY(const auto file, disk.open(path, disk::OpenMode::create));
    ARK_TRY_STATUS(file->truncate(body_end));  // sparse: the filler of the lost record is never read
    ARK_TRY_STATUS(write_header(*file, header));
    if (body_end > format::segment_header_bytes) {
        DamagedStretch stretch;
        stretch.from = format::segment_header_bytes;
        stretch.until = body_end;
        stretch.first = header.base;
        stretch.end = end;
        const auto seed = format::seed_of(survey.journal_id, segment.sequence);
        ARK_TRY(const auto patch, patch_of(stretch, seed, segment.sequence));
        for (const auto& piece : patch) {
            ARK_TRY_STATUS(file->write_at(piece.position, piece.bytes.data(), piece.bytes.size()));
        }
    }
    return file->sync();
}

}  // namespace ark::journal
