#include "resources/ledger.hpp"

#include "resources/metadata.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <xxhash.h>

namespace ark::resources {
namespace {

// A frame: magic, payload size, checksum of the payload, payload (docs/formats/resources.md). The first byte of the
// magic occurs in no UTF-8 text, so no payload can look like a frame.
constexpr std::string_view magic =
    "\xff"
    "ARKRS1\n";
constexpr std::size_t head_bytes = 24;
constexpr std::uint64_t payload_bytes_max = 1ull << 31;
constexpr std::size_t snapshot_frame_bytes = 4u << 20;

void append_u64(std::string& out, std::uint64_t number) {
    for (int shift = 0; shift < 64; shift += 8)
        out.push_back(static_cast<char>(number >> shift));
}

std::uint64_t read_u64(std::string_view bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = 8; i-- > 0;)
        number = number << 8 | static_cast<unsigned char>(bytes[i]);
    return number;
}

std::string frame_of(std::string_view payload) {
    std::string frame(magic);
    frame.reserve(head_bytes + payload.size());
    append_u64(frame, payload.size());
    append_u64(frame, XXH3_64bits(payload.data(), payload.size()));
    frame += payload;
    return frame;
}

/// The payload of the frame that begins there; nothing when none does.
std::optional<std::string_view> frame_at(std::string_view bytes, std::size_t at) {
    const auto rest = bytes.substr(at);
    if (rest.size() < head_bytes || !rest.starts_with(magic)) return std::nullopt;
    const auto size = read_u64(rest.substr(8));
    if (size > payload_bytes_max || size > rest.size() - head_bytes) return std::nullopt;
    const auto payload = rest.substr(head_bytes, static_cast<std::size_t>(size));
    if (XXH3_64bits(payload.data(), payload.size()) != read_u64(rest.substr(16))) return std::nullopt;
    return payload;
}

bool has_frame_behind(std::string_view bytes, std::size_t at) {
    for (auto next = bytes.find(magic, at + 1); next != std::string_view::npos; next = bytes.find(magic, next + 1)) {
        if (frame_at(bytes, next)) return true;
    }
    return false;
}

void append_line(std::string& payload, std::string_view type, std::string_view json) {
    payload += fmt::format(R"({{"type":"{}","object":)", type);
    payload += json;
    payload += "}\n";
}

Error damaged(std::string_view what) {
    return fail(Errc::corrupt, fmt::format("resources.ledger: {}", what));
}

/// What a line says, against the state so far.
Result<Change> change_of(const JsonValue& line, const State& state) {
    const auto& object = line["object"];
    const auto* kind = find_kind_of(object["apiVersion"].text(), object["kind"].text());
    if (kind == nullptr) {
        return damaged(fmt::format("holds a {} of {}, a kind that this program does not know", object["kind"].text(),
                                   object["apiVersion"].text()));
    }
    Change change;
    const auto type = line["type"].text();
    change.type = type == "DELETED"    ? Change::Type::deleted
                  : type == "MODIFIED" ? Change::Type::modified
                                       : Change::Type::added;
    change.before = state.find(*kind, namespace_of(object), name_of(object));
    change.after = std::make_shared<const Resource>(*kind, object, version_of(object));
    const bool fits = (change.before == nullptr) == (change.type == Change::Type::added);
    if (!fits || change.after->version <= state.version()) return damaged("changes do not follow from each other");
    return change;
}

/// Calls for each line of a payload that is one JSON object a line.
template <class F>
Status for_each_line(std::string_view payload, F f) {
    while (!payload.empty()) {
        const auto end = std::min(payload.find('\n'), payload.size() - 1);
        const auto line = JsonValue::parse(payload.substr(0, end), 256);
        if (!line) return damaged("a line that is no JSON");
        ARK_TRY_STATUS(f(*line));
        payload.remove_prefix(end + 1);
    }
    return ok();
}

}  // namespace

Result<Ledger::Opened> Ledger::open(disk::Disk& disk, const std::string& directory) {
    ARK_TRY_STATUS(disk.create_directories(directory));
    Opened opened;
    opened.ledger.reset(new Ledger(disk, directory));
    auto& ledger = *opened.ledger;
    ARK_TRY(ledger.lock_, disk.lock(directory + "/lock"));
    if (disk.exists(ledger.path() + ".new")) {
        ARK_TRY_STATUS(disk.remove(ledger.path() + ".new"));
    }
    if (!disk.exists(ledger.path())) {
        ARK_TRY_STATUS(ledger.write_snapshot(opened.state));
    }
    ARK_TRY_STATUS(ledger.replay(opened));
    return opened;
}

