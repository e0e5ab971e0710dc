#include "journal/inbox.hpp"

#include <utility>

#include <fmt/format.h>

namespace ark::journal {

bool Inbox::push(Waiting& waiting) {
    std::unique_lock lock(mutex_);
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
    const bool wake = std::exchange(writer_waits_, false);
    lock.unlock();  // or the writer would wake up to wait for it
    if (wake) arrived_.notify_one();
    return true;
}

void Inbox::refuse_locked(Waiting& waiting, const Error& error) {
    waiting.batch.reset();
    waiting.record_bytes = 0;
    waiting.refusal = error;
}

std::vector<Waiting> Inbox::take(std::uint64_t group_bytes_max,
                                 std::optional<std::chrono::steady_clock::time_point> deadline) {
    std::vector<Waiting> taken;
    std::unique_lock lock(mutex_);
    bytes_ -= taken_bytes_;  // the writer is done with the group before
    taken_bytes_ = 0;
    const auto ready = [this] {
        const bool come = !queue_.empty() || closed_;
        writer_waits_ = !come;
        return come;
    };
    if (deadline) {
        arrived_.wait_until(lock, *deadline, ready);
    } else {
        arrived_.wait(lock, ready);
    }
    writer_waits_ = false;
    std::uint64_t group_bytes = 0;
    while (!queue_.empty()) {
        auto& next = queue_.front();
        if (!taken.empty() && group_bytes + next.record_bytes > group_bytes_max) break;
        group_bytes += next.record_bytes;
        if (next.batch) taken_bytes_ += next.batch->bytes();
        taken.push_back(std::move(next));
        queue_.pop_front();
    }
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
