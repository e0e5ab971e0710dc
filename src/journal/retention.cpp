#include "journal/retention.hpp"

#include "journal/names.hpp"

#include <algorithm>

namespace ark::journal {
namespace {

bool too_old(const Segment& segment, const RetentionConfig& config, UnixNanos now) {
    if (config.age_max.count() <= 0) return false;
    const auto age_max = static_cast<std::uint64_t>(std::chrono::nanoseconds(config.age_max).count());
    const auto sealed = segment.sealed_at();  // nothing in it is younger than that
    return sealed != UnixNanos{} && sealed < now && now - sealed > age_max;
}

/// One at a time, and the directory synced after each: the chain has no hole after a crash at any moment, and a spare
/// is never overwritten while its old name could come back.
Status give_away(disk::Disk& disk, const RetentionConfig& config, const Segment& segment) {
    if (!disk.exists(segment.path)) return disk.sync_directory(config.directory);  // the sync failed the last time
    ARK_TRY(const auto names, disk.list(config.directory));
    const auto spares = static_cast<unsigned>(std::count_if(names.begin(), names.end(), is_spare_name));
    if (spares < config.spares_max) {
        ARK_TRY_STATUS(disk.rename(segment.path, in_directory(config.directory, spare_name(segment.sequence))));
    } else {
        ARK_TRY_STATUS(disk.remove(segment.path));
    }
    return disk.sync_directory(config.directory);
}

}  // namespace

std::size_t expired_segments(const std::vector<SegmentPtr>& segments, const RetentionConfig& config, UnixNanos now,
                             Offset floor) {
    std::uint64_t bytes = 0;
    for (const auto& segment : segments)
        bytes += segment->file_bytes();
    std::size_t count = 0;
    while (count + 1 < segments.size()) {
        const auto& segment = *segments[count];
        const bool too_much = config.bytes_max != 0 && bytes > config.bytes_max;
        if (!too_much && !too_old(segment, config, now)) break;
        if (segment.end() > floor) break;
        bytes -= segment.file_bytes();
        ++count;
    }
    return count;
}

Status retain(disk::Disk& disk, const RetentionConfig& config, UnixNanos now, Offset floor, Catalog& catalog) {
    if (config.bytes_max == 0 && config.age_max.count() <= 0) return ok();
    const auto segments = catalog.all();
    const auto count = expired_segments(segments, config, now, floor);
    for (std::size_t i = 0; i < count; ++i) {
        // Readers first: from here on they take a failure for `expired`. Out of the catalog only when it is done, so
        // that a failed attempt is tried again with the same segment, and the chain on disk never gets a hole.
        segments[i]->retire();
        ARK_TRY_STATUS(give_away(disk, config, *segments[i]));
        catalog.remove_first();
    }
    return ok();
}

}  // namespace ark::journal
