#pragma once
#include "journal/appender.hpp"
#include "journal/embedded.hpp"
#include "journal/inbox.hpp"
#include "journal/listeners.hpp"
#include "journal/pins.hpp"
#include "journal/retention.hpp"
#include "journal/sync_times.hpp"
#include "journal/tail_cache.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace ark::journal {

/// What the writer publishes for everybody to read.
struct Published {
    std::atomic<std::uint64_t> end{0};
    std::atomic<std::uint64_t> appends_total{0};
    std::atomic<std::uint64_t> groups_total{0};
    std::atomic<bool> failed{false};
    std::mutex mutex;      // leaf
    SyncTimes sync_times;  // guarded by mutex
    std::string failure;   // guarded by mutex
};

/// The one thread that writes: takes all waiting batches as a group, makes them durable, publishes, acknowledges.
class Writer {
public:
    struct Parts {
        Inbox& inbox;
        TailCache& tail;
        Listeners& listeners;
        Pins& pins;
        Published& published;
        Catalog& catalog;
        disk::Disk& disk;
        Clock& clock;
    };

    Writer(Parts parts, const EmbeddedConfig& config, const Manifest& manifest);
    ~Writer() { join(); }
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    /// Finds the place to go on and starts the thread.
    Status start(Tail tail);
    /// After Inbox::close(): waits until everything accepted is finished and the end is clean. Idempotent.
    void join();

private:
    void run();
    void write_group(std::vector<Waiting>& group);
    void refuse(std::vector<Waiting>& group, const Error& error);
    void acknowledge(std::vector<Waiting>& group);
    void sync_if_due();
    void sync_now();
    void note_sync();
    void fail_forever(const Error& error);
    void retain_if_due();
    std::optional<std::chrono::steady_clock::time_point> next_wake() const;
    bool failed() const { return parts_.published.failed.load(std::memory_order_relaxed); }

    Parts parts_;
    const EmbeddedConfig config_;
    const Epoch epoch_;
    Appender appender_;                               // writer thread, after start()
    std::vector<Outgoing> outgoing_;                  // writer thread: the group being written
    std::vector<model::BatchPtr> written_;            // writer thread: likewise, once it is written
    bool unsynced_ = false;                           // writer thread: written and acknowledged, not yet synced
    std::chrono::steady_clock::time_point sync_due_;  // writer thread, when unsynced_
    std::uint64_t retained_at_ = 0;                   // writer thread: clock's nanoseconds of the last look
    std::thread thread_;
};

}  // namespace ark::journal
