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

// What a group that is behind reads at once, and sends, while all groups' blocks are not too much: on a busy machine
// the way from a read to the next, over the net thread and back, takes longer than the read.
constexpr std::size_t block_bytes_behind = 4 * block_bytes;
constexpr std::uint64_t ahead_bytes_max = 64u << 20;
// Who stands still within a block keeps it: large ones are for few.
constexpr std::uint32_t members_of_large_max = 4;

// Watchers that have a turn together: a send to a socket takes 6 to 10 µs, so 0.1 to 0.2 ms, and then whatever else the
// thread has to do.
constexpr std::size_t turn_watchers = 16;

// Turns come at such a pace that all watchers of the thread are served within a lap. A few would not need that long:
// no rest is longer than two turns, and less if the turn was not full. Many may need longer: the lap grows, since no
// rest is shorter than half a turn.
constexpr std::uint64_t lap_nanos = 10'000'000;
constexpr std::uint64_t rest_turns_max = 2;
constexpr std::uint64_t turns_a_rest_max = 2;
constexpr std::uint64_t rest_min_nanos = 100'000;    // no reason for more: the turn was interrupted
constexpr std::uint64_t late_max_nanos = 2'000'000;  // that is made up for by shorter rests

// Waits that end at about the same time end together.
constexpr std::uint64_t sweep_pause_nanos = 20'000'000;

using Steady = std::chrono::steady_clock;

std::uint64_t nanos_of(Steady::time_point time) {
    return static_cast<std::uint64_t>(
        std::max<std::int64_t>(0, std::chrono::nanoseconds(time.time_since_epoch()).count()));
}

}  // namespace

Reads LiveServices::reads(const std::string& tenant, std::shared_ptr<journal::Batches> batches) const {
    return {*fold.kv(), journal, tenant, clock.now().value() / 1'000'000, std::move(batches)};
}

Hub::Hub(std::shared_ptr<LiveServices> services, asio::io_context& context)
    : services_(std::move(services)), context_(context), turn_timer_(context), sweep_timer_(context) {}

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
            self->ready_.take_all(group->waiting);
        self->turn_timer_.cancel();
        self->sweep_timer_.cancel();
        self->resume_ready();
    });
}

void Hub::abandon() {
    abandoned_ = true;
    for (const auto& [key, group] : groups_)
        ready_.take_all(group->waiting);
    while (auto* seat = ready_.pop_front())
        seat->destroy_coroutine();
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
        for (const auto& change : changes->keys()) {
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
        group->at = group->before = group->taken = at;
        by_change_.emplace(group->change, group);
        ++services_->groups;
    }
    ++group->members;
    ++members_;
    active_.store(true);
    services_->fold.add_watcher(group->change);
    // What was committed between the look at the store and this moment was told to nobody.
    read_soon(group);
    return group;
}

void Hub::leave(const std::shared_ptr<Group>& group) {
    // Frames that were abandoned are freed with their io_context, when the fold has gone.
    if (!abandoned_) services_->fold.remove_watcher(group->change);
    --members_;
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
    if (!group->reading && group->taken >= group->before && !stopping_) read(group);
}

void Hub::read(const std::shared_ptr<Group>& group) {
    group->reading = true;
    group->dirty = false;
    if (!group->batches) group->batches = std::make_shared<journal::Batches>(services_->journal);
    const bool much = group->behind && group->members <= members_of_large_max && services_->bytes < ahead_bytes_max;
    const auto bytes = much ? block_bytes_behind : block_bytes;
    services_->work.post([self = shared_from_this(), group, at = group->at, batches = group->batches, bytes] {
        // The subject never changes: any thread may look at it.
        const auto& services = *self->services_;
        auto block =
            read_block(services.reads(group->subject.tenant, batches), services.views, group->subject, at, bytes);
        asio::post(self->context_,
                   [self, group, block = std::move(block)]() mutable { self->take(group, std::move(block)); });
    });
}

void Hub::take(const std::shared_ptr<Group>& group, Result<std::shared_ptr<const Block>> block) {
    group->reading = false;
    group->behind = block && (*block)->more();
    if (!group->behind || group->batches->bytes() > batch_bytes_max) group->batches.reset();
    if (group->members == 0) return;
    if (!block) {
        group->status = block.error();
        return call(group);
    }
    group->status = ok();
    if ((*block)->until() > group->at) keep(group, std::move(*block));
    if (group->behind || group->dirty) read_soon(group);
}

