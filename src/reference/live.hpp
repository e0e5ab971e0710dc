#pragma once
#include "reference/block.hpp"
#include "reference/fold.hpp"
#include "runtime/asio.hpp"
#include "runtime/waiting.hpp"
#include "runtime/work_pool.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace ark::reference {

/// What watches need of the store. The references outlive them.
struct LiveServices {
    LiveServices(Fold& a_fold, views::Views& all_views, journal::Journal& a_journal, runtime::WorkPool& pool,
                 Clock& a_clock, std::size_t bytes_of_group)
        : fold(a_fold), views(all_views), journal(a_journal), work(pool), clock(a_clock), group_bytes(bytes_of_group) {}

    Fold& fold;
    views::Views& views;
    journal::Journal& journal;
    runtime::WorkPool& work;
    Clock& clock;
    const std::size_t group_bytes;  ///< frames that a group keeps for those who are not quite at its end
    std::atomic<std::uint64_t> groups{0};
    std::atomic<std::uint64_t> bytes{0};  ///< of all groups' blocks

    Reads reads(const std::string& tenant, std::shared_ptr<journal::Batches> batches = nullptr) const;
};

/// One that waits for its group: it has what the group had when it began to.
struct Seat : runtime::Waiter {
    std::uint64_t round = 0;  ///< of the group, when it began to wait
};

/// All watchers of one net thread that watch the same: the store is read and the frames are made once for them.
struct Group {
    Subject subject;
    std::string change;  ///< of the subject
    Position at;         ///< everything up to here was read
    Position before;     ///< and up to here before the last read that had something
    Position taken;      ///< up to here it was given to somebody: no more than two reads are ahead of that
    std::deque<std::shared_ptr<const Block>> blocks;  ///< the last ones, in order, without holes, up to `at`
    std::shared_ptr<Block> open;                      ///< the last of them, while it may have room for more
    std::size_t bytes = 0;
    std::uint64_t round = 0;    ///< how often there was news
    runtime::WaitList waiting;  ///< seats, whoever was served longest ago first
    bool queued = false;        ///< in the hub's queue: somebody has a turn to come
    std::uint32_t members = 0;
    std::shared_ptr<journal::Batches> batches;  ///< of the last read, while there is more: the next one goes on in it
    bool reading = false;
    bool behind = false;   ///< the last read left something: the next one takes more
    bool dirty = false;    ///< there is more, or may be
    Status status = ok();  ///< of the last read

    /// Who is to be served next; null: nobody is.
    Seat* owed() const {
        auto* first = static_cast<Seat*>(waiting.front());
        return first != nullptr && first->round != round ? first : nullptr;
    }
};

/// One net thread's groups: reads the store when the fold says that something changed for one of them, and serves who
/// waits, in turns. A turn takes some microseconds a watcher, and a rest twice as long as itself follows it; whoever
/// has its turn is given everything that came since the last one, so that many watchers are served less often, with
/// more at a time, and all of them after one lap.
///
///     fold ──changed()──▶ read (work pool) ──▶ blocks of the group ──▶ ▕turn▏  rest  ▕turn▏  rest  ▕turn▏ ──▶ …
///
/// On its io_context's thread, but for changed() and stop(). Kept alive by what it has under way.
class Hub : public std::enable_shared_from_this<Hub> {
public:
    Hub(std::shared_ptr<LiveServices> services, asio::io_context& context);

    // From any thread:
    /// A commit changed this; null: perhaps anything. Cheap while nobody watches here.
    void changed(const std::shared_ptr<const Changes>& changes);
    /// Wakes everybody to end; nobody may join from now on.
    void stop();
    /// Destroys coroutines that still wait; only when the thread has ended.
    void abandon();

    // On our thread:
    bool stopping() const { return stopping_; }
    /// The group of a subject, which begins at `at` if it is new. leave() it as often.
    std::shared_ptr<Group> join(Subject subject, Position at);
    void leave(const std::shared_ptr<Group>& group);
    /// A member has been given everything up to there.
    void taken(const std::shared_ptr<Group>& group, Position at);
    /// Until there is news for the group, somebody calls wake(), or that moment has come.
    awaitable<void> wait(Group& group, Seat& seat, std::chrono::steady_clock::time_point until);
    /// Ends its wait() soon, not now.
    void wake(Seat& seat);
    LiveServices& services() { return *services_; }
    asio::io_context& context() { return context_; }

private:
    void take_changes();
    void read_soon(const std::shared_ptr<Group>& group);
    void read(const std::shared_ptr<Group>& group);
    void take(const std::shared_ptr<Group>& group, Result<std::shared_ptr<const Block>> block);
    void keep(const std::shared_ptr<Group>& group, std::shared_ptr<const Block> block);
    void forget_oldest(Group& group);
    void put(Group& group, std::shared_ptr<const Block> block);
    void call(const std::shared_ptr<Group>& group);
    void next_turn();
    void turn();
    bool serve_one();
    void resume_ready();
    void sweep_at(std::uint64_t nanos);
    void sweep();

    const std::shared_ptr<LiveServices> services_;
    asio::io_context& context_;
    bool stopping_ = false;
    bool abandoned_ = false;
    std::unordered_map<std::string, std::shared_ptr<Group>> groups_;  // by key of the subject
    std::unordered_multimap<std::string, std::shared_ptr<Group>> by_change_;

    std::deque<std::shared_ptr<Group>> turns_;  // groups that have somebody to serve
    bool turn_comes_ = false;                   // posted, or its timer runs
    std::size_t members_ = 0;                   // of all groups
    std::uint64_t due_nanos_ = 0;               // when the next turn keeps the pace
    std::uint64_t rested_nanos_ = 0;            // no turn before this
    asio::steady_timer turn_timer_;
    runtime::WaitList ready_;                            // whose wait is over for another reason
    std::uint64_t sweep_due_nanos_ = ~std::uint64_t{0};  // when the first wait has lasted long enough
    asio::steady_timer sweep_timer_;

    std::atomic<bool> active_{false};  // somebody watches here; written by our thread
    std::mutex mutex_;
    std::vector<std::shared_ptr<const Changes>> pending_;  // guarded by mutex_; merged beyond pending_max
    bool posted_ = false;                                  // guarded by mutex_
};

}  // namespace ark::reference
