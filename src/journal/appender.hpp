#pragma once
#include "base/time.hpp"
#include "journal/catalog.hpp"
#include "journal/recovery.hpp"

#include <memory>
#include <span>
#include <string>

namespace ark::journal {

/// A batch on its way into a group.
struct Outgoing {
    model::Batch* batch = nullptr;
    std::uint64_t payload_checksum = 0;

    std::uint64_t record_bytes() const {
        return format::record_bytes(batch->header().tenant.size(), batch->wire().size());
    }
};

struct AppenderConfig {
    std::string directory;
    std::uint64_t segment_bytes = 0;
    std::uint64_t group_bytes_max = 0;
    bool sync_each_group = true;
};

/// The disk half of the writer: lays out groups, writes them, seals segments and begins new ones. Writer thread only.
///
/// An error of make_room() with code disk_full left everything as it was. After any other error, and any error of the
/// other functions, the state of the file is unknown and the appender must not be used again.
class Appender {
public:
    Appender(disk::Disk& disk, AppenderConfig config, const Manifest& manifest, Clock& clock, Catalog& catalog);

    /// Goes on where recovery found the end; begins the first or the next segment where there is none to go on in.
    Status open(Tail tail);

    /// Bytes of a group that holds these records.
    static std::uint64_t group_bytes(std::span<const Outgoing> records);
    /// Makes sure that the next group fits, beginning a new segment if it must.
    Status make_room(std::uint64_t group_bytes, std::uint64_t items);
    /// Assigns offsets, writes one group; synced when the configuration says so. Publishes it in the catalog's last
    /// segment.
    Status append(std::span<const Outgoing> records);
    Status sync();
    /// Proves the end: a clean stop calls it last.
    Status mark();

    Offset end() const { return end_; }
    std::uint64_t sync_nanos() const { return sync_nanos_; }  ///< how long the last sync took
    bool rolled() const { return rolled_; }                   ///< the last make_room() began a segment

private:
    Status begin_segment(std::uint64_t group_bytes);
    Result<std::unique_ptr<disk::File>> prepare_file(const std::string& path, std::uint64_t bytes,
                                                     std::uint64_t sequence, bool& recycled);
    Result<std::string> spare_path(std::uint64_t sequence);
    Status seal();
    format::GroupHeader place() const;
    std::uint64_t write_bytes(std::uint64_t bytes) const;
    void lay_out(std::span<const Outgoing> records, std::uint64_t bytes);
    void publish(std::span<const Outgoing> records, std::uint64_t bytes);

    disk::Disk& disk_;
    const AppenderConfig config_;
    const std::uint64_t journal_id_;
    const Epoch epoch_;
    Clock& clock_;
    Catalog& catalog_;

    SegmentPtr segment_;  // the catalog's last; null before the first
    std::unique_ptr<disk::File> file_;
    std::uint64_t file_bytes_ = 0;
    std::uint64_t position_ = 0;  // of the next group
    std::uint64_t synced_ = 0;    // everything before this position is on stable storage
    std::uint64_t filled_ = 0;    // everything before this position has been written once
    Offset end_;
    Footer footer_;
    bool sealed_ = true;  // nothing more goes into segment_
    bool rolled_ = false;
    std::uint64_t sync_nanos_ = 0;
    disk::AlignedBuffer buffer_;
};

}  // namespace ark::journal
