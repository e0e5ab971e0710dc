#pragma once
#include "base/time.hpp"
#include "journal/catalog.hpp"

#include <chrono>
#include <string>

namespace ark::journal {

struct RetentionConfig {
    std::string directory;
    std::uint64_t bytes_max = 0;      ///< 0 = no limit
    std::chrono::seconds age_max{0};  ///< 0 = no limit
    unsigned spares_max = 0;
};

/// How many segments from the front may go: pure. Never the last one, never one that holds items at or behind `floor`.
std::size_t expired_segments(const std::vector<SegmentPtr>& segments, const RetentionConfig& config, UnixNanos now,
                             Offset floor);

/// Gives away the expired segments: they become spares or are deleted. Writer thread only.
Status retain(disk::Disk& disk, const RetentionConfig& config, UnixNanos now, Offset floor, Catalog& catalog);

}  // namespace ark::journal
