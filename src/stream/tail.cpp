#include "stream/tail.hpp"

#include "stream/frames.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

namespace ark::stream {
namespace {

constexpr std::size_t pump_bytes = 1u << 20;         // of journal in one go: ~2 ms, then others get the thread
constexpr double memory_bytes = 8.0 * (1u << 20);    // so near its end the journal has its batches in memory
constexpr std::size_t touched_rows_max = 64u << 10;  // then the tail waits for the row round; the journal is the buffer
constexpr std::size_t wakes_max = 256;               // coroutines resumed in one go: ~1.5 ms of sends
constexpr std::size_t rings_factor = 16;             // all rings of a thread, in ring_bytes
constexpr std::size_t crowded_ring_bytes = 64u << 10;      // what a ring keeps when all together are too big
constexpr std::uint64_t row_interval_nanos = 200'000'000;  // rows conflate: with a tick, at most 300 ms late
constexpr std::uint64_t tick_millis = 1'000'000;

std::uint64_t sweep_nanos(const StreamConfig& config) {
    const auto shortest = std::min(config.heartbeat, config.sync_every).count();
    return static_cast<std::uint64_t>(std::clamp<std::int64_t>(shortest / 4, 5, 1000)) * tick_millis;
}

std::chrono::nanoseconds tick_of(const StreamConfig& config) {
    return std::chrono::nanoseconds(std::min<std::uint64_t>(sweep_nanos(config), 100 * tick_millis));
}

}  // namespace

Tail::Tail(std::shared_ptr<Services> services, asio::io_context& context)
    : services_(std::move(services)),
      context_(context),
      epoch_(services_->journal.epoch()),
      open_(services_->correlation, epoch_),
      timer_(context) {}

void Tail::signal() {
    if (active_.load() && !signalled_.exchange(true)) post_pump();
}

void Tail::stop() {
    asio::post(context_, [self = shared_from_this()] {
        self->stopping_ = true;
        for (const auto& [key, group] : self->groups_)
            self->ready_.take_all(group->waiting);
        self->ready_.take_all(self->ahead_);
        self->ready_.take_all(self->paced_);
        self->wake_ready();
    });
}

std::shared_ptr<Group> Tail::join(Selection selection) {
    if (groups_.empty()) start();
    auto& group = groups_[selection.key()];
    if (!group) {
        group = std::make_shared<Group>(std::move(selection), services_->config.ring_bytes, ring_bytes_);
        index_.add(*group);
        Counters::add(services_->counters.filters);
    }
    ++group->members;
    return group;
}

void Tail::leave(const std::shared_ptr<Group>& group) {
    if (--group->members != 0) return;
    index_.remove(*group);
    row_groups_.erase(std::remove(row_groups_.begin(), row_groups_.end(), group), row_groups_.end());
    groups_.erase(group->selection->key());
    Counters::subtract(services_->counters.filters);
    if (groups_.empty()) halt();
}

void Tail::start() {
    active_ = true;  // before we ask where the fold is: what is folded from now on signals
    position_ = services_->correlation.folded();
    reader_ = services_->journal.reader(position_);
    arm(++timer_generation_);
}

void Tail::halt() {
    active_ = false;
    reader_.reset();
    held_.reset();
    reading_ = false;
    touched_rows_ = 0;
    ++timer_generation_;
    timer_.cancel();
}

void Tail::wake(Waiter& waiter) {
    if (!waiter.waiting()) return;
    ready_.push_back(waiter);
    asio::post(context_, [self = shared_from_this()] { self->wake_ready(); });
}

std::shared_ptr<const std::string> Tail::sync_frame() {
    const auto end = std::max(services_->journal.end(), position_);
    if (!sync_ || sync_end_ != end || sync_position_ != position_) {
        std::string frame;
        append_sync(frame, Cursor{epoch_, position_}, end - position_);
        sync_ = std::make_shared<const std::string>(std::move(frame));
        sync_end_ = end;
        sync_position_ = position_;
    }
    return sync_;
}

void Tail::abandon() {
    for (const auto& [key, group] : std::unordered_map(groups_))
        ready_.take_all(group->waiting);
    ready_.take_all(ahead_);
    ready_.take_all(paced_);
    while (auto* waiter = ready_.pop_front())
        waiter->destroy_coroutine();
}

void Tail::arm(std::uint64_t generation) {
    timer_.expires_after(tick_of(services_->config));
    timer_.async_wait([self = shared_from_this(), generation](const boost::system::error_code& error) {
        if (error || generation != self->timer_generation_) return;
        self->tick();
        if (generation == self->timer_generation_) self->arm(generation);
    });
}

void Tail::tick() {
    const auto now = services_->clock.monotonic_nanos();
    if (now >= sweep_due_nanos_) {
        sweep_due_nanos_ = now + sweep_nanos(services_->config);
        for (const auto& [key, group] : groups_) {
            ready_.take_due(group->waiting, now);
            group->ring.release_if_idle();
        }
        ready_.take_due(ahead_, now);
    }
    ready_.take_due(paced_, now);
    pump();  // also what a failed read waits for
}

void Tail::post_pump() {
    asio::post(context_, [self = shared_from_this()] {
        self->signalled_ = false;  // before pump() asks for folded(): a later fold posts again
        self->pump();
    });
}

void Tail::pump() {
    if (!active_) return wake_ready();
    if (!has_readers()) skip_to_fold();
    std::size_t budget = pump_bytes;
    while (!reading_ && touched_rows_ < touched_rows_max) {
        const auto folded = services_->correlation.folded();
        if (position_ >= folded || !obtain() || held_->end() > folded) break;
        const auto cost = held_->payload().size();
        deliver(*held_);
        position_ = held_->end();
        held_.reset();
        moved_ = true;
        if (cost >= budget) {
            if (!signalled_.exchange(true)) post_pump();
            break;
        }
        budget -= cost;
    }
    if (has_readers()) services_->correlation.hurry_behind(position_);
    finish_pass();
}

bool Tail::has_readers() const {
    return std::any_of(groups_.begin(), groups_.end(), [](const auto& its) { return its.second->ring.readers() > 0; });
}

/// Whoever joins a ring reads the journal up to where we are then. Subscribers whose cursors are ahead of the views, as
/// after a crash they all are, would else wait until everything was encoded for nobody.
void Tail::skip_to_fold() {
    const auto folded = services_->correlation.folded();
    if (position_ >= folded) return;
    position_ = folded;
    held_.reset();
    reading_ = false;  // what the pool still reads is of a reader that we have no more
    reader_ = services_->journal.reader(position_);
    moved_ = true;
}

/// Makes held_ the batch at position_; false: not now.
bool Tail::obtain() {
    if (held_) return true;
    if (in_memory()) return take(reader_->next());
    read_on_pool();
    return false;
}

/// A guess: when it is wrong, the net thread waits for one read from disk.
bool Tail::in_memory() const {
    const auto end = services_->journal.end();
    return end <= position_ || static_cast<double>(end - position_) * item_bytes_ <= memory_bytes;
}

void Tail::read_on_pool() {
    reading_ = true;
    services_->work.post([self = shared_from_this(), reader = reader_] {
        auto batch = std::make_shared<Result<model::BatchPtr>>(reader->next());
        asio::post(self->context_, [self, reader, batch] {
            if (reader != self->reader_) return;  // halted meanwhile
            self->reading_ = false;
            if (self->take(std::move(*batch))) self->pump();
        });
    });
}

bool Tail::take(Result<model::BatchPtr> batch) {
    if (batch) {
        held_ = std::move(*batch);
        return held_ != nullptr;
    }
    if (batch.error().code == Errc::expired) {
        skip_expired();
    } else if (read_failures_++ % 600 == 0) {  // a minute of ticks
        telemetry::log(telemetry::LogLevel::error, "stream", "the journal cannot be read; trying again",
                       {{"offset", position_.value()}, {"error", batch.error().message()}});
    }
    return false;
}

/// The fold was so slow that retention passed it: everybody is told.
void Tail::skip_expired() {
    const auto begin = std::max(services_->journal.begin(), position_ + 1);
    Gap gap;
    gap.from = Cursor{epoch_, position_};
    gap.to = Cursor{epoch_, begin};
    std::string frame;
    append_gap(frame, gap);
    position_ = begin;
    reader_->seek(begin);
    for (const auto& [key, group] : groups_) {
        group->ring.append(frame, 1, begin);
        mark_dirty(*group);
        Counters::add(services_->counters.gaps);
    }
    moved_ = true;
}

void Tail::deliver(const model::Batch& batch) {
    const auto& header = batch.header();
    if (header.item_count != 0) {
        item_bytes_ += 0.125 * (static_cast<double>(batch.bytes()) / header.item_count - item_bytes_);
    }
    const auto* tenant = index_.tenant(header.tenant);
    if (tenant == nullptr) return;
    const auto visit = [&](const items::Item& item) {
        if (item.offset >= position_) {
            open_.open(header.tenant, item);
            deliver_item(*tenant, item);
        }
        return true;
    };
    const auto status = items::for_each_item(batch, visit);
    if (!status) {
        telemetry::log(telemetry::LogLevel::error, "stream", "a stored batch cannot be opened",
                       {{"offset", batch.base().value()}, {"error", status.error().message()}});
    }
}

void Tail::deliver_item(const GroupIndex::Tenant& tenant, const items::Item& item) {
    candidates_.clear();
    tenant.find(open_, candidates_);
    Wanted made;  // what frames_ holds
    auto made_detail = items::Detail::lite;
    std::uint32_t count = 0;
    for (auto* group : candidates_) {
        const auto& selection = *group->selection;
        const auto wanted = open_.match(selection);
        if (wanted.parts != 0) {
            if (wanted.parts != made.parts || selection.detail != made_detail) {
                frames_.clear();
                count = open_.append_frames(frames_, wanted.parts, selection.detail);
                made = wanted;
                made_detail = selection.detail;
            }
            group->ring.append(frames_, count, item.offset + 1);
            if (ring_bytes_ > rings_factor * services_->config.ring_bytes) group->ring.shrink_to(crowded_ring_bytes);
            mark_dirty(*group);
        }
        if (!wanted.rows) continue;
        const auto before = group->touched.size();
        touch_rows(group->touched, selection.topics, open_);
        touched_rows_ += group->touched.size() - before;
        if (!std::exchange(group->wants_rows, true)) row_groups_.push_back(group->shared_from_this());
    }
}

void Tail::mark_dirty(Group& group) {
    if (!std::exchange(group.dirty, true)) dirty_.push_back(&group);
}

/// Beyond this point coroutines run, and groups may come and go.
void Tail::finish_pass() {
    for (auto* group : dirty_) {
        group->dirty = false;
        ready_.take_all(group->waiting);
    }
    dirty_.clear();
    if (std::exchange(moved_, false)) ready_.take_all(ahead_);
    fetch_rows();
    wake_ready();
}

void Tail::fetch_rows() {
    if (fetching_rows_ || row_groups_.empty()) return;
    const auto now = services_->clock.monotonic_nanos();
    if (now < rows_due_nanos_) return;
    auto round = std::make_shared<RowRound>();
    touched_rows_ = 0;
    std::vector<std::shared_ptr<Group>> left;
    for (auto& group : row_groups_) {
        round->take(group);
        touched_rows_ += group->touched.size();
        group->wants_rows = !group->touched.empty();
        if (group->wants_rows) left.push_back(std::move(group));
    }
    row_groups_ = std::move(left);
    // What did not fit goes at once after this round; otherwise rows conflate for a while.
    rows_due_nanos_ = row_groups_.empty() ? now + row_interval_nanos : now;
    fetching_rows_ = true;
    services_->work.post([self = shared_from_this(), round] {
        round->fetch(*self->services_);
        asio::post(self->context_, [self, round] { self->take_rows(*round); });
    });
}

void Tail::take_rows(const RowRound& round) {
    fetching_rows_ = false;
    for (const auto& wanted : round.wanted()) {
        const auto group = wanted.group.lock();
        if (!group || group->members == 0) continue;
        for (const auto row : wanted.rows) {
            const auto& frame = round.frames()[row];
            group->ring.append(frame, frame.empty() ? 0 : 1, position_);
        }
        mark_dirty(*group);
    }
    pump();
}

void Tail::wake_ready() {
    if (waking_) return;
    waking_ = true;
    for (std::size_t woken = 0; woken < wakes_max; ++woken) {
        auto* waiter = ready_.pop_front();
        if (waiter == nullptr) break;
        waiter->resume();
    }
    waking_ = false;
    if (!ready_.empty()) asio::post(context_, [self = shared_from_this()] { self->wake_ready(); });
}

}  // namespace ark::stream
