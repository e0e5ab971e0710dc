#pragma once
#include "journal/survey.hpp"

#include <string>

/// How repair writes: segments that replace damaged ones, with every intact record where it was.
namespace ark::journal {

/// The bytes that make a damaged stretch one valid group again: intact records stay, the rest becomes lost records.
/// Each piece goes to its position; what lies between keeps its bytes (payloads) or is never looked at (fillers).
struct PatchPiece {
    std::uint64_t position = 0;
    std::string bytes;
};
/// Drops kept records at the end of the stretch when the loss behind them has no room to be written down.
/// corrupt: more offsets are lost than the stretch has room to say (some fifty times 2^32 for a block).
Result<std::vector<PatchPiece>> patch_of(DamagedStretch& stretch, format::Seed seed, std::uint64_t sequence);

/// Writes `name`.repair: a copy of the segment with its stretches patched, its header and footer renewed. Synced.
Status write_repaired(disk::Disk& disk, const Survey& survey, std::size_t at, const format::SegmentHeader& header,
                      SegmentFindings& findings);
/// Writes `name`.repair for a segment that is not there: all its offsets are lost.
Status write_replacement(disk::Disk& disk, const Survey& survey, std::size_t at, const format::SegmentHeader& header,
                         std::uint64_t body_end, Offset end);
/// Adds to the end of `name`.repair that the offsets [first, end) behind its body are lost. Synced.
Status append_loss(disk::Disk& disk, const Survey& survey, std::size_t at, const format::SegmentHeader& header,
                   std::uint64_t body_end, Offset first, Offset end);
inline constexpr std::uint64_t loss_bytes = format::block_bytes;  ///< what append_loss adds to the body
Status copy_file(disk::Disk& disk, const std::string& from, const std::string& to);

}  // namespace ark::journal
