#pragma once
#include "base/time.hpp"
#include "disk/disk.hpp"
#include "journal/journal.hpp"

#include <memory>
#include <string>

namespace ark::journal {

/// The embedded journal: segment files in one directory, format in docs/formats/journal.md.
struct EmbeddedConfig {
    std::string directory;
    Durability durability = Durability::sync;
    std::chrono::milliseconds group{5};  ///< only with Durability::group
    std::uint64_t segment_bytes = 256ull << 20;
    std::uint64_t group_bytes_max = 8ull << 20;      ///< one write
    std::uint64_t pending_bytes_max = 256ull << 20;  ///< accepted, not yet written; beyond: overloaded
    std::uint64_t tail_bytes_max = 64ull << 20;      ///< recent batches kept in memory for followers at the end
    std::uint64_t retention_bytes = 0;               ///< 0 = no limit by size
    std::chrono::seconds retention_age{0};           ///< 0 = no limit by age
    unsigned recycled_segments_max = 2;              ///< deleted segments kept for reuse
};

/// Opens or creates the journal, proves the tail, starts the writer thread.
/// Errors: conflict (another process holds the lock), corrupt (damage that is not a torn tail; names the cure), io,
/// disk_full.
Result<std::unique_ptr<Journal>> open_embedded(disk::Disk& disk, const EmbeddedConfig& config, Clock& clock);

}  // namespace ark::journal