Status Ledger::replay(Opened& opened) {
    ARK_TRY(const auto bytes, disk_.read_file(path()));
    std::size_t at = 0;
    bool headed = false;
    const auto take = [&](const JsonValue& line) -> Status {
        if (!headed) {
            if (line["format"].text() != "ark-resources" || line["version"].integer() != 1)
                return damaged("is of another format");
            headed = true;
            opened.floor = static_cast<std::uint64_t>(line["resourceVersion"].integer());
            return ok();
        }
        // Objects of the snapshot are not in order of their versions: they are all there at once.
        const bool snapshot = line["type"].text() == "SNAPSHOT";
        if (snapshot) opened.state.set_version(0);
        ARK_TRY(auto change, change_of(line, opened.state));
        opened.state.apply(change);
        if (snapshot) {
            opened.state.set_version(opened.floor);
        } else {
            opened.changes.push_back(std::move(change));
        }
        return ok();
    };
    while (const auto payload = frame_at(bytes, at)) {
        ARK_TRY_STATUS(for_each_line(*payload, take));
        if (at == 0) opened.state.set_version(opened.floor);
        at += head_bytes + payload->size();
    }
    if (!headed) return damaged("does not begin with its head");
    if (has_frame_behind(bytes, at)) {
        return damaged(fmt::format("the frame at byte {} is damaged, and there are intact ones behind it", at));
    }
    ARK_TRY(file_, disk_.open(path(), disk::OpenMode::write));
    end_ = at;
    opened.cut_bytes = bytes.size() - at;
    return opened.cut_bytes > 0 ? cut(at) : ok();
}

Status Ledger::cut(std::uint64_t end) {
    ARK_TRY_STATUS(file_->truncate(end));
    return file_->sync();
}

Status Ledger::append(const std::vector<Change>& changes) {
    if (failed_) return fail(Errc::unavailable, "the store refuses writes until its disk takes them again");
    std::string payload;
    for (const auto& change : changes)
        append_line(payload, name(change.type), change.after->json);
    const auto frame = frame_of(payload);
    auto status = file_->write_at(end_, frame.data(), frame.size());
    if (status) status = file_->sync();
    if (!status) {
        failed_ = true;
        return prefix(std::move(status).error(), "resources.ledger");
    }
    end_ += frame.size();
    return ok();
}

Status Ledger::compact(const State& state) {
    if (failed_) return fail(Errc::unavailable, "after a failed write");
    auto status = write_snapshot(state);
    if (!status && disk_.exists(path() + ".new")) {
        // The file as it was is still the file: it only stays long.
        static_cast<void>(disk_.remove(path() + ".new"));
        return status;
    }
    if (status) {
        auto file = disk_.open(path(), disk::OpenMode::write);
        if (file) {
            file_ = std::move(*file);
            return ok();
        }
        status = std::move(file).error();
    }
    // Which of the two files the name stands for is unknown.
    failed_ = true;
    return status;
}

Status Ledger::mend(const State& state) {
    ARK_TRY_STATUS(write_snapshot(state));
    ARK_TRY(file_, disk_.open(path(), disk::OpenMode::write));
    failed_ = false;
    return ok();
}

Status Ledger::write_snapshot(const State& state) {
    const auto unfinished = path() + ".new";
    ARK_TRY(auto file, disk_.open(unfinished, disk::OpenMode::create));
    std::uint64_t at = 0;
    auto payload =
        fmt::format(R"({{"format":"ark-resources","version":1,"resourceVersion":"{}"}})", state.version()) + "\n";
    const auto flush = [&]() -> Status {
        const auto frame = frame_of(payload);
        payload.clear();
        ARK_TRY_STATUS(file->write_at(at, frame.data(), frame.size()));
        at += frame.size();
        return ok();
    };
    for (const auto& [key, resource] : state.all()) {
        append_line(payload, "SNAPSHOT", resource->json);
        if (payload.size() >= snapshot_frame_bytes) {
            ARK_TRY_STATUS(flush());
        }
    }
    if (!payload.empty()) {
        ARK_TRY_STATUS(flush());
    }
    ARK_TRY_STATUS(file->sync());
    ARK_TRY_STATUS(disk_.rename(unfinished, path()));
    ARK_TRY_STATUS(disk_.sync_directory(directory_));
    end_ = at;
    return ok();
}

}  // namespace ark::resources
