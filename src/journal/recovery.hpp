#pragma once
#include "base/time.hpp"
#include "journal/catalog.hpp"
#include "journal/manifest.hpp"
#include "journal/scan.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ark::journal {

/// A segment file as its name and header describe it.
struct SegmentFile {
    std::string name;
    std::uint64_t sequence = 0;
    std::uint64_t file_bytes = 0;
    format::SegmentHeader header;
};

/// The headers of all segments, in order, checked to form a chain (docs/formats/journal.md, Recovery). corrupt
/// otherwise.
Result<std::vector<SegmentFile>> read_chain(disk::Disk& disk, const std::string& directory, std::uint64_t journal_id);
/// One header. corrupt: it is not the one that this journal wrote for this sequence.
Result<SegmentFile> read_segment_header(disk::Disk& disk, const std::string& directory, std::uint64_t sequence,
                                        std::uint64_t journal_id);

/// Where the last segment ends.
struct Tail {
    std::uint64_t position = 0;  ///< appending goes on here
    Offset end;
    Footer footer;                    ///< index and statistics of what is there
    std::uint64_t unproven_from = 0;  ///< [unproven_from, unproven_until) is valid, but no sync of it is proven
    std::uint64_t unproven_until = 0;
    std::uint64_t torn_bytes = 0;  ///< at most: of an interrupted write, cut
    bool closed = false;           ///< sealed, or something behind the end must not come back: begin a new segment
};

/// Reads the last segment and decides where it ends: torn tail, hole after a power failure, or corrupt. `power_failed`:
/// the machine may have lost what a writer acknowledged before it synced (lost_power()).
Result<Tail> prove_tail(disk::Disk& disk, const std::string& directory, const SegmentFile& segment, bool power_failed);
/// A writer with weak durability was not stopped cleanly, and the machine was restarted since.
bool lost_power(const Manifest& manifest, disk::Disk& disk);

/// What lies behind the first group that is not valid.
struct Later {
    bool any = false;          ///< live group headers
    bool proves_loss = false;  ///< one of them says that the position was on stable storage
    std::uint64_t until = 0;   ///< how far they reach
};
Result<Later> look_behind(SegmentScanner& scanner, std::uint64_t position);

/// A journal as the files have it. The lock is held, everything in the catalog is proven and synced.
struct Recovered {
    std::unique_ptr<disk::File> lock;
    Manifest manifest;
    Tail tail;  ///< of the catalog's last segment; meaningless when there is none
};

/// Opens or creates. `weak` tells whether the coming writer acknowledges before it syncs. Fills the catalog.
/// Errors: conflict, corrupt (with the cure), unsupported, io, disk_full.
Result<Recovered> recover(disk::Disk& disk, const std::string& directory, bool weak, Clock& clock, Catalog& catalog);

/// "DIR: 0000000007.seg at position 4096: why; run `ark journal repair DIR`".
Error corrupt_error(const std::string& directory, std::string_view name, std::uint64_t position, std::string_view why);

}  // namespace ark::journal
