#include "journal/embedded.hpp"

#include "journal/names.hpp"
#include "journal/reader.hpp"
#include "journal/writer.hpp"

#include <fmt/format.h>

namespace ark::journal {
namespace {

Status check(const EmbeddedConfig& config) {
    if (config.directory.empty()) return fail(Errc::config, "journal: no directory");
    if (config.segment_bytes < (64u << 10) || config.segment_bytes > format::segment_bytes_max) {
        return fail(Errc::config, "journal: segment_bytes must be between 64 KiB and 4 GiB less a block");
    }
    if (config.group_bytes_max == 0) return fail(Errc::config, "journal: group_bytes_max must not be 0");
    return ok();
}

/// Refused before it takes a place in the queue: the batch can never be written.
std::optional<Error> check(const model::Batch& batch, const EmbeddedConfig& config) {
    const auto& header = batch.header();
    if (header.item_count == 0) return fail(Errc::bad_argument, "a batch without items");
    if (header.tenant.size() > format::tenant_bytes_max)
        return fail(Errc::bad_argument, "the tenant's name is too long");
    const auto bytes = format::record_bytes(header.tenant.size(), batch.wire().size());
    if (bytes > format::record_bytes_max || bytes > config.pending_bytes_max) {
        return fail(Errc::too_large, fmt::format("a batch of {} bytes", bytes));
    }
    return std::nullopt;
}

class EmbeddedJournal final : public Journal {
public:
    EmbeddedJournal(disk::Disk& disk, const EmbeddedConfig& config, Clock& clock)
        : disk_(disk),
          config_(config),
          clock_(clock),
          catalog_(disk),
          tail_(config.tail_bytes_max),
          inbox_(config.pending_bytes_max),
          listeners_(std::make_shared<Listeners>()) {}
    ~EmbeddedJournal() override { stop(); }

    Status open() {
        const bool weak = config_.durability != Durability::sync;
        ARK_TRY(auto recovered, recover(disk_, config_.directory, weak, clock_, catalog_));
        lock_ = std::move(recovered.lock);
        manifest_ = std::move(recovered.manifest);
        torn_bytes_ = recovered.tail.torn_bytes;
        auto writer = std::make_unique<Writer>(
            Writer::Parts{inbox_, tail_, *listeners_, pins_, published_, catalog_, disk_, clock_}, config_, manifest_);
        ARK_TRY_STATUS(writer->start(std::move(recovered.tail)));
        writer_ = std::move(writer);
        return ok();
    }

    void append(std::shared_ptr<model::Batch> batch, AppendDone done) override {
        Waiting waiting;
        waiting.done = std::move(done);
        waiting.refusal = check(*batch, config_);
        if (!waiting.refusal) {
            // On the caller's thread: the writer is the one thread that cannot be multiplied.
            waiting.payload_checksum = format::payload_checksum(batch->wire());
            waiting.record_bytes = format::record_bytes(batch->header().tenant.size(), batch->wire().size());
            waiting.batch = std::move(batch);
        }
        if (!inbox_.push(waiting)) waiting.done(fail(Errc::stopped, "the journal is stopped"));
    }

    std::unique_ptr<Reader> reader(Offset from) override { return make_reader(read_side(), from); }

    std::shared_ptr<void> on_end(EndListener listener) override { return listeners_->add(std::move(listener)); }

    Epoch epoch() const override { return manifest_.epoch; }
    Offset begin() const override { return catalog_.begin(); }
    Offset end() const override { return Offset{published_.end.load(std::memory_order_acquire)}; }

    JournalStatus status() const override {
        JournalStatus status;
        status.epoch = epoch();
        status.begin = begin();
        status.end = end();
        for (const auto& segment : catalog_.all()) {
            status.bytes += segment->file_bytes();
            ++status.segments;
        }
        status.pending_bytes = inbox_.pending_bytes();
        status.appends_total = published_.appends_total.load(std::memory_order_relaxed);
        status.groups_total = published_.groups_total.load(std::memory_order_relaxed);
        status.failed = published_.failed.load(std::memory_order_acquire);
        status.durability = to_text(config_.durability, config_.group);
        status.torn_bytes = torn_bytes_;
        status.oldest_received = oldest_received();
        const std::lock_guard lock(published_.mutex);
        status.sync_nanos_total = published_.sync_times.total();
        status.sync_p50_nanos = published_.sync_times.quantile(0.50);
        status.sync_p99_nanos = published_.sync_times.quantile(0.99);
        status.failure = published_.failure;
        return status;
    }

    void pin(const std::string& name, Offset offset) override { pins_.set(name, offset); }
    void unpin(const std::string& name) override { pins_.erase(name); }

    void stop() override {
        if (!writer_) return;
        const std::lock_guard lock(stop_mutex_);
        if (stopped_) return;
        stopped_ = true;
        inbox_.close();
        writer_->join();
        leave_clean();
        lock_.reset();
    }

private:
    ReadSide read_side() const { return {disk_, catalog_, tail_, published_.end}; }

    /// The weak mark says "a power failure may take acknowledged items back": after a last sync none can.
    void leave_clean() {
        if (manifest_.weak.empty() || published_.failed.load(std::memory_order_acquire)) return;
        auto clean = manifest_;
        clean.weak.clear();
        // If this fails, the next open after a restart of the machine takes a new epoch for nothing: harmless.
        static_cast<void>(clean.save(disk_, config_.directory));
    }

    /// Of the first batch still kept; remembered, since it only changes when begin() does.
    UnixNanos oldest_received() const {
        const auto first = begin();
        const std::lock_guard lock(oldest_mutex_);
        if (oldest_known_ && oldest_offset_ == first) return oldest_received_;
        const auto reader = make_reader(read_side(), first);
        const auto batch = reader->next();
        if (!batch || !*batch) return {};
        oldest_known_ = true;
        oldest_offset_ = first;
        oldest_received_ = (*batch)->header().received;
        return oldest_received_;
    }

    disk::Disk& disk_;  // outlives us
    const EmbeddedConfig config_;
    Clock& clock_;  // outlives us
    std::unique_ptr<disk::File> lock_;
    Manifest manifest_;  // constant after open(), as the next
    std::uint64_t torn_bytes_ = 0;
    mutable Catalog catalog_;  // thread-safe, as all below; readers of a const journal open files
    TailCache tail_;
    Inbox inbox_;
    const std::shared_ptr<Listeners> listeners_;
    Pins pins_;
    mutable Published published_;
    mutable std::mutex oldest_mutex_;
    mutable bool oldest_known_ = false;  // guarded by oldest_mutex_, as the next two
    mutable Offset oldest_offset_;
    mutable UnixNanos oldest_received_;
    std::mutex stop_mutex_;
    bool stopped_ = false;            // guarded by stop_mutex_
    std::unique_ptr<Writer> writer_;  // last: its thread uses all of the above
};

}  // namespace

Result<std::unique_ptr<Journal>> open_embedded(disk::Disk& disk, const EmbeddedConfig& config, Clock& clock) {
    ARK_TRY_STATUS(check(config));
    auto journal = std::make_unique<EmbeddedJournal>(disk, config, clock);
    if (auto opened = journal->open(); !opened) return prefix(opened.error(), "open journal");
    return std::unique_ptr<Journal>(std::move(journal));
}

}  // namespace ark::journal