void Hub::keep(const std::shared_ptr<Group>& group, std::shared_ptr<const Block> block) {
    // Behind a purge nothing that came before is of use.
    while (!group->blocks.empty() && block->behind() != group->at)
        forget_oldest(*group);
    const bool news = !block->empty();
    if (!news && group->taken == group->at) group->taken = block->until();
    group->before = group->at;
    group->at = block->until();
    put(*group, std::move(block));
    while (group->bytes > services_->group_bytes && group->blocks.front()->until() <= group->taken)
        forget_oldest(*group);
    if (news) call(group);
}

/// Adds it to what is kept. Small ones are put together, so that whoever comes seldom finds one piece.
void Hub::put(Group& group, std::shared_ptr<const Block> block) {
    if (group.open && group.open->append(*block)) return;
    const auto room = group.open ? 2 * group.open->room() : 0;
    group.open = Block::with_room_for(*block, room);
    if (group.open) block = group.open;
    group.bytes += block->bytes();
    services_->bytes += block->bytes();
    group.blocks.push_back(std::move(block));
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
    if (group.blocks.empty()) group.open.reset();
}

/// Everybody who waits has something to come.
void Hub::call(const std::shared_ptr<Group>& group) {
    ++group->round;
    if (!std::exchange(group->queued, true)) turns_.push_back(group);
    next_turn();
}

void Hub::next_turn() {
    if (turns_.empty() || turn_comes_ || stopping_) return;
    turn_comes_ = true;
    const auto now = services_->clock.monotonic_nanos();
    if (now >= rested_nanos_) return asio::post(context_, [self = shared_from_this()] { self->turn(); });
    turn_timer_.expires_after(std::chrono::nanoseconds(rested_nanos_ - now));
    turn_timer_.async_wait([self = shared_from_this()](const boost::system::error_code&) { self->turn(); });
}

void Hub::turn() {
    const auto begun = services_->clock.monotonic_nanos();
    std::size_t served = 0;
    while (served < turn_watchers && serve_one())
        ++served;
    if (turns_.size() > 1) {
        turns_.push_back(std::move(turns_.front()));
        turns_.pop_front();
    }
    const auto now = services_->clock.monotonic_nanos();
    const auto took = now - begun;
    const auto due = std::max(due_nanos_ + late_max_nanos, begun) - late_max_nanos;
    due_nanos_ = due + served * lap_nanos / std::max<std::size_t>(members_, 1);
    const auto rest_min = std::min(took / turns_a_rest_max, rest_min_nanos);
    const auto rest_max = rest_turns_max * took * served / turn_watchers;
    rested_nanos_ = std::clamp(due_nanos_, now + std::min(rest_min, rest_max), now + rest_max);
    turn_comes_ = false;
    next_turn();
}

/// False: there is nobody to serve.
bool Hub::serve_one() {
    while (!turns_.empty() && !stopping_) {
        if (auto* seat = turns_.front()->owed()) {
            seat->resume();
            return true;
        }
        turns_.front()->queued = false;
        turns_.pop_front();
    }
    return false;
}

awaitable<void> Hub::wait(Group& group, Seat& seat, Steady::time_point until) {
    seat.round = group.round;
    const auto due = nanos_of(until);
    if (due < sweep_due_nanos_) sweep_at(due);
    return seat.wait(group.waiting, due);
}

void Hub::wake(Seat& seat) {
    if (!seat.waiting()) return;
    ready_.push_back(seat);
    asio::post(context_, [self = shared_from_this()] { self->resume_ready(); });
}

void Hub::resume_ready() {
    while (auto* seat = ready_.pop_front())
        seat->resume();
}

void Hub::sweep_at(std::uint64_t nanos) {
    sweep_due_nanos_ = nanos;
    sweep_timer_.expires_at(Steady::time_point(std::chrono::nanoseconds(nanos)));
    sweep_timer_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->sweep();
    });
}

/// Ends the waits that have lasted long enough.
void Hub::sweep() {
    const auto now = nanos_of(Steady::now());
    sweep_due_nanos_ = ~std::uint64_t{0};
    auto next = sweep_due_nanos_;
    for (const auto& [key, group] : groups_)
        next = std::min(next, ready_.take_due(group->waiting, now));
    if (next < sweep_due_nanos_) sweep_at(std::max(next, now + sweep_pause_nanos));
    resume_ready();
}

}  // namespace ark::reference
