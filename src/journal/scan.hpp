#pragma once
#include "base/result.hpp"
#include "disk/aligned.hpp"
#include "disk/disk.hpp"
#include "journal/format.hpp"
#include "journal/segment.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::journal {

/// A stretch of a file in memory, moved forward in large aligned reads, so that scanning costs one read per few MiB.
class FileWindow {
public:
    FileWindow(disk::File& file, std::uint64_t file_bytes) : file_(file), file_bytes_(file_bytes) {}

    /// The bytes [position, position + size), fewer at the end of the file. Valid until the next call.
    Result<std::string_view> at(std::uint64_t position, std::uint64_t size);

private:
    disk::File& file_;
    const std::uint64_t file_bytes_;
    disk::AlignedBuffer buffer_;
    std::uint64_t start_ = 0;
    std::uint64_t filled_ = 0;
};

struct ScannedRecord {
    format::RecordHeader header;
    std::uint64_t position = 0;
    std::string_view payload;
};

struct ScannedGroup {
    enum class Verdict {
        valid,
        no_header,  ///< not the beginning of a live group
        damaged,    ///< a live header, but what it promises is not there
    };
    Verdict verdict = Verdict::no_header;
    format::GroupHeader header;
    std::string what;  ///< of damage
};

/// Reads one segment file group by group and believes nothing. Views into it live until the next call.
class SegmentScanner {
public:
    SegmentScanner(disk::File& file, std::uint64_t file_bytes, format::Seed seed, std::uint64_t sequence)
        : window_(file, file_bytes), file_bytes_(file_bytes), seed_(seed), sequence_(sequence) {}

    /// The group at `position`. When it is valid, records() holds its records. Errors only for failed reads.
    Result<ScannedGroup> group_at(std::uint64_t position, Offset expected_base);
    const std::vector<ScannedRecord>& records() const { return records_; }

    /// The first live group header in the blocks [from, until).
    Result<std::optional<format::GroupHeader>> find_header(std::uint64_t from, std::uint64_t until);
    /// Every intact record in [from, until), whatever is wrong between them: for repair. `each` must use it at once.
    template <class Each>
    Status salvage(std::uint64_t from, std::uint64_t until, Each&& each);
    /// Nothing when there is no intact footer at the position.
    Result<std::optional<Footer>> footer_at(std::uint64_t position);

    std::uint64_t file_bytes() const { return file_bytes_; }

private:
    bool check_records(const format::GroupHeader& header, std::string_view body, std::string& what);
    Result<std::optional<ScannedRecord>> intact_record_at(std::uint64_t position, std::uint64_t until);

    FileWindow window_;
    const std::uint64_t file_bytes_;
    const format::Seed seed_;
    const std::uint64_t sequence_;
    std::vector<ScannedRecord> records_;
};

template <class Each>
Status SegmentScanner::salvage(std::uint64_t from, std::uint64_t until, Each&& each) {
    for (std::uint64_t position = from; position + format::record_header_bytes <= until;) {
        ARK_TRY(const auto record, intact_record_at(position, until));
        if (!record) {
            position += 8;
            continue;
        }
        each(*record);
        position += record->header.total_bytes();
    }
    return ok();
}

/// What a walk over a segment's groups found.
struct ScannedBody {
    std::uint64_t position = 0;  ///< behind the last valid group
    Offset end;
    Footer footer;                                        ///< as it would be written now
    std::uint64_t synced = format::segment_header_bytes;  ///< the last group (or footer) proves: stored up to here
    std::uint64_t groups = 0;
    std::uint64_t items = 0;
    bool sealed = false;           ///< a footer ended the walk
    std::uint64_t footer_end = 0;  ///< where it ends
    ScannedGroup stopped_by;       ///< no_header or damaged, unless sealed or at `until`
};

/// Walks from the first group to the first that is not valid, to a footer, or to `until`.
Result<ScannedBody> scan_body(SegmentScanner& scanner, Offset base, std::uint64_t until);

}  // namespace ark::journal
