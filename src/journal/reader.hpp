#pragma once
#include "journal/catalog.hpp"
#include "journal/journal.hpp"
#include "journal/tail_cache.hpp"

#include <atomic>
#include <memory>

namespace ark::journal {

/// What readers need of a journal. Lives in the journal, outlives its readers.
struct ReadSide {
    disk::Disk& disk;
    Catalog& catalog;
    const TailCache& tail;
    const std::atomic<std::uint64_t>& end;  ///< one past the last readable item
};

/// Sequential and random access to the records of one segment. Not thread-safe.
class SegmentReader {
public:
    SegmentReader(SegmentPtr segment, std::shared_ptr<disk::File> file)
        : segment_(std::move(segment)), file_(std::move(file)) {}

    /// The batch that holds the offset; the next one when the offset was lost; nothing at the end of the segment's
    /// body. `known` is where to begin (Segment::locate); without it goes on behind the last one.
    Result<model::BatchPtr> read(Offset offset, std::optional<std::uint64_t> known);
    const Segment& segment() const { return *segment_; }
    Offset next_offset() const { return next_offset_; }  ///< of the record behind the last one read

private:
    Result<std::string_view> window(std::uint64_t position, std::uint64_t size);
    Result<model::BatchPtr> load(const format::RecordHeader& header, std::uint64_t position);
    Error damaged(std::uint64_t position, std::string_view why) const;

    const SegmentPtr segment_;
    const std::shared_ptr<disk::File> file_;
    std::uint64_t position_ = format::segment_header_bytes;  // of the next record, or of a group's header
    bool at_group_ = true;                                   // position_ is a group's header
    Offset next_offset_;
    Buffer buffer_;  // bytes of the file from buffer_start_
    std::uint64_t buffer_start_ = 0;
    std::uint64_t read_ahead_ = 0;
};

std::unique_ptr<Reader> make_reader(ReadSide side, Offset from);

}  // namespace ark::journal
