#include "reference/live.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace ark::reference {
namespace {

constexpr std::size_t pending_max =
    64;  // commits that a busy net thread has not looked at: beyond, all may have changed

// Of a batch that is kept from one read of a group to the next.
constexpr std::size_t batch_bytes_max = 1u << 20;

// Woken at once, a thousand readers would be a queue that a request waits through at each of its steps.
constexpr std::size_t woken_at_once = 16;

// A write to a socket costs some microseconds of the thread: many readers are served less often, with more at a time,
// so that at most a third of it goes to a group. No reader waits longer than the upper bound for it.
constexpr std::uint64_t pauses_a_round = 2;
constexpr std::uint64_t pause_nanos_max = 8'000'000;

}  // namespace

Reads LiveServices::reads(const std::string& tenant, std::shared_ptr<journal::Batches> batches) const {
    return {*fold.kv(), journal, tenant, clock.now().value() / 1'000'000, std::move(batches)};
}

Hub::Hub(std::shared_ptr<LiveServices> services, asio::io_context& context)
    : services_(std::move(services)), context_(context) {}

void Hub::changed(const std::shared_ptr<const Changes>& changes) {
    if (!active_.load()) return;
    {
        const std::lock_guard lock(mutex_);
        if (pending_.size() < pending_max) {
            pending_.push_back(changes);
        } else {
            pending_.assign(1, nullptr);
        }
        if (std::exchange(posted_, true)) return;
    }
    asio::post(context_, [self = shared_from_this()] { self->take_changes(); });
}

void Hub::stop() {
    asio::post(context_, [self = shared_from_this()] {
        self->stopping_ = true;
        for (const auto& [key, group] : self->groups_)
            self->wake(group);
    });
}

void Hub::take_changes() {
    std::vector<std::shared_ptr<const Changes>> pending;
    {
        const std::lock_guard lock(mutex_);
        pending.swap(pending_);
        posted_ = false;
    }
    if (stopping_) return;
    if (std::find(pending.begin(), pending.end(), nullptr) != pending.end()) {
        for (const auto& [key, group] : groups_)
            read_soon(group);
        return;
    }
    for (const auto& changes : pending) {
        for (const auto& change : *changes) {
            const auto [begin, end] = by_change_.equal_range(change);
            for (auto its = begin; its != end; ++its)
                read_soon(its->second);
        }
    }
}

std::shared_ptr<Group> Hub::join(Subject subject, Position at) {
    auto& group = groups_[subject.key()];
    if (!group) {
        group = std::make_shared<Group>();
        group->change = subject.change();
        group->subject = std::move(subject);
        group->at = group->taken = at;
        by_change_.emplace(group->change, group);
        ++services_->groups;
    }
    ++group->members;
    active_.store(true);
    services_->fold.add_watcher();
    // What was committed between the look at the store and this moment was told to nobody.
    read_soon(group);
    return group;
}

void Hub::leave(const std::shared_ptr<Group>& group) {
    services_->fold.remove_watcher();
    if (--group->members > 0) return;
    const auto [begin, end] = by_change_.equal_range(group->change);
    by_change_.erase(std::find_if(begin, end, [&](const auto& entry) { return entry.second == group; }));
    while (!group->blocks.empty())
        forget_oldest(*group);
    --services_->groups;
    groups_.erase(group->subject.key());
    active_.store(!groups_.empty());
}

void Hub::read_soon(const std::shared_ptr<Group>& group) {
    group->dirty = true;
    if (group->reading || !group->called.empty() || group->taken < group->at || stopping_) return;
    const auto now = services_->clock.monotonic_nanos();
    if (now >= group->due_nanos) return read(group);
    if (group->timer) return;  // it will come
    group->timer = std::make_unique<asio::steady_timer>(context_);
    group->timer->expires_after(std::chrono::nanoseconds(group->due_nanos - now));
    group->timer->async_wait([self = shared_from_this(), group](const boost::system::error_code&) {
        group->timer.reset();
        if (group->members > 0 && !group->reading && !self->stopping_) self->read(group);
    });
}

void Hub::read(const std::shared_ptr<Group>& group) {
    group->reading = true;
    group->dirty = false;
    if (!group->batches) group->batches = std::make_shared<journal::Batches>(services_->journal);
    services_->work.post([self = shared_from_this(), group, at = group->at, batches = group->batches] {
        // The subject never changes: any thread may look at it.
        const auto& services = *self->services_;
        auto block = read_block(services.reads(group->subject.tenant, batches), services.views, group->subject, at);
        asio::post(self->context_,
                   [self, group, block = std::move(block)]() mutable { self->take(group, std::move(block)); });
    });
}

void Hub::take(const std::shared_ptr<Group>& group, Result<std::shared_ptr<const Block>> block) {
    group->reading = false;
    if (!block || !(*block)->more() || group->batches->bytes() > batch_bytes_max) group->batches.reset();
    if (group->members == 0) return;
    if (!block) {
        group->status = block.error();
        return wake(group);
    }
    const bool more = (*block)->more();
    group->status = ok();
    if ((*block)->until() > group->at) keep(group, std::move(*block));
    if (more || group->dirty) read_soon(group);
}

void Hub::keep(const std::shared_ptr<Group>& group, std::shared_ptr<const Block> block) {
    // Behind a purge nothing that came before is of use.
    while (!group->blocks.empty() && block->behind() != group->at)
        forget_oldest(*group);
    const bool news = !block->empty();
    if (!news && group->taken == group->at) group->taken = block->until();
    group->at = block->until();
    group->bytes += block->bytes();
    services_->bytes += block->bytes();
    group->blocks.push_back(std::move(block));
    while (group->blocks.size() > 1 && group->bytes > services_->group_bytes)
        forget_oldest(*group);
    if (news) wake(group);
}

void Hub::taken(const std::shared_ptr<Group>& group, Position at) {
    if (at <= group->taken) return;
    group->taken = at;
    if (group->dirty) read_soon(group);
}

void Hub::forget_oldest(Group& group) {
    const auto bytes = group.blocks.front()->bytes();
    group.bytes -= bytes;
    services_->bytes -= bytes;
    group.blocks.pop_front();
}

void Hub::wake(const std::shared_ptr<Group>& group) {
    const bool under_way = !group->called.empty();
    if (!under_way) group->round_nanos = services_->clock.monotonic_nanos();
    // Who is woken may come back to wait at once.
    const auto waiting = std::exchange(group->waiting, {});
    group->called.insert(group->called.end(), waiting.begin(), waiting.end());
    if (!under_way) wake_some(group);
}

void Hub::wake_some(const std::shared_ptr<Group>& group) {
    for (std::size_t i = 0; i < woken_at_once && !group->called.empty(); ++i) {
        auto* who = group->called.front();
        group->called.pop_front();
        who->wake();
    }
    const auto go_on = [self = shared_from_this(), group] {
        if (!group->called.empty()) return self->wake_some(group);
        self->end_round(group);
    };
    asio::post(context_, go_on);
}

/// Everybody was woken, and most have written.
void Hub::end_round(const std::shared_ptr<Group>& group) {
    if (group->members == 0) return;
    const auto now = services_->clock.monotonic_nanos();
    group->due_nanos = now + std::min(pauses_a_round * (now - group->round_nanos), pause_nanos_max);
    if (group->dirty) read_soon(group);
}

}  // namespace ark::reference
