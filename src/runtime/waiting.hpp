#pragma once
#include "runtime/asio.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

/// Suspended coroutines in lists: a condition without a timer and without an allocation for each that waits. One
/// thread.
namespace ark::runtime {

/// A link of a WaitList. Leaves its list when it is destroyed.
class WaitLink {
public:
    WaitLink() = default;
    WaitLink(const WaitLink&) = delete;
    WaitLink& operator=(const WaitLink&) = delete;
    ~WaitLink() { unlink(); }

    bool linked() const { return next_ != this; }
    void unlink() {
        previous_->next_ = next_;
        next_->previous_ = previous_;
        previous_ = next_ = this;
    }

private:
    friend class WaitList;
    WaitLink* previous_ = this;
    WaitLink* next_ = this;
};

class WaitList;

/// One coroutine's place to wait; a member of what the coroutine owns.
class Waiter : public WaitLink {
public:
    Waiter() = default;
    ~Waiter() { drop(); }

    /// Suspends the calling coroutine in the list until resume(). At `due_nanos` (monotonic) a sweep will wake it at
    /// the latest.
    awaitable<void> wait(WaitList& list, std::uint64_t due_nanos);
    bool waiting() const { return ops_ != nullptr; }
    std::uint64_t due_nanos() const { return due_nanos_; }
    /// Leaves the list and runs the coroutine, here and now, until it waits again or ends: *this may be gone
    /// afterwards.
    void resume();
    /// Destroys the suspended coroutine (and with it, most likely, *this): only when its thread has ended.
    void destroy_coroutine();

private:
    struct Ops {
        void (*run)(std::byte* storage);   ///< moves the handler out, then calls it
        void (*drop)(std::byte* storage);  ///< moves the handler out, then destroys it
    };
    template <class Handler>
    static const Ops* ops_of();
    template <class Handler>
    void hold(Handler handler) {
        static_assert(sizeof(Handler) <= sizeof storage_ && alignof(Handler) <= alignof(std::max_align_t));
        ::new (static_cast<void*>(storage_)) Handler(std::move(handler));
        ops_ = ops_of<Handler>();
    }
    void drop() {
        if (const auto* ops = std::exchange(ops_, nullptr)) ops->drop(storage_);
    }

    const Ops* ops_ = nullptr;  // set while a coroutine waits
    std::uint64_t due_nanos_ = 0;
    alignas(std::max_align_t) std::byte storage_[32];  // asio's handler: it owns the suspended coroutine
};

/// Waiters in order of arrival.
class WaitList {
public:
    bool empty() const { return !head_.linked(); }
    void push_back(Waiter& waiter) {
        waiter.unlink();
        WaitLink& link = waiter;
        link.previous_ = head_.previous_;
        link.next_ = &head_;
        head_.previous_->next_ = &link;
        head_.previous_ = &link;
    }
    Waiter* pop_front() {
        if (empty()) return nullptr;
        auto* first = static_cast<Waiter*>(head_.next_);
        first->unlink();
        return first;
    }
    /// Moves all of another list behind ours.
    void take_all(WaitList& other) {
        while (auto* waiter = other.pop_front())
            push_back(*waiter);
    }
    /// Who arrived first; null when nobody waits.
    Waiter* front() const { return empty() ? nullptr : static_cast<Waiter*>(head_.next_); }
    /// Moves those that are due. When the next one of the others will be; all ones: none is left.
    std::uint64_t take_due(WaitList& other, std::uint64_t now_nanos) {
        auto next_nanos = std::numeric_limits<std::uint64_t>::max();
        for (auto* link = other.head_.next_; link != &other.head_;) {
            auto* waiter = static_cast<Waiter*>(link);
            link = link->next_;
            if (waiter->due_nanos() <= now_nanos) {
                push_back(*waiter);
            } else {
                next_nanos = std::min(next_nanos, waiter->due_nanos());
            }
        }
        return next_nanos;
    }

private:
    WaitLink head_;
};

template <class Handler>
const Waiter::Ops* Waiter::ops_of() {
    static constexpr Ops ops = {
        [](std::byte* storage) {
            auto* held = std::launder(reinterpret_cast<Handler*>(storage));
            Handler handler(std::move(*held));
            held->~Handler();
            std::move(handler)();
        },
        [](std::byte* storage) {
            auto* held = std::launder(reinterpret_cast<Handler*>(storage));
            Handler handler(std::move(*held));
            held->~Handler();
        },
    };
    return &ops;
}

inline awaitable<void> Waiter::wait(WaitList& list, std::uint64_t due_nanos) {
    due_nanos_ = due_nanos;
    list.push_back(*this);
    auto park = [this](auto handler) { hold(std::move(handler)); };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(park), asio::use_awaitable);
}

inline void Waiter::resume() {
    unlink();
    if (const auto* ops = std::exchange(ops_, nullptr)) ops->run(storage_);
}

inline void Waiter::destroy_coroutine() {
    unlink();
    drop();
}

}  // namespace ark::runtime
