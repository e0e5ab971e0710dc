#include "journal/format.hpp"

#include <bit>
#include <cstring>

#include <xxhash.h>

namespace ark::journal::format {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the format is little-endian; a swap would go into put and get");

constexpr std::uint64_t segment_magic = 0x0a4c4e524a4b5241;  // "ARKJRNL\n"
constexpr std::uint32_t group_magic = 0x50524741;            // "AGRP"
constexpr std::uint32_t record_magic = 0x43455241;           // "AREC"
constexpr std::size_t checksum_bytes = 8;
constexpr std::uint8_t flag_last_of_group = 1;

template <class T>
void put(char* out, std::size_t at, T value) {
    std::memcpy(out + at, &value, sizeof value);
}

template <class T>
T get(std::string_view bytes, std::size_t at) {
    T value;
    std::memcpy(&value, bytes.data() + at, sizeof value);
    return value;
}

}  // namespace

Seed seed_of(std::uint64_t journal_id, std::uint64_t sequence) {
    char both[16];
    put(both, 0, journal_id);
    put(both, 8, sequence);
    return Seed{XXH3_64bits(both, sizeof both)};
}

std::uint64_t checksum(std::string_view bytes, Seed seed) {
    return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed.value);
}

std::uint64_t payload_checksum(std::string_view payload) {
    return XXH3_64bits(payload.data(), payload.size());
}

void encode(const SegmentHeader& header, char* out) {
    std::memset(out, 0, segment_header_bytes);
    put(out, 8, segment_magic);
    put(out, 16, version);
    put(out, 20, static_cast<std::uint32_t>(block_bytes));
    put(out, 24, header.journal_id);
    put(out, 32, header.sequence);
    put(out, 40, header.base.value());
    put(out, 48, header.previous_end);
    put(out, 56, header.created.value());
    put(out, 64, header.epoch.value());
    put(out, 0, checksum({out + checksum_bytes, segment_header_bytes - checksum_bytes}, Seed{0}));
}

std::optional<SegmentHeader> decode_segment_header(std::string_view block) {
    if (block.size() < segment_header_bytes || get<std::uint64_t>(block, 8) != segment_magic) return std::nullopt;
    if (get<std::uint8_t>(block, 16) != version || get<std::uint32_t>(block, 20) != block_bytes) return std::nullopt;
    const auto body = block.substr(checksum_bytes, segment_header_bytes - checksum_bytes);
    if (get<std::uint64_t>(block, 0) != checksum(body, Seed{0})) return std::nullopt;

    SegmentHeader header;
    header.journal_id = get<std::uint64_t>(block, 24);
    header.sequence = get<std::uint64_t>(block, 32);
    header.base = Offset{get<std::uint64_t>(block, 40)};
    header.previous_end = get<std::uint64_t>(block, 48);
    header.created = UnixNanos{get<std::uint64_t>(block, 56)};
    header.epoch = Epoch{get<std::uint32_t>(block, 64)};
    return header;
}

void encode(const GroupHeader& header, Seed seed, char* out) {
    std::memset(out, 0, group_header_bytes);
    put(out, 8, group_magic);
    put(out, 12, static_cast<std::uint8_t>(header.kind));
    put(out, 16, header.sequence);
    put(out, 24, header.position);
    put(out, 32, header.synced);
    put(out, 40, header.base.value());
    put(out, 48, header.end.value());
    put(out, 56, header.records);
    put(out, 60, header.length);
    put(out, 64, header.body_checksum);
    put(out, 0, checksum({out + checksum_bytes, group_header_bytes - checksum_bytes}, seed));
}

