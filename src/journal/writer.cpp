#include "journal/writer.hpp"

#include "base/thread.hpp"

namespace ark::journal {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Segments expire by the hour or day: a look a second is often enough and costs nothing measurable.
constexpr std::chrono::seconds retention_interval{1};

AppenderConfig appender_config(const EmbeddedConfig& config) {
    AppenderConfig out;
    out.directory = config.directory;
    out.segment_bytes = config.segment_bytes;
    out.group_bytes_max = config.group_bytes_max;
    out.sync_each_group = config.durability == Durability::sync;
    return out;
}

RetentionConfig retention_config(const EmbeddedConfig& config) {
    return {config.directory, config.retention_bytes, config.retention_age, config.recycled_segments_max};
}

}  // namespace

Writer::Writer(Parts parts, const EmbeddedConfig& config, const Manifest& manifest)
    : parts_(parts),
      config_(config),
      epoch_(manifest.epoch),
      appender_(parts.disk, appender_config(config), manifest, parts.clock, parts.catalog) {}

Status Writer::start(Tail tail) {
    ARK_TRY_STATUS(appender_.open(std::move(tail)));
    parts_.published.end.store(appender_.end().value(), std::memory_order_release);
    thread_ = std::thread([this] { run(); });
    return ok();
}

void Writer::join() {
    if (thread_.joinable()) thread_.join();
}

void Writer::run() {
    name_this_thread("journal");
    while (!parts_.inbox.closed_and_empty()) {
        auto group = parts_.inbox.take(config_.group_bytes_max, next_wake());
        if (!group.empty()) write_group(group);
        sync_if_due();
        retain_if_due();
    }
    if (failed()) return;
    if (config_.durability != Durability::sync) sync_now();
    if (failed()) return;
    if (auto marked = appender_.mark(); !marked) fail_forever(marked.error());
}

std::optional<SteadyClock::time_point> Writer::next_wake() const {
    std::optional<SteadyClock::time_point> wake;
    if (unsynced_ && config_.durability == Durability::group) wake = sync_due_;
    if (config_.retention_bytes != 0 || config_.retention_age.count() > 0) {
        const auto look = SteadyClock::now() + retention_interval;
        if (!wake || look < *wake) wake = look;
    }
    return wake;
}

void Writer::write_group(std::vector<Waiting>& group) {
    outgoing_.clear();
    std::uint64_t items = 0;
    for (const auto& waiting : group) {
        if (waiting.refusal) continue;
        outgoing_.push_back(Outgoing{waiting.batch.get(), waiting.payload_checksum});
        items += waiting.batch->header().item_count;
    }
    if (outgoing_.empty()) return acknowledge(group);

    if (auto room = appender_.make_room(Appender::group_bytes(outgoing_), items); !room) {
        // A full disk is found before anything is written: the senders keep their batches, and we try again with the
        // next.
        if (room.error().code != Errc::disk_full) fail_forever(room.error());
        return refuse(group, room.error());
    }
    if (auto appended = appender_.append(outgoing_); !appended) {
        fail_forever(appended.error());
        return refuse(group, appended.error());
    }
    acknowledge(group);
}

/// From here readers may see the group, then its senders hear of it: a sender that looks must find what it was
/// promised. Then those who follow: what wakes first gets the processor first, and a sender waits for this.
void Writer::acknowledge(std::vector<Waiting>& group) {
    auto& published = parts_.published;
    for (const auto& waiting : group) {
        if (waiting.batch) written_.push_back(waiting.batch);
    }
    if (!written_.empty()) parts_.tail.push(written_);
    written_.clear();
    if (!outgoing_.empty()) {
        published.appends_total.fetch_add(outgoing_.size(), std::memory_order_relaxed);
        published.groups_total.fetch_add(1, std::memory_order_relaxed);
        published.end.store(appender_.end().value(), std::memory_order_release);
        if (config_.durability == Durability::sync) {
            note_sync();
        } else if (!unsynced_) {
            unsynced_ = true;
            sync_due_ = SteadyClock::now() + config_.group;
        }
    }
    for (auto& waiting : group) {
        if (waiting.refusal) {
            waiting.done(std::move(*waiting.refusal));
        } else {
            waiting.done(Receipt{epoch_, waiting.batch->base(), waiting.batch->end(), config_.durability});
        }
    }
    if (!outgoing_.empty()) parts_.listeners.call(appender_.end());
}

void Writer::refuse(std::vector<Waiting>& group, const Error& error) {
    const bool full = error.code == Errc::disk_full;
    for (auto& waiting : group) {
        if (waiting.refusal) {
            waiting.done(std::move(*waiting.refusal));
        } else {
            waiting.done(full ? error : fail(Errc::journal_failed, error.message()));
        }
    }
}

void Writer::sync_if_due() {
    if (!unsynced_ || config_.durability != Durability::group || failed()) return;
    if (SteadyClock::now() >= sync_due_) sync_now();
}

void Writer::sync_now() {
    unsynced_ = false;
    if (auto synced = appender_.sync(); !synced) return fail_forever(synced.error());
    note_sync();
}

void Writer::note_sync() {
    const std::lock_guard lock(parts_.published.mutex);
    parts_.published.sync_times.add(appender_.sync_nanos());
}

/// After a failed write or sync nobody knows what is on disk: only recovery can tell. Everything is refused until then.
void Writer::fail_forever(const Error& error) {
    {
        const std::lock_guard lock(parts_.published.mutex);
        parts_.published.failure = error.message();
    }
    parts_.published.failed.store(true, std::memory_order_release);
    parts_.inbox.refuse_all(fail(Errc::journal_failed, error.message()));
}

void Writer::retain_if_due() {
    if (failed()) return;
    const auto now = parts_.clock.now();
    const auto interval = static_cast<std::uint64_t>(std::chrono::nanoseconds(retention_interval).count());
    if (!appender_.rolled() && now.value() - retained_at_ < interval) return;
    retained_at_ = now.value();
    const auto floor = parts_.pins.floor(appender_.end());
    // Failing to give a segment away costs space, not data; the next look tries again.
    static_cast<void>(retain(parts_.disk, retention_config(config_), now, floor, parts_.catalog));
}

}  // namespace ark::journal
