#include "emit/outbox.hpp"

#include "disk/record_log.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <xxhash.h>

namespace ark::emit {
namespace {

using telemetry::LogLevel;

constexpr std::string_view spill_ending = ".spill";

// Records of a spill: a parcel in one frame, so that a torn write leaves nothing of it. Payload: size and bytes of
// logs, of traces, and of each note; sizes are uint32 little-endian (docs/formats/record-log.md).
constexpr std::uint8_t kind_parcel = 3;

void append_part(std::string& out, std::string_view part) {
    const auto size = static_cast<std::uint32_t>(part.size());
    for (int shift = 0; shift < 32; shift += 8)
        out.push_back(static_cast<char>(size >> shift));
    out += part;
}

std::size_t to_record_bytes(const Parcel& parcel) {
    return parcel.bytes() + 8 + (parcel.notes ? 4 * parcel.notes->size() : 0);
}

std::string to_record(const Parcel& parcel) {
    std::string payload;
    payload.reserve(to_record_bytes(parcel));
    append_part(payload, parcel.logs ? std::string_view(*parcel.logs) : std::string_view());
    append_part(payload, parcel.traces ? std::string_view(*parcel.traces) : std::string_view());
    if (!parcel.notes) return payload;
    for (const auto& note : *parcel.notes)
        append_part(payload, note);
    return payload;
}

Result<std::string_view> take_part(std::string_view& payload) {
    std::uint32_t size = 0;
    if (payload.size() < 4) return fail(Errc::corrupt, "a parcel of the outbox is cut short");
    for (int i = 0; i < 4; ++i)
        size |= static_cast<std::uint32_t>(static_cast<unsigned char>(payload[static_cast<std::size_t>(i)])) << 8 * i;
    if (payload.size() - 4 < size) return fail(Errc::corrupt, "a parcel of the outbox is cut short");
    const auto part = payload.substr(4, size);
    payload.remove_prefix(4 + size);
    return part;
}

Result<Parcel> to_parcel(const disk::LoggedRecord& record) {
    if (record.kind != kind_parcel) return fail(Errc::corrupt, "the outbox has a record of an unknown kind");
    Parcel parcel;
    auto rest = record.payload;
    ARK_TRY(const auto logs, take_part(rest));
    ARK_TRY(const auto traces, take_part(rest));
    if (!logs.empty()) parcel.logs = std::make_shared<const std::string>(logs);
    if (!traces.empty()) parcel.traces = std::make_shared<const std::string>(traces);
    Parcel::Notes notes;
    while (!rest.empty()) {
        ARK_TRY(const auto note, take_part(rest));
        notes.emplace_back(note);
    }
    if (!notes.empty()) parcel.notes = std::make_shared<const Parcel::Notes>(std::move(notes));
    return parcel;
}

/// A place as a file of fixed size that is overwritten: 8 bytes and their checksum, less than a sector, so that there
/// is the old or the new one. A torn one after a power cut reads as none: the target gets what is there again.
class PlaceFile {
public:
    static Result<PlaceFile> open(disk::Disk& disk, const std::string& path) {
        PlaceFile opened;
        if (disk.exists(path)) {
            ARK_TRY(const auto bytes, disk.read_file(path));
            opened.read_ = parse(bytes);
            ARK_TRY(opened.file_, disk.open(path, disk::OpenMode::write));
        } else {
            ARK_TRY(opened.file_, disk.open(path, disk::OpenMode::create));
        }
        return opened;
    }