std::optional<GroupHeader> decode_group_header(std::string_view bytes, Seed seed, std::uint64_t sequence,
                                               std::uint64_t position) {
    if (bytes.size() < group_header_bytes || get<std::uint32_t>(bytes, 8) != group_magic) return std::nullopt;
    const auto body = bytes.substr(checksum_bytes, group_header_bytes - checksum_bytes);
    if (get<std::uint64_t>(bytes, 0) != checksum(body, seed)) return std::nullopt;

    GroupHeader header;
    const auto kind = get<std::uint8_t>(bytes, 12);
    if (kind < 1 || kind > 3) return std::nullopt;
    header.kind = static_cast<GroupKind>(kind);
    header.sequence = get<std::uint64_t>(bytes, 16);
    header.position = get<std::uint64_t>(bytes, 24);
    header.synced = get<std::uint64_t>(bytes, 32);
    header.base = Offset{get<std::uint64_t>(bytes, 40)};
    header.end = Offset{get<std::uint64_t>(bytes, 48)};
    header.records = get<std::uint32_t>(bytes, 56);
    header.length = get<std::uint32_t>(bytes, 60);
    header.body_checksum = get<std::uint64_t>(bytes, 64);
    if (header.sequence != sequence || header.position != position || header.end < header.base) return std::nullopt;
    return header;
}

std::uint64_t record_bytes(std::size_t tenant_bytes, std::size_t payload_bytes) {
    return align_up(record_header_bytes + tenant_bytes, 8) + align_up(payload_bytes, 8);
}

void encode(const RecordHeader& header, Seed seed, char* out) {
    std::memset(out, 0, header.payload_at());
    put(out, 8, record_magic);
    put(out, 12, header.kind);
    put(out, 13, static_cast<std::uint8_t>(header.encoding));
    put(out, 14, static_cast<std::uint8_t>(header.tenant.size()));
    put(out, 15, header.last_of_group ? flag_last_of_group : std::uint8_t{0});
    put(out, 16, header.base.value());
    put(out, 24, header.items);
    put(out, 28, header.payload_bytes);
    put(out, 32, header.received.value());
    put(out, 40, header.time_min.value());
    put(out, 48, header.time_max.value());
    put(out, 56, header.decoded_bytes);
    put(out, 64, header.payload_checksum);
    if (!header.tenant.empty()) std::memcpy(out + record_header_bytes, header.tenant.data(), header.tenant.size());
    put(out, 0, checksum({out + checksum_bytes, record_header_bytes - checksum_bytes + header.tenant.size()}, seed));
}

std::optional<RecordHeader> decode_record_header(std::string_view bytes, Seed seed) {
    if (bytes.size() < record_header_bytes || get<std::uint32_t>(bytes, 8) != record_magic) return std::nullopt;
    const std::size_t tenant = get<std::uint8_t>(bytes, 14);
    if (tenant > tenant_bytes_max || bytes.size() < record_header_bytes + tenant) return std::nullopt;
    const auto body = bytes.substr(checksum_bytes, record_header_bytes - checksum_bytes + tenant);
    if (get<std::uint64_t>(bytes, 0) != checksum(body, seed)) return std::nullopt;

    RecordHeader header;
    header.kind = get<std::uint8_t>(bytes, 12);
    const auto encoding = get<std::uint8_t>(bytes, 13);
    if (encoding > static_cast<std::uint8_t>(model::Encoding::zstd)) return std::nullopt;
    header.encoding = static_cast<model::Encoding>(encoding);
    header.last_of_group = (get<std::uint8_t>(bytes, 15) & flag_last_of_group) != 0;
    header.base = Offset{get<std::uint64_t>(bytes, 16)};
    header.items = get<std::uint32_t>(bytes, 24);
    header.payload_bytes = get<std::uint32_t>(bytes, 28);
    header.received = UnixNanos{get<std::uint64_t>(bytes, 32)};
    header.time_min = UnixNanos{get<std::uint64_t>(bytes, 40)};
    header.time_max = UnixNanos{get<std::uint64_t>(bytes, 48)};
    header.decoded_bytes = get<std::uint64_t>(bytes, 56);
    header.payload_checksum = get<std::uint64_t>(bytes, 64);
    header.tenant = bytes.substr(record_header_bytes, tenant);
    return header;
}

}  // namespace ark::journal::format
