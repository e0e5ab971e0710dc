#include "journal/recovery.hpp"

#include "journal/names.hpp"
#include "journal/scan.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::journal {
namespace {

constexpr std::string_view unknown_boot = "unknown";

Status check_link(const std::string& directory, const SegmentFile& before, const SegmentFile& after) {
    if (after.sequence != before.sequence + 1) {
        return corrupt_error(directory, segment_name(before.sequence + 1), 0, "the segment is missing");
    }
    if (after.header.base < before.header.base) {
        return corrupt_error(directory, after.name, 0, "it begins before its predecessor");
    }
    const auto end = after.header.previous_end;
    if (end < format::segment_header_bytes || end % format::block_bytes != 0 || end > before.file_bytes) {
        return corrupt_error(directory, before.name, before.file_bytes, "the file is shorter than its successor says");
    }
    return ok();
}

Result<Manifest> load_or_make_manifest(disk::Disk& disk, const std::string& directory, Clock& clock) {
    auto manifest = Manifest::load(disk, directory);
    if (!manifest && manifest.error().code == Errc::corrupt) {
        return corrupt_error(directory, "MANIFEST", 0, manifest.error().context);
    }
    if (manifest || manifest.error().code != Errc::not_found) return manifest;
    ARK_TRY(const auto names, disk.list(directory));
    for (const auto& name : names) {
        if (parse_segment_name(name))
            return corrupt_error(directory, "MANIFEST", 0, "there are segments but no manifest");
    }
    auto made = Manifest::make(clock.now());
    ARK_TRY_STATUS(made.save(disk, directory));
    return made;
}

/// Epoch and weak mark for the coming writer. Saved only when something changes.
Status renew_manifest(disk::Disk& disk, const std::string& directory, bool weak, bool empty, Manifest& manifest) {
    const auto boot = disk.boot_id();
    const std::string mark = !weak ? "" : boot.empty() ? std::string(unknown_boot) : boot;
    const bool may_have_lost = lost_power(manifest, disk);
    if (may_have_lost || empty) manifest.epoch = new_epoch(manifest.epoch);
    if (!may_have_lost && !empty && manifest.weak == mark) return ok();
    manifest.weak = mark;
    return manifest.save(disk, directory);
}

SegmentPtr to_segment(const std::string& directory, const SegmentFile& file, std::uint64_t journal_id) {
    auto segment = std::make_shared<Segment>(in_directory(directory, file.name), file.sequence,
                                             format::seed_of(journal_id, file.sequence), file.header.base);
    segment->set_file_bytes(file.file_bytes);
    return segment;
}

/// Makes the end durable before anybody reads it. What no later group proves to be synced is written again, unchanged:
/// if the sync of the life before failed, the page cache may show bytes that the kernel has given up to write, and a
/// sync alone would say yes to that.
Status make_durable(disk::Disk& disk, const std::string& path, const Tail& tail) {
    ARK_TRY(const auto file, disk.open(path, disk::OpenMode::create_direct));
    constexpr std::uint64_t chunk = 1u << 20;
    disk::AlignedBuffer buffer(chunk);
    for (auto at = disk::align_down(tail.unproven_from); at < tail.unproven_until; at += chunk) {
        const auto size = std::min(chunk, tail.unproven_until - at);
        ARK_TRY(const auto n, file->read_at(at, buffer.data(), size));
        if (n != size) return fail(Errc::io, path + ": it became shorter while it was recovered");
        ARK_TRY_STATUS(file->write_at(at, buffer.data(), size));
    }
    return file->sync();
}

}  // namespace

Error corrupt_error(const std::string& directory, std::string_view name, std::uint64_t position, std::string_view why) {
    return fail(Errc::corrupt, fmt::format("{}: {} at position {}: {}; run `ark journal repair {}`", directory, name,
                                           position, why, directory));
}

Result<SegmentFile> read_segment_header(disk::Disk& disk, const std::string& directory, std::uint64_t sequence,
                                        std::uint64_t journal_id) {
    SegmentFile segment;
    segment.name = segment_name(sequence);
    segment.sequence = sequence;
    ARK_TRY(const auto file, disk.open(in_directory(directory, segment.name), disk::OpenMode::read));
    ARK_TRY(segment.file_bytes, file->size());
    std::string block(format::segment_header_bytes, '\0');
    ARK_TRY(const auto n, file->read_at(0, block.data(), block.size()));
    const auto header = format::decode_segment_header(std::string_view(block).substr(0, n));
    if (!header) return corrupt_error(directory, segment.name, 0, "not a segment header of version 1");
    if (header->sequence != sequence || header->journal_id != journal_id) {
        return corrupt_error(directory, segment.name, 0, "the header is of another segment or journal");
    }
    segment.header = *header;
    return segment;
}

