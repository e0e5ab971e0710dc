#pragma once
#include "disk/disk.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ark::disk {

/// A record as it lies in a RecordLog.
struct LoggedRecord {
    std::uint64_t at = 0;   ///< byte where it begins
    std::uint64_t end = 0;  ///< byte behind it: where the next one begins
    std::uint8_t kind = 0;  ///< the owner's word for what the payload is
    std::string_view payload;
};

/// An append-only file of records with checksums, for small durable things beside the journal: what waits for delivery,
/// the steps of a run (docs/formats/record-log.md).
///
/// append() survives the death of the process, sync() that of the machine. After a failed write or sync the state of
/// the file is unknown: every later append is refused until it is opened again. Appends and syncs from one thread at a
/// time, read() from any.
class RecordLog {
public:
    using Visit = std::function<Status(const LoggedRecord&)>;

    /// Creates what is missing, shows every record, cuts a torn end. Errors: corrupt (a damaged record with intact ones
    /// behind it), io, and what the visitor says.
    static Result<std::unique_ptr<RecordLog>> open(Disk& disk, const std::string& path, const Visit& visit = {});

    Status append(std::uint8_t kind, std::string_view payload);
    /// Several at once: one write.
    class Frames {
    public:
        void add(std::uint8_t kind, std::string_view payload);
        std::size_t bytes() const { return bytes_.size(); }

    private:
        friend class RecordLog;
        std::string bytes_;
    };
    Status append(const Frames& frames);
    Status sync();

    /// The records from byte `from` on, which is where one begins, until about `bytes_max` were read; at least one when
    /// there is any before `until`.
    Status read(std::uint64_t from, std::uint64_t until, std::size_t bytes_max, const Visit& visit) const;

    std::uint64_t end() const { return end_; }
    std::uint64_t cut_bytes() const { return cut_bytes_; }  ///< of a torn end, when it was opened

    static std::uint64_t frame_bytes(std::size_t payload_bytes);

private:
    RecordLog() = default;

    std::unique_ptr<File> file_;
    std::uint64_t end_ = 0;
    std::uint64_t cut_bytes_ = 0;
    bool failed_ = false;
};

}  // namespace ark::disk
