#pragma once
#include "journal/segment.hpp"

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace ark::journal {

using SegmentPtr = std::shared_ptr<Segment>;

/// The segments in order, and the files that readers have open. Thread-safe; its mutex is a leaf.
class Catalog {
public:
    explicit Catalog(disk::Disk& disk) : disk_(disk) {}

    void add(SegmentPtr segment);
    /// Takes out the first one, which was retired: its file may be overwritten from now on.
    void remove_first();

    /// The segment that holds the offset, or would; nothing when the offset is older than what is kept.
    SegmentPtr find(Offset offset) const;
    SegmentPtr first() const;
    SegmentPtr last() const;
    std::vector<SegmentPtr> all() const;
    Offset begin() const;

    /// The segment's file for reading, shared between readers; a bounded number stays open.
    Result<std::shared_ptr<disk::File>> file_of(const Segment& segment);

private:
    struct OpenFile {
        std::shared_ptr<disk::File> file;
        std::uint64_t used = 0;  // counts up: the smallest was not used for longest
    };
    static constexpr std::size_t open_files_max = 128;

    void close_oldest_locked();

    disk::Disk& disk_;
    mutable std::mutex mutex_;
    std::deque<SegmentPtr> segments_;          // guarded by mutex_
    std::map<std::uint64_t, OpenFile> files_;  // guarded by mutex_; by sequence
    std::uint64_t uses_ = 0;                   // guarded by mutex_
};

}  // namespace ark::journal
