#pragma once
#include "base/result.hpp"
#include "disk/disk.hpp"
#include "journal/format.hpp"

#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace ark::journal {

/// Where records are: for each 64 KiB of body the first record that starts there. 8 bytes an entry. Not thread-safe.
class SegmentIndex {
public:
    struct Entry {
        std::uint32_t offset;  ///< less the segment's base
        std::uint32_t place;   ///< position of the record's header / 8
    };

    /// A record of `items` > 0 items that starts at `position`, in order. Keeps one per stride.
    void add(std::uint64_t relative_offset, std::uint64_t position);
    /// Position of the nearest known record at or before the offset; nothing when the segment has no records.
    std::optional<std::uint64_t> find(std::uint64_t relative_offset) const;

    const std::vector<Entry>& entries() const { return entries_; }

private:
    std::vector<Entry> entries_;
};

/// What a footer says: the index, so that a sealed segment need not be scanned to be read at random.
struct Footer {
    std::uint64_t records = 0;
    UnixNanos received_min;
    UnixNanos received_max;
    SegmentIndex index;

    void note(const format::RecordHeader& record, std::uint64_t relative_offset, std::uint64_t position);
    /// The whole group, padded to blocks. `header` comes with sequence, position, synced, base and end.
    std::string encode(format::Seed seed, format::GroupHeader header) const;
    static std::optional<Footer> decode(std::string_view body);
    /// Room to keep free at the end of a segment of this size.
    static std::uint64_t reserve_bytes(std::uint64_t segment_bytes);
};

/// One segment file as readers know it. The writer publishes into the last one; the others do not change.
class Segment {
public:
    Segment(std::string file_path, std::uint64_t number, format::Seed checksum_seed, Offset first)
        : path(std::move(file_path)), sequence(number), seed(checksum_seed), base(first), end_(first.value()) {}

    const std::string path;
    const std::uint64_t sequence;
    const format::Seed seed;
    const Offset base;

    /// Readable up to here; any thread.
    Offset end() const { return Offset{end_.load(std::memory_order_acquire)}; }
    std::uint64_t body_end() const { return body_end_.load(std::memory_order_acquire); }
    std::uint64_t file_bytes() const { return file_bytes_.load(std::memory_order_relaxed); }
    /// Retention gave the file away: what is read from it now may be of its next life.
    bool retired() const { return retired_.load(std::memory_order_acquire); }

    /// Writer and recovery only. Everything before body_end is complete on disk, as the durability has it.
    void publish(Offset end, std::uint64_t body_end) {
        body_end_.store(body_end, std::memory_order_release);
        end_.store(end.value(), std::memory_order_release);
    }
    void set_file_bytes(std::uint64_t bytes) { file_bytes_.store(bytes, std::memory_order_relaxed); }
    void retire() { retired_.store(true, std::memory_order_release); }
    /// When the segment after it was begun: nothing in this one is younger. 0 while it is the last.
    void set_sealed_at(UnixNanos time) { sealed_at_.store(time.value(), std::memory_order_relaxed); }
    UnixNanos sealed_at() const { return UnixNanos{sealed_at_.load(std::memory_order_relaxed)}; }

    void add_to_index(Offset record_base, std::uint64_t position);
    void set_index(SegmentIndex index);
    /// Where to begin reading for `offset`. Loads the footer, or scans the segment, the first time; any thread; may
    /// block.
    Result<std::uint64_t> locate(Offset offset, disk::Disk& disk);

private:
    Status load_index(disk::Disk& disk);

    std::atomic<std::uint64_t> end_;
    std::atomic<std::uint64_t> body_end_{format::segment_header_bytes};
    std::atomic<std::uint64_t> file_bytes_{0};
    std::atomic<std::uint64_t> sealed_at_{0};
    std::atomic<bool> retired_{false};
    std::mutex index_mutex_;     // leaf
    SegmentIndex index_;         // guarded by index_mutex_
    bool index_loaded_ = false;  // guarded by index_mutex_
};

}  // namespace ark::journal
