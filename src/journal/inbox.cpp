#include "journal/inbox.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace ark::journal {
namespace {

// A group this large costs little more an append, however many more it holds.
constexpr std::size_t gather_records = 64;
constexpr std::uint64_t gather_bytes = 512u << 10;

}  // namespace

bool Inbox::push(Waiting& waiting) {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (refusal_) {
        refuse_locked(waiting, *refusal_);
    } else if (!waiting.refusal) {
        const auto bytes = waiting.batch->bytes();
        // An empty queue admits anything, or a large batch could never enter.
        if (bytes_ != 0 && bytes_ + bytes > bytes_max_) {
            refuse_locked(waiting, fail(Errc::overloaded, fmt::format("{} bytes wait for the journal", bytes_)));
        } else {
            bytes_ += bytes;
        }
    }
    queue_.push_back(std::move(waiting));
    if (!gathering_ || worth_a_sync_locked()) arrived_.notify_one();
    return true;
}

void Inbox::refuse_locked(Waiting& waiting, const Error& error) {
    waiting.batch.reset();
    waiting.record_bytes = 0;
    waiting.refusal = error;
}

/// What the writer took before is done with: bytes_ are those of the queue.
bool Inbox::worth_a_sync_locked() const {
    return queue_.size() >= enough_ || bytes_ >= gather_bytes;
}

std::vector<Waiting> Inbox::take(std::uint64_t group_bytes_max,
                                 std::optional<std::chrono::steady_clock::time_point> deadline,
                                 std::optional<std::chrono::steady_clock::time_point> gather_until) {
    std::vector<Waiting> taken;
    std::unique_lock lock(mutex_);
    bytes_ -= taken_bytes_;  // the writer is done with the group before
    taken_bytes_ = 0;
    enough_ = std::min(gather_records, queue_.size() + taken_);
    const auto ready = [this] { return !queue_.empty() || closed_; };
    if (deadline) {
        arrived_.wait_until(lock, *deadline, ready);
    } else {
        arrived_.wait(lock, ready);
    }
    if (gather_until && !queue_.empty()) {
        gathering_ = true;
        arrived_.wait_until(lock, *gather_until, [this] { return worth_a_sync_locked() || closed_; });
        gathering_ = false;
    }
    std::uint64_t group_bytes = 0;
    while (!queue_.empty()) {
        auto& next = queue_.front();
        if (!taken.empty() && group_bytes + next.record_bytes > group_bytes_max) break;
        group_bytes += next.record_bytes;
        if (next.batch) taken_bytes_ += next.batch->bytes();
        taken.push_back(std::move(next));
        queue_.pop_front();
    }
    taken_ = taken.size();
    return taken;
}

void Inbox::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    arrived_.notify_one();
}

bool Inbox::closed_and_empty() const {
    const std::lock_guard lock(mutex_);
    return closed_ && queue_.empty();
}

std::uint64_t Inbox::pending_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void Inbox::refuse_all(const Error& error) {
    const std::lock_guard lock(mutex_);
    refusal_ = error;
    for (auto& waiting : queue_) {
        if (waiting.refusal) continue;
        bytes_ -= waiting.batch->bytes();
        refuse_locked(waiting, error);
    }
}

}  // namespace ark::journal
