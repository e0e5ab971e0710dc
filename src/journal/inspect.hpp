#pragma once
#include "base/cursor.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "disk/disk.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::codec {
class JsonWriter;
}

/// The library behind `ark journal verify|dump|stat|repair DIR`: looks at a journal's files without a writer.
/// verify, dump and stat only read and may run beside a live writer (they then see a prefix); repair needs the lock.
namespace ark::journal {

/// One place where the files do not say what they should.
struct Damage {
    std::string file;             ///< name within the directory
    std::uint64_t position = 0;   ///< in the file
    std::uint64_t bytes = 0;      ///< how far the damage reaches
    std::optional<Offset> first;  ///< the items concerned: [first, end), where it can be told
    std::optional<Offset> end;
    bool loses_items = false;  ///< false: only the index, a mark or a torn tail that nobody was promised
    std::string what;
};

struct VerifyReport {
    std::string directory;
    Epoch epoch;
    Offset begin;
    Offset end;  ///< one past the last intact item
    std::uint64_t segments = 0;
    std::uint64_t groups = 0;
    std::uint64_t records = 0;
    std::uint64_t items = 0;
    std::uint64_t bytes = 0;       ///< read and checked
    std::uint64_t torn_bytes = 0;  ///< of a tail that was being written when the process ended: not damage
    std::vector<Damage> damage;

    bool intact() const { return damage.empty(); }
    std::string to_text() const;
    void write_json(codec::JsonWriter& json) const;
};

struct DumpOptions {
    Offset from;                  ///< batches that end at or before it are skipped
    std::optional<Offset> until;  ///< stop at the first batch that begins at or behind it
    std::string tenant;           ///< empty: all
    bool json = false;            ///< JSON lines; else one line of text a record
    bool payload = false;         ///< JSON only: adds the stored payload as hex
};

struct StatReport {
    struct Tenant {
        std::string name;
        std::uint64_t records = 0;
        std::uint64_t items = 0;
        std::uint64_t payload_bytes = 0;
    };
    std::string directory;
    Epoch epoch;
    Offset begin;
    Offset end;
    std::uint64_t segments = 0;
    std::uint64_t spare_segments = 0;
    std::uint64_t file_bytes = 0;  ///< allocated, spare ones included
    std::uint64_t groups = 0;
    std::uint64_t records = 0;
    std::uint64_t trace_items = 0;
    std::uint64_t log_items = 0;
    std::uint64_t record_items = 0;   ///< messages, chunks, deletions, session updates
    std::uint64_t payload_bytes = 0;  ///< as stored
    std::uint64_t compressed_records = 0;
    UnixNanos received_first;
    UnixNanos received_last;
    std::vector<Tenant> tenants;  ///< by name
    bool damaged = false;         ///< some records could not be read: run verify

    std::string to_text() const;
    void write_json(codec::JsonWriter& json) const;
};

struct RepairReport {
    struct Range {
        Offset first;
        Offset end;
    };
    std::string directory;
    bool changed = false;  ///< false: nothing was damaged, nothing was touched
    Epoch epoch_before;
    Epoch epoch;  ///< a new one when items were lost or an old cursor could be misread
    Offset begin;
    Offset end;
    std::uint64_t records_kept = 0;      ///< in the segments that were rewritten
    std::vector<Range> lost;             ///< items that are gone for good
    std::vector<std::string> rewritten;  ///< segment files; the damaged originals stay beside them as NAME.damaged

    std::string to_text() const;
    void write_json(codec::JsonWriter& json) const;
};

using Progress = std::function<void(std::uint64_t done, std::uint64_t total)>;  ///< bytes of segment files

/// Reads and checks everything. Damage is in the report; an error means that nothing could be looked at (no such
/// directory, not a journal, a version we do not know).
Result<VerifyReport> verify(disk::Disk& disk, const std::string& directory, const Progress& progress);

/// One line per record, in order, without the line's end. Goes on behind damage, which gets a line of its own.
Status dump(disk::Disk& disk, const std::string& directory, const DumpOptions& options,
            const std::function<void(std::string_view line)>& line);

Result<StatReport> stat(disk::Disk& disk, const std::string& directory);

/// Makes a damaged journal openable: keeps every record that is provably intact, in its place and with its offsets,
/// records the lost offsets in the manifest and takes a new epoch. conflict: a writer holds the lock.
Result<RepairReport> repair(disk::Disk& disk, const std::string& directory);

}  // namespace ark::journal
