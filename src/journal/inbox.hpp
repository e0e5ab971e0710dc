#pragma once
#include "journal/journal.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

namespace ark::journal {

/// A batch that waits for the writer, or, with `refusal`, one that was refused and whose sender still waits to hear it.
struct Waiting {
    std::shared_ptr<model::Batch> batch;
    AppendDone done;
    std::uint64_t payload_checksum = 0;
    std::uint64_t record_bytes = 0;
    std::optional<Error> refusal;
};

/// The bounded queue in front of the writer: many producers, one consumer. Bounded in bytes; a refusal is remembered
/// without its batch, so that a flood of them costs what the waiting senders cost anyway.
class Inbox {
public:
    explicit Inbox(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

    /// Any thread. False once closed: then `waiting` was left untouched.
    bool push(Waiting& waiting);
    /// Writer. Waits until something is there, it is closed, or `deadline` (steady clock) has come. Takes what fits
    /// into a group, at least one. Empty: the deadline passed, or closed and drained.
    std::vector<Waiting> take(std::uint64_t group_bytes_max,
                              std::optional<std::chrono::steady_clock::time_point> deadline);
    /// No more pushes; what is inside can still be taken.
    void close();
    bool closed_and_empty() const;
    std::uint64_t pending_bytes() const;

    /// From now on every push is refused with this, and everything that waits.
    void refuse_all(const Error& error);

private:
    void refuse_locked(Waiting& waiting, const Error& error);

    const std::uint64_t bytes_max_;
    mutable std::mutex mutex_;  // leaf
    std::condition_variable arrived_;
    std::deque<Waiting> queue_;  // guarded by mutex_, as all below
    std::uint64_t bytes_ = 0;    // of the queue, and of what the writer took and has not finished
    std::uint64_t taken_bytes_ = 0;
    std::optional<Error> refusal_;
    bool writer_waits_ = false;  // and nobody has woken it yet
    bool closed_ = false;
};

}  // namespace ark::journal
