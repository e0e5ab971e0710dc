#pragma once
#include "net/http.hpp"

#include <atomic>
#include <bit>
#include <cstddef>
#include <utility>

namespace ark::receive {

/// Bytes of request bodies that may be in memory at once, over all connections. Thread-safe. At the limit requests are
/// refused (503, retryable) rather than queued: the sender has the better queue.
class ByteBudget {
public:
    explicit ByteBudget(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// Holds bytes until it is destroyed; grows with the body that it was taken for.
    class Hold final : public net::BodyGrowth {
    public:
        Hold() = default;
        Hold(ByteBudget& budget, std::size_t bytes) : budget_(&budget), bytes_(bytes) {}
        Hold(Hold&& other) noexcept : budget_(std::exchange(other.budget_, nullptr)), bytes_(other.bytes_) {}
        Hold& operator=(Hold&& other) noexcept {
            release();
            budget_ = std::exchange(other.budget_, nullptr);
            bytes_ = other.bytes_;
            return *this;
        }
        ~Hold() { release(); }
        explicit operator bool() const { return budget_ != nullptr; }
        /// Holds at least `bytes` from now on, in steps of powers of two. False: the budget has no more; what was held
        /// stays held.
        bool raise_to(std::size_t bytes) {
            if (bytes <= bytes_) return true;
            const std::size_t raised = std::bit_ceil(bytes);
            if (budget_ == nullptr || !budget_->take(raised - bytes_, bytes_)) return false;
            bytes_ = raised;
            return true;
        }
        bool grow_to(std::size_t bytes) override { return raise_to(bytes); }

    private:
        void release() {
            if (budget_ != nullptr) budget_->used_.fetch_sub(bytes_, std::memory_order_relaxed);
            budget_ = nullptr;
        }
        ByteBudget* budget_ = nullptr;
        std::size_t bytes_ = 0;
    };

    /// An empty Hold when the budget is used up. A single body larger than the whole budget is let in when nothing else
    /// is.
    Hold try_take(std::size_t bytes) {
        if (!take(bytes, 0)) return {};
        return {*this, bytes};
    }
    std::size_t used() const { return used_.load(std::memory_order_relaxed); }

private:
    /// `own`: what the taker holds already; when nobody else holds anything it is let in.
    bool take(std::size_t bytes, std::size_t own) {
        auto used = used_.load(std::memory_order_relaxed);
        do {
            if (used != own && used + bytes > bytes_max_) return false;
        } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
        return true;
    }

    const std::size_t bytes_max_;
    std::atomic<std::size_t> used_ = 0;
};

}  // namespace ark::receive
