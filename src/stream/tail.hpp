#pragma once
#include "runtime/asio.hpp"
#include "stream/group.hpp"
#include "stream/rows.hpp"
#include "stream/services.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace ark::stream {

/// One net thread's follower of the journal: opens each new batch once for all of the thread's groups, puts frames into
/// their rings and wakes who waits. Follows only while it has subscribers. Lives on its io_context's thread, but for
/// signal() and stop().
class Tail : public std::enable_shared_from_this<Tail> {
public:
    Tail(std::shared_ptr<Services> services, asio::io_context& context);

    // From any thread:
    /// More was folded. Cheap when nobody subscribes here.
    void signal();
    /// Wakes everybody to say goodbye; nobody may join from now on.
    void stop();

    // On our thread:
    bool stopping() const { return stopping_; }
    /// Every item before this is in the rings of the groups that want it.
    Offset position() const { return position_; }
    /// The group of the selection; leave() it as often.
    std::shared_ptr<Group> join(Selection selection);
    void leave(const std::shared_ptr<Group>& group);

    /// Who waits for position() to move, and who sends at a pace of its own.
    WaitList& ahead() { return ahead_; }
    WaitList& paced() { return paced_; }
    /// Runs the waiter's coroutine soon, not now. Nothing when it does not wait.
    void wake(Waiter& waiter);
    /// The sync frame of this moment, shared by all who send it.
    std::shared_ptr<const std::string> sync_frame();

    /// Destroys coroutines that still wait; only when the thread has ended.
    void abandon();

    /// Memory of all rings of this thread; beyond its bound every group keeps but little.
    std::size_t ring_bytes() const { return ring_bytes_; }

private:
    void start();
    void halt();
    void arm(std::uint64_t generation);
    void tick();
    void post_pump();
    void pump();
    bool has_readers() const;
    void skip_to_fold();
    bool obtain();
    bool in_memory() const;
    void read_on_pool();
    bool take(Result<model::BatchPtr> batch);
    void skip_expired();
    void deliver(const model::Batch& batch);
    void deliver_item(const GroupIndex::Tenant& tenant, const items::Item& item);
    void mark_dirty(Group& group);
    void finish_pass();
    void fetch_rows();
    void take_rows(const RowRound& round);
    void wake_ready();

    const std::shared_ptr<Services> services_;
    asio::io_context& context_;
    const Epoch epoch_;
    std::atomic<bool> active_{false};     // somebody subscribes; written by our thread
    std::atomic<bool> signalled_{false};  // a pump is posted
    bool stopping_ = false;

    std::size_t ring_bytes_ = 0;  // before the groups, which count in it
    std::unordered_map<std::string, std::shared_ptr<Group>> groups_;
    GroupIndex index_;

    std::shared_ptr<journal::Reader> reader_;  // shared with a read on the pool
    bool reading_ = false;                     // the pool has the reader
    std::uint64_t read_failures_ = 0;
    model::BatchPtr held_;  // read, but not folded to its end yet
    Offset position_;
    double item_bytes_ = 4096;  // in the journal, moving average

    OpenItem open_;
    std::vector<Group*> candidates_;  // scratch of deliver_item
    std::string frames_;              // scratch of deliver_item
    std::vector<Group*> dirty_;
    bool moved_ = false;

    std::vector<std::shared_ptr<Group>> row_groups_;  // with touched rows
    std::size_t touched_rows_ = 0;                    // at most, since the last round began
    bool fetching_rows_ = false;
    std::uint64_t rows_due_nanos_ = 0;

    WaitList ready_;
    WaitList ahead_;
    WaitList paced_;
    bool waking_ = false;

    std::shared_ptr<const std::string> sync_;
    Offset sync_end_;  // what sync_ was made from
    Offset sync_position_;

    asio::steady_timer timer_;
    std::uint64_t timer_generation_ = 0;
    std::uint64_t sweep_due_nanos_ = 0;
};

}  // namespace ark::stream
