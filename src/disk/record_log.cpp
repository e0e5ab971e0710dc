#include "disk/record_log.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>
#include <xxhash.h>

namespace ark::disk {
namespace {

// A frame: magic, payload size, checksum of kind and payload, kind, payload (docs/formats/record-log.md).
constexpr std::string_view magic =
    "\xff"
    "REC";
constexpr std::size_t head_bytes = 4 + 4 + 8 + 1;
constexpr std::uint64_t payload_bytes_max = 1u << 30;

void append_number(std::string& out, std::uint64_t number, int bytes) {
    for (int i = 0; i < bytes; ++i)
        out.push_back(static_cast<char>(number >> (8 * i)));
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, int size) {
    std::uint64_t number = 0;
    for (int i = size - 1; i >= 0; --i)
        number = number << 8 | static_cast<unsigned char>(bytes[at + static_cast<std::size_t>(i)]);
    return number;
}

std::uint64_t checksum(std::uint8_t kind, std::string_view payload) {
    return XXH3_64bits_withSeed(payload.data(), payload.size(), kind);
}

/// The record that begins there; nothing when none does.
std::optional<LoggedRecord> record_at(std::string_view bytes, std::size_t at) {
    const auto rest = bytes.substr(at);
    if (rest.size() < head_bytes || !rest.starts_with(magic)) return std::nullopt;
    const auto size = number_at(rest, 4, 4);
    if (size > payload_bytes_max || size > rest.size() - head_bytes) return std::nullopt;
    LoggedRecord record;
    record.kind = static_cast<std::uint8_t>(rest[16]);
    record.payload = rest.substr(head_bytes, static_cast<std::size_t>(size));
    if (checksum(record.kind, record.payload) != number_at(rest, 8, 8)) return std::nullopt;
    record.at = at;
    record.end = at + head_bytes + size;
    return record;
}

bool has_record_behind(std::string_view bytes, std::size_t at) {
    for (auto next = bytes.find(magic, at + 1); next != std::string_view::npos; next = bytes.find(magic, next + 1)) {
        if (record_at(bytes, next)) return true;
    }
    return false;
}

}  // namespace

std::uint64_t RecordLog::frame_bytes(std::size_t payload_bytes) {
    return head_bytes + payload_bytes;
}

void RecordLog::Frames::add(std::uint8_t kind, std::string_view payload) {
    bytes_ += magic;
    append_number(bytes_, payload.size(), 4);
    append_number(bytes_, checksum(kind, payload), 8);
    bytes_.push_back(static_cast<char>(kind));
    bytes_ += payload;
}

Result<std::unique_ptr<RecordLog>> RecordLog::open(Disk& disk, const std::string& path, const Visit& visit) {
    std::unique_ptr<RecordLog> opened(new RecordLog());
    if (!disk.exists(path)) {
        ARK_TRY(opened->file_, disk.open(path, OpenMode::create));
        return opened;
    }
    ARK_TRY(const auto bytes, disk.read_file(path));
    std::size_t at = 0;
    while (const auto record = record_at(bytes, at)) {
        if (visit) {
            ARK_TRY_STATUS(visit(*record));
        }
        at = static_cast<std::size_t>(record->end);
    }
    if (has_record_behind(bytes, at)) {
        return fail(Errc::corrupt,
                    fmt::format("{}: the record at byte {} is damaged, and there are intact ones behind", path, at));
    }
    ARK_TRY(opened->file_, disk.open(path, OpenMode::write));
    opened->end_ = at;
    opened->cut_bytes_ = bytes.size() - at;
    if (opened->cut_bytes_ > 0) {
        ARK_TRY_STATUS(opened->file_->truncate(at));
    }
    return opened;
}

Status RecordLog::append(std::uint8_t kind, std::string_view payload) {
    Frames frames;
    frames.add(kind, payload);
    return append(frames);
}

Status RecordLog::append(const Frames& frames) {
    if (failed_) return fail(Errc::unavailable, "the file refuses appends after a failed one");
    auto status = file_->write_at(end_, frames.bytes_.data(), frames.bytes_.size());
    if (!status) {
        failed_ = true;
        return status;
    }
    end_ += frames.bytes_.size();
    return ok();
}

Status RecordLog::sync() {
    if (failed_) return fail(Errc::unavailable, "the file refuses syncs after a failed one");
    auto status = file_->sync();
    failed_ = !status;
    return status;
}

Status RecordLog::read(std::uint64_t from, std::uint64_t until, std::size_t bytes_max, const Visit& visit) const {
    if (from >= until) return ok();
    std::string bytes;
    auto want = std::min<std::uint64_t>(std::max<std::size_t>(bytes_max, head_bytes), until - from);
    for (;;) {
        const auto had = bytes.size();
        bytes.resize(static_cast<std::size_t>(want));
        ARK_TRY(const auto got, file_->read_at(from + had, bytes.data() + had, bytes.size() - had));
        bytes.resize(had + got);
        if (record_at(bytes, 0)) break;
        // The first record alone is longer than was asked for: read all of it.
        const bool headed = bytes.size() >= head_bytes && bytes.starts_with(magic);
        const auto whole = headed ? head_bytes + number_at(bytes, 4, 4) : 0;
        if (whole <= bytes.size() || whole > until - from)
            return fail(Errc::corrupt, fmt::format("the record at byte {} is damaged", from));
        want = whole;
    }
    std::size_t at = 0;
    while (auto record = record_at(bytes, at)) {
        at = static_cast<std::size_t>(record->end);
        record->at += from;
        record->end += from;
        ARK_TRY_STATUS(visit(*record));
    }
    return ok();
}

}  // namespace ark::disk