Result<std::vector<SegmentFile>> read_chain(disk::Disk& disk, const std::string& directory, std::uint64_t journal_id) {
    ARK_TRY(const auto names, disk.list(directory));
    std::vector<SegmentFile> chain;
    for (const auto& name : names) {
        const auto sequence = parse_segment_name(name);
        if (!sequence) continue;
        ARK_TRY(auto file, read_segment_header(disk, directory, *sequence, journal_id));
        if (!chain.empty()) {
            ARK_TRY_STATUS(check_link(directory, chain.back(), file));
        }
        chain.push_back(std::move(file));
    }
    return chain;
}

Result<Later> look_behind(SegmentScanner& scanner, std::uint64_t position) {
    Later later;
    for (auto at = position + format::block_bytes;;) {
        ARK_TRY(const auto header, scanner.find_header(at, scanner.file_bytes()));
        if (!header) return later;
        later.any = true;
        if (header->synced > position) later.proves_loss = true;
        later.until = header->next_position();
        at = header->position + format::block_bytes;
    }
}

bool lost_power(const Manifest& manifest, disk::Disk& disk) {
    return !manifest.weak.empty() && (manifest.weak == unknown_boot || manifest.weak != disk.boot_id());
}

Result<Tail> prove_tail(disk::Disk& disk, const std::string& directory, const SegmentFile& segment, bool power_failed) {
    const auto path = in_directory(directory, segment.name);
    ARK_TRY(const auto file, disk.open(path, disk::OpenMode::read_direct));
    SegmentScanner scanner(*file, segment.file_bytes, format::seed_of(segment.header.journal_id, segment.sequence),
                           segment.sequence);
    ARK_TRY(auto body, scan_body(scanner, segment.header.base, segment.file_bytes));

    Tail tail;
    tail.position = body.position;
    tail.end = body.end;
    tail.footer = std::move(body.footer);
    tail.closed = body.sealed;
    tail.unproven_from = std::min(body.synced, body.position);
    tail.unproven_until = body.sealed ? body.footer_end : body.position;
    if (body.sealed || body.position >= segment.file_bytes) return tail;

    ARK_TRY(const auto later, look_behind(scanner, body.position));
    if (later.proves_loss || (later.any && !power_failed)) {
        const auto why = body.stopped_by.what.empty() ? "no live group here, but a later one" : body.stopped_by.what;
        return corrupt_error(directory, segment.name, body.position, why);
    }
    if (body.stopped_by.verdict == ScannedGroup::Verdict::damaged) {
        tail.torn_bytes = body.stopped_by.header.next_position() - body.position;
    }
    if (later.any) {
        tail.torn_bytes = later.until - body.position;
        tail.closed = true;  // appending here could make a dropped group look alive again
    }
    return tail;
}

Result<Recovered> recover(disk::Disk& disk, const std::string& directory, bool weak, Clock& clock, Catalog& catalog) {
    Recovered recovered;
    ARK_TRY_STATUS(disk.create_directories(directory));
    ARK_TRY(recovered.lock, disk.lock(lock_path(directory)));
    ARK_TRY(recovered.manifest, load_or_make_manifest(disk, directory, clock));
    ARK_TRY(const auto chain, read_chain(disk, directory, recovered.manifest.id));

    for (std::size_t i = 0; i < chain.size(); ++i) {
        auto segment = to_segment(directory, chain[i], recovered.manifest.id);
        if (i + 1 < chain.size()) {
            segment->publish(chain[i + 1].header.base, chain[i + 1].header.previous_end);
            segment->set_sealed_at(chain[i + 1].header.created);
        } else {
            ARK_TRY(recovered.tail, prove_tail(disk, directory, chain[i], lost_power(recovered.manifest, disk)));
            ARK_TRY_STATUS(make_durable(disk, segment->path, recovered.tail));
            segment->set_index(recovered.tail.footer.index);
            segment->publish(recovered.tail.end, recovered.tail.position);
        }
        catalog.add(std::move(segment));
    }
    // A life that ended between a rename and its sync left names that only memory knows: no promise may rest on them.
    ARK_TRY_STATUS(disk.sync_directory(directory));
    // Beyond this point the contents are proven. Only now may the manifest say that this history goes on.
    ARK_TRY_STATUS(renew_manifest(disk, directory, weak, chain.empty(), recovered.manifest));
    return recovered;
}

}  // namespace ark::journal