    std::optional<Place> read() const { return read_; }
    Status write(Place place) {
        std::array<char, 16> bytes;
        const auto sum = XXH3_64bits(&place, sizeof place);
        std::memcpy(bytes.data(), &place, sizeof place);
        std::memcpy(bytes.data() + 8, &sum, sizeof sum);
        return file_->write_at(0, bytes.data(), bytes.size());
    }

private:
    static std::optional<Place> parse(std::string_view bytes) {
        if (bytes.size() < 16) return std::nullopt;
        Place place;
        std::uint64_t sum;
        std::memcpy(&place, bytes.data(), sizeof place);
        std::memcpy(&sum, bytes.data() + 8, sizeof sum);
        if (XXH3_64bits(&place, sizeof place) != sum) return std::nullopt;
        return place;
    }
    std::unique_ptr<disk::File> file_;
    std::optional<Place> read_;
};

struct SpillFile {
    Place base = 0;
    Place end = 0;     // of what may be read
    Place synced = 0;  // of what survives the machine
    std::shared_ptr<disk::RecordLog> log;
};

std::string spill_name(Place base) {
    return fmt::format("{:020}{}", base, spill_ending);
}

std::optional<Place> base_of(std::string_view name) {
    if (!name.ends_with(spill_ending)) return std::nullopt;
    name.remove_suffix(spill_ending.size());
    if (name.empty() || name.size() > 20 || name.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    return std::stoull(std::string(name));
}

class DiskOutbox final : public Outbox {
public:
    DiskOutbox(disk::Disk& disk, runtime::WorkPool& pool, Config config)
        : disk_(disk), pool_(pool), config_(std::move(config)) {}

    Status recover(const std::vector<std::string>& targets);

    awaitable<Status> add(std::function<Parcel()> make, Sync sync) override;
    awaitable<Status> mend() override;
    awaitable<Next> next(std::size_t target, std::size_t bytes_max) override;
    void delivered(std::size_t target, Place after) override;
    std::uint64_t waiting(std::size_t target) const override { return end_ - targets_[target].at; }
    Counters counters() const override;

private:
    struct Held {
        Place at;
        Place after;
        Parcel parcel;
    };
    struct Target {
        std::string name;
        Place at = 0;
        PlaceFile file;
    };

    std::string path(const std::string& name) const { return config_.directory + "/" + name; }
    Result<SpillFile*> file_for_appends();
    bool take_from_memory(Target& target, std::size_t bytes_max, Next& next);
    Place slowest() const;
    void forget_delivered();
    void keep_within_bounds();
    void drop_first_file();
    void disk_fails(const Error& error);

    disk::Disk& disk_;         // outlives us
    runtime::WorkPool& pool_;  // likewise
    const Config config_;
    std::deque<SpillFile> files_;  // oldest first; add() appends to the last on the pool, one at a time
    std::deque<Held> held_;        // the newest parcels, in order, without gaps
    std::uint64_t held_bytes_ = 0;
    Place end_ = 0;
    std::vector<Target> targets_;
    std::uint64_t dropped_ = 0;
    bool disk_failed_ = false;
};

Status DiskOutbox::recover(const std::vector<std::string>& targets) {
    ARK_TRY_STATUS(disk_.create_directories(config_.directory));
    ARK_TRY(const auto names, disk_.list(config_.directory));
    for (const auto& name : names) {  // sorted: by place
        const auto base = base_of(name);
        if (!base) continue;
        ARK_TRY(auto log, disk::RecordLog::open(disk_, path(name)));
        SpillFile file;
        file.base = *base;
        file.end = *base + log->end();
        file.synced = file.end;
        // What a failed disk left behind in a file that was given up: the next one has it.
        if (!files_.empty()) files_.back().end = std::min(files_.back().end, file.base);
        file.log = std::move(log);
        end_ = file.end;
        files_.push_back(std::move(file));
    }
    const auto begin = files_.empty() ? end_ : files_.front().base;
    for (const auto& name : targets) {
        Target target;
        target.name = name;
        ARK_TRY(target.file, PlaceFile::open(disk_, path(name + ".at")));
        target.at = std::clamp(target.file.read().value_or(begin), begin, end_);
        targets_.push_back(std::move(target));
    }
    forget_delivered();
    return ok();
}

Result<SpillFile*> DiskOutbox::file_for_appends() {
    if (!files_.empty() && files_.back().log->end() < config_.file_bytes) return &files_.back();
    SpillFile file;
    file.base = end_;
    file.end = end_;
    file.synced = end_;
    ARK_TRY(auto log, disk::RecordLog::open(disk_, path(spill_name(end_))));
    file.log = std::move(log);
    files_.push_back(std::move(file));
    return &files_.back();
}

awaitable<Status> DiskOutbox::add(std::function<Parcel()> make, Sync sync) {
    // A new file is opened on the executor, once in `file_bytes`: files_ is read by others there.
    std::shared_ptr<disk::RecordLog> log;
    bool fresh = false;
    if (!disk_failed_) {
        const auto files = files_.size();
        auto file = file_for_appends();
        if (file) {
            log = (*file)->log;
            fresh = files_.size() > files;
        } else {
            disk_fails(file.error());
        }
    }
    Held held;
    held.at = end_;
    disk::RecordLog::Frames frames;
    auto write = [&]() -> Status {
        held.parcel = make();
        if (!log) return fail(Errc::io, "the disk of the outbox failed");
        frames.add(kind_parcel, to_record(held.parcel));
        ARK_TRY_STATUS(log->append(frames));
        if (fresh) {
            ARK_TRY_STATUS(disk_.sync_directory(config_.directory));
        }
        return sync == Sync::yes ? log->sync() : ok();
    };
    const auto status = co_await runtime::on(pool_, write);
    if (log && !status) disk_fails(status.error());
    const auto size = disk::RecordLog::frame_bytes(to_record_bytes(held.parcel));
    end_ += size;
    held.after = end_;
    held_bytes_ += held.parcel.bytes();
    held_.push_back(std::move(held));
    if (!disk_failed_ && log) {
        files_.back().end = end_;
        if (sync == Sync::yes) files_.back().synced = end_;
    }
    keep_within_bounds();
    co_return status;
}

awaitable<Status> DiskOutbox::mend() {
    // After a failed write or sync nothing of the last file is sure beyond its last sync (disk::File::sync).
    auto sure = files_.empty() ? Place{0} : files_.back().synced;
    if (!held_.empty()) sure = std::max(sure, held_.front().at);
    SpillFile file;
    file.base = held_.empty() ? end_ : sure;
    std::vector<Parcel> parcels;
    for (const auto& held : held_) {
        if (held.at >= file.base) parcels.push_back(held.parcel);
    }
    std::vector<Place> places;
    for (const auto& target : targets_)
        places.push_back(target.at);
    const auto name = path(spill_name(file.base));
    const auto unfinished = name + ".new";
    auto write = [&]() -> Status {
        if (disk_.exists(unfinished)) {
            ARK_TRY_STATUS(disk_.remove(unfinished));
        }
        ARK_TRY(file.log, disk::RecordLog::open(disk_, unfinished));
        disk::RecordLog::Frames frames;
        for (const auto& parcel : parcels)
            frames.add(kind_parcel, to_record(parcel));
        if (frames.bytes() > 0) {
            ARK_TRY_STATUS(file.log->append(frames));
        }
        ARK_TRY_STATUS(file.log->sync());
        // Whole or not at all: until then the old file's end may be all that there is of the same parcels. A file of
        // this name has nothing that is not in this one.
        ARK_TRY_STATUS(disk_.rename(unfinished, name));
        for (std::size_t i = 0; i < places.size(); ++i) {
            ARK_TRY_STATUS(targets_[i].file.write(places[i]));
        }
        return disk_.sync_directory(config_.directory);
    };
    const auto status = co_await runtime::on(pool_, write);
    if (!status) co_return status;
    // Beyond this point the old file ends where the new one begins.
    while (!files_.empty() && files_.back().base >= file.base)
        files_.pop_back();
    if (!files_.empty()) files_.back().end = std::min(files_.back().end, file.base);
    file.end = end_;
    file.synced = end_;
    files_.push_back(std::move(file));
    disk_failed_ = false;
    telemetry::log(LogLevel::info, "emit", "telemetry is written to disk again");
    co_return ok();
}

void DiskOutbox::disk_fails(const Error& error) {
    if (!disk_failed_)
        telemetry::log(LogLevel::error, "emit", "telemetry waits in memory only", {{"error", error.message()}});
    disk_failed_ = true;
}

bool DiskOutbox::take_from_memory(Target& target, std::size_t bytes_max, Next& next) {
    if (held_.empty() || target.at < held_.front().at) return false;
    const auto first = std::lower_bound(held_.begin(), held_.end(), target.at,
                                        [](const Held& held, Place at) { return held.at < at; });
    std::size_t bytes = 0;
    for (auto held = first; held != held_.end() && held->after <= end_; ++held) {
        bytes += held->parcel.bytes();
        if (!next.parcels.empty() && bytes > bytes_max) break;
        next.parcels.push_back(held->parcel);
        next.after = held->after;
    }
    return true;
}

awaitable<Outbox::Next> DiskOutbox::next(std::size_t index, std::size_t bytes_max) {
    Next next;
    next.after = targets_[index].at;
    while (targets_[index].at < end_ && !take_from_memory(targets_[index], bytes_max, next)) {
        auto& target = targets_[index];
        const auto file = std::find_if(files_.begin(), files_.end(),
                                       [&](const SpillFile& candidate) { return target.at < candidate.end; });
        if (file == files_.end()) {
            // Neither on disk nor in memory any more: go on with what there is.
            target.at = held_.empty() ? end_ : held_.front().at;
            continue;
        }
        target.at = std::max(target.at, file->base);
        const SpillFile from = *file;  // the file may be removed meanwhile; its records stay readable
        const auto at = target.at;
        auto read = [&]() {
            return from.log->read(at - from.base, from.end - from.base, bytes_max,
                                  [&](const disk::LoggedRecord& record) -> Status {
                                      ARK_TRY(auto parcel, to_parcel(record));
                                      next.parcels.push_back(std::move(parcel));
                                      next.after = from.base + record.end;
                                      return ok();
                                  });
        };
        const auto status = co_await runtime::on(pool_, read);
        if (status) break;
        disk_fails(status.error());
        ++dropped_;
        targets_[index].at = from.end;
        next = Next{};
        next.after = from.end;
    }
    co_return next;
}

void DiskOutbox::delivered(std::size_t index, Place after) {
    auto& target = targets_[index];
    target.at = std::max(target.at, after);
    if (!disk_failed_) {
        const auto status = target.file.write(target.at);
        if (!status) disk_fails(status.error());
    }
    forget_delivered();
}

Place DiskOutbox::slowest() const {
    Place slowest = end_;
    for (const auto& target : targets_)
        slowest = std::min(slowest, target.at);
    return slowest;
}

void DiskOutbox::forget_delivered() {
    const auto done = slowest();
    while (!held_.empty() && held_.front().after <= done) {
        held_bytes_ -= held_.front().parcel.bytes();
        held_.pop_front();
    }
    // The last file stays: the next parcels are appended to it, and its name says how far counting got.
    while (files_.size() > 1 && files_.front().end <= done)
        drop_first_file();
}

void DiskOutbox::keep_within_bounds() {
    while (held_bytes_ > config_.memory_bytes && held_.size() > 1) {
        const auto& oldest = held_.front();
        // Without a disk this is the only copy.
        const auto written = files_.empty() ? Place{0} : files_.back().end;
        if (disk_failed_ && oldest.after > std::max(written, slowest())) ++dropped_;
        held_bytes_ -= oldest.parcel.bytes();
        held_.pop_front();
    }
    while (files_.size() > 1 && files_.back().end - files_.front().base > config_.bytes_max) {
        if (files_.front().end > slowest()) {
            ++dropped_;
            telemetry::log(LogLevel::warn, "emit", "telemetry is dropped: too much waits for a target",
                           {{"bytes", files_.front().end - files_.front().base}});
        }
        drop_first_file();
    }
}

void DiskOutbox::drop_first_file() {
    const auto status = disk_.remove(path(spill_name(files_.front().base)));
    if (!status) disk_fails(status.error());
    files_.pop_front();
}

Outbox::Counters DiskOutbox::counters() const {
    Counters counters;
    counters.end = end_;
    counters.waiting_bytes = end_ - slowest();
    counters.dropped_parcels = dropped_;
    counters.disk_failed = disk_failed_;
    return counters;
}

}  // namespace

std::size_t Parcel::bytes() const {
    std::size_t bytes = (logs ? logs->size() : 0) + (traces ? traces->size() : 0);
    if (!notes) return bytes;
    for (const auto& note : *notes)
        bytes += note.size();
    return bytes;
}

Result<std::unique_ptr<Outbox>> Outbox::open(disk::Disk& disk, runtime::WorkPool& pool, Config config,
                                             const std::vector<std::string>& targets) {
    auto outbox = std::make_unique<DiskOutbox>(disk, pool, std::move(config));
    ARK_TRY_STATUS(outbox->recover(targets));
    return std::unique_ptr<Outbox>(std::move(outbox));
}

}  // namespace ark::emit
