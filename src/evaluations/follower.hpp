#pragma once
#include "evaluations/index.hpp"
#include "evaluations/live.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace ark::evaluations {

/// The thread of evaluations: follows the journal for the index, and runs what is live.
class Follower {
public:
    /// All outlive us.
    Follower(Index& index, Live& live, const RunnerDeps& deps) : index_(index), live_(live), deps_(deps) {}
    ~Follower() { stop(); }

    void start();
    void stop();  ///< idempotent; blocks until what runs has ended
    /// Something was added to `live`. Any thread.
    void wake();

private:
    void run();
    void catch_up(journal::Reader& reader);
    void resume_live();
    void resume(const Row& row);
    void sleep(std::optional<std::chrono::nanoseconds> at_most);
    bool stopping() const;

    Index& index_;
    Live& live_;
    const RunnerDeps deps_;
    std::shared_ptr<void> end_token_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = false;     // guarded by mutex_
    bool stopping_ = false;  // guarded by mutex_
    std::thread thread_;
};

/// The record at an offset; nothing when there is none of ours. expired: retention took it. May block on disk.
Result<std::optional<Record>> record_at(journal::Journal& journal, Offset offset);

}  // namespace ark::evaluations
