#pragma once
#include "base/strong.hpp"
#include "base/time.hpp"
#include "disk/aligned.hpp"
#include "model/batch.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// docs/formats/journal.md in code: the headers, their sizes and checksums. Pure functions; no I/O.
namespace ark::journal::format {

using disk::align_up;
using disk::block_bytes;

inline constexpr std::uint8_t version = 1;
inline constexpr std::size_t segment_header_bytes = block_bytes;
inline constexpr std::size_t group_header_bytes = 80;
inline constexpr std::size_t record_header_bytes = 72;
inline constexpr std::size_t tenant_bytes_max = 128;
inline constexpr std::uint64_t segment_bytes_max = (4ull << 30) - block_bytes;  ///< lengths in a segment fit 32 bits
inline constexpr std::uint64_t record_bytes_max = 1ull << 30;
inline constexpr std::uint64_t index_stride = 64u << 10;  ///< one index entry for this many bytes of body

/// What seeds the checksums of one segment. Sequences are never reused, so stale groups of a recycled file never pass.
struct Seed {
    std::uint64_t value = 0;
};
Seed seed_of(std::uint64_t journal_id, std::uint64_t sequence);

std::uint64_t checksum(std::string_view bytes, Seed seed);
/// Of a payload: without a seed, so that it can be computed before the record has a place.
std::uint64_t payload_checksum(std::string_view payload);

struct SegmentHeader {
    std::uint64_t journal_id = 0;
    std::uint64_t sequence = 0;
    Offset base;
    std::uint64_t previous_end = 0;  ///< where the body of the segment before ends; 0 = none known
    UnixNanos created;
    Epoch epoch;
};
/// Fills one block.
void encode(const SegmentHeader& header, char* out);
/// Nothing when the checksum, the magic, the version or the block size is not ours.
std::optional<SegmentHeader> decode_segment_header(std::string_view block);

enum class GroupKind : std::uint8_t { records = 1, mark = 2, footer = 3 };

struct GroupHeader {
    GroupKind kind = GroupKind::records;
    std::uint64_t sequence = 0;
    std::uint64_t position = 0;
    std::uint64_t synced = 0;
    Offset base;
    Offset end;
    std::uint32_t records = 0;
    std::uint32_t length = 0;
    std::uint64_t body_checksum = 0;

    /// Position of the block behind the group.
    std::uint64_t next_position() const { return align_up(position + group_header_bytes + length); }
};
void encode(const GroupHeader& header, Seed seed, char* out);
/// Nothing unless it is a live group header of the segment that `seed` belongs to, at exactly this position.
std::optional<GroupHeader> decode_group_header(std::string_view bytes, Seed seed, std::uint64_t sequence,
                                               std::uint64_t position);

inline constexpr std::uint8_t kind_lost = 255;  ///< beside model::BatchKind: offsets that repair gave up

struct RecordHeader {
    std::uint8_t kind = 0;  ///< model::BatchKind or kind_lost
    model::Encoding encoding = model::Encoding::identity;
    bool last_of_group = false;
    Offset base;
    std::uint32_t items = 0;
    std::uint32_t payload_bytes = 0;
    UnixNanos received;
    UnixNanos time_min;
    UnixNanos time_max;
    std::uint64_t decoded_bytes = 0;
    std::uint64_t payload_checksum = 0;
    std::string_view tenant;

    bool lost() const { return kind == kind_lost; }
    Offset end() const { return base + items; }
    std::uint64_t payload_at() const { return align_up(record_header_bytes + tenant.size(), 8); }
    std::uint64_t total_bytes() const { return payload_at() + align_up(payload_bytes, 8); }
};
/// Bytes a record takes in a group.
std::uint64_t record_bytes(std::size_t tenant_bytes, std::size_t payload_bytes);
/// Writes header, tenant and their padding: payload_at() bytes.
void encode(const RecordHeader& header, Seed seed, char* out);
/// Nothing unless header and tenant are whole and right. `bytes` may go on behind the header; tenant points into it.
std::optional<RecordHeader> decode_record_header(std::string_view bytes, Seed seed);
/// At most this much must be given to decode_record_header.
inline constexpr std::size_t record_header_bytes_max = record_header_bytes + tenant_bytes_max;

}  // namespace ark::journal::format
