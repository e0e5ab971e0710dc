#pragma once
#include "journal/inspect.hpp"
#include "journal/recovery.hpp"

#include <functional>
#include <optional>
#include <string>
#include <vector>

/// How verify, dump, stat and repair look at a directory: they take what is there and believe nothing.
namespace ark::journal {

struct SurveyedSegment {
    std::string name;
    std::uint64_t sequence = 0;
    std::uint64_t file_bytes = 0;
    std::optional<format::SegmentHeader> header;  ///< nothing when it is damaged
    bool missing = false;                         ///< the file is not there, but its neighbours are
};

struct Survey {
    std::string directory;
    std::optional<Manifest> manifest;  ///< nothing when it is damaged
    std::uint64_t journal_id = 0;
    bool power_failed = false;
    std::vector<SurveyedSegment> segments;  ///< by sequence, missing ones included
    std::vector<std::string> spares;
    std::uint64_t spare_bytes = 0;

    std::uint64_t bytes() const;  ///< of all segments
};

/// Errors: not_found (no such directory or not a journal), unsupported, io.
Result<Survey> survey(disk::Disk& disk, const std::string& directory);

/// A stretch of a segment that is not what it should be.
struct DamagedStretch {
    std::uint64_t from = 0;  ///< block aligned, as is until
    std::uint64_t until = 0;
    Offset first;  ///< items that were there: [first, end)
    Offset end;
    std::string what;
    struct Kept {                     ///< an intact record inside
        format::RecordHeader header;  // tenant points into `tenant`
        std::string tenant;
        std::uint64_t position = 0;
    };
    std::vector<Kept> kept;

    std::vector<RepairReport::Range> lost() const;
};

/// What is where in one segment.
struct SegmentFindings {
    std::uint64_t body_end = 0;
    Offset base;
    Offset end;
    std::uint64_t groups = 0;
    std::uint64_t torn_bytes = 0;  ///< only of the last segment
    bool sealed = false;           ///< an intact footer
    bool footer_damaged = false;
    std::vector<DamagedStretch> stretches;
};

struct SegmentVisitor {
    std::function<void(const ScannedRecord&)> record;   ///< intact, in order; views die with the call
    std::function<void(const DamagedStretch&)> damage;  ///< after its intact records
    std::function<void(std::uint64_t bytes)> progress;  ///< bytes of this segment looked at so far
};

/// Walks segments[at]. `expected` is the end of the one before, for a segment whose header cannot tell.
Result<SegmentFindings> walk_segment(disk::Disk& disk, const Survey& survey, std::size_t at, Offset expected,
                                     const SegmentVisitor& visitor);

}  // namespace ark::journal
