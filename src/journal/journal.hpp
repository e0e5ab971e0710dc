#pragma once
#include "base/cursor.hpp"
#include "base/result.hpp"
#include "model/batch.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

/// The durable, totally ordered record of batches. Everything enters through receive, becomes true here, and is only
/// ever read by followers. The interface has one implementation here (embedded); a Kafka one can join.
namespace ark::journal {

/// What an acknowledgement means.
enum class Durability {
    sync,   ///< on stable storage (fdatasync returned): survives power loss
    group,  ///< written to the operating system; synced within group_ms: survives our crash, not the machine's last
            ///< group_ms
    os,     ///< written to the operating system; synced when it likes: survives our crash only
};

/// "sync", "group:5ms", "os".
std::string to_text(Durability durability, std::chrono::milliseconds group);

/// Proof of an append: the batch took the offsets [first, end) and they are as durable as `durability` says.
struct Receipt {
    Epoch epoch;
    Offset first;
    Offset end;
    Durability durability = Durability::sync;

    /// The place after the last item: what `ark-receipt` carries and `at_least=` takes.
    Cursor cursor() const { return {epoch, end}; }
};

struct JournalStatus {
    Epoch epoch;
    Offset begin;             ///< oldest retained item
    Offset end;               ///< one past the last readable item
    std::uint64_t bytes = 0;  ///< on disk, all segments
    std::uint64_t segments = 0;
    std::uint64_t pending_bytes = 0;  ///< accepted, not yet durable
    std::uint64_t appends_total = 0;
    std::uint64_t groups_total = 0;  ///< group commits
    std::uint64_t sync_nanos_total = 0;
    std::uint64_t sync_p50_nanos = 0;  ///< of the recent syncs
    std::uint64_t sync_p99_nanos = 0;
    UnixNanos oldest_received;  ///< of the oldest retained batch; 0 when empty
    bool failed = false;        ///< a write or sync failed: appends are refused until restart
    std::string failure;
    std::string durability;
    std::uint64_t torn_bytes =
        0;  ///< cut from the end when it was opened: a write that was interrupted, promised to nobody
};

/// Reads forward, batch by batch. One per follower; not thread-safe; may block on disk unless the batch is in memory.
class Reader {
public:
    virtual ~Reader() = default;
    /// The batch that holds `position()` or nothing when everything durable was read. Moves behind the batch.
    /// expired: the position is older than retention keeps (seek to begin()). corrupt / io: the disk.
    virtual Result<model::BatchPtr> next() = 0;
    /// Where next() goes on: an offset inside a batch returns that whole batch.
    virtual Offset position() const = 0;
    virtual void seek(Offset offset) = 0;
};

/// Called after each group commit, from the writer's thread: must return at once (post, notify).
using EndListener = std::function<void(Offset end)>;
/// Called once, from the writer's thread, when the batch is durable or refused: must return at once. Only what comes
/// after stop() is refused on the caller's own thread, before append() returns.
using AppendDone = std::function<void(Result<Receipt>)>;

class Journal {
public:
    virtual ~Journal() = default;

    /// Appends in call order per thread. Returns at once; `done` is called when the promise of the configured
    /// durability holds, or with an error: overloaded (pending_bytes_max; retry), journal_failed, disk_full, stopped.
    /// Takes the batch without a base offset; readers get the same object once it is durable.
    virtual void append(std::shared_ptr<model::Batch> batch, AppendDone done) = 0;

    virtual std::unique_ptr<Reader> reader(Offset from) = 0;
    /// Registers a listener, which must not itself register or unregister one; the token unregisters it when it is
    /// destroyed, and then it is not running any more. The journal must outlive the token.
    virtual std::shared_ptr<void> on_end(EndListener listener) = 0;

    virtual Epoch epoch() const = 0;  ///< thread-safe, as all below
    virtual Offset begin() const = 0;
    virtual Offset end() const = 0;  ///< one past the last durable, readable item
    virtual JournalStatus status() const = 0;

    /// Followers that must not lose anything pin history: retention never passes the smallest pin. `name` is for
    /// status.
    virtual void pin(const std::string& name, Offset offset) = 0;
    virtual void unpin(const std::string& name) = 0;

    /// Refuses new appends, finishes the accepted ones, leaves a clean end. Idempotent. Blocks.
    virtual void stop() = 0;
};

}  // namespace ark::journal
