#include "stream/subscriber.hpp"

#include "base/random.hpp"
#include "stream/history.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <cmath>

namespace ark::stream {
namespace {

constexpr std::uint64_t millis = 1'000'000;
constexpr std::uint64_t stuck_nanos = 250 * millis;   // a send that takes longer: its reader is behind
constexpr std::uint64_t slow_nanos = 1'000 * millis;  // a send that fails after so long: its reader was closed as slow
constexpr std::uint64_t pace_nanos = 250 * millis;    // how often a stream with a rate sends

/// Clients that were cut off together shall not come back together.
std::chrono::milliseconds jittered(std::chrono::milliseconds retry, std::uint64_t seed) {
    const auto spread = static_cast<std::uint64_t>(retry.count()) / 2 + 1;
    return retry * 3 / 4 + std::chrono::milliseconds(Random(seed).below(spread));
}

}  // namespace

Subscriber::Subscriber(Services& services, Tail& tail, net::ResponseStream& stream, StreamRequest request,
                       std::string tenant)
    : services_(services),
      tail_(tail),
      stream_(stream),
      group_(tail.join(Selection{std::move(tenant), request.topics, request.detail, std::move(request.filter)})),
      heartbeat_nanos_(static_cast<std::uint64_t>(request.heartbeat.count()) * millis),
      rate_(request.rate),
      epoch_(services.journal.epoch()),
      latest_(request.delivery == Delivery::latest),
      rows_due_(request.snapshot && request.topics.has_rows()) {
    stream_.on_close([this] { tail_.wake(waiter_); });
}

Subscriber::~Subscriber() {
    stream_.on_close({});
    if (attached_) group_->ring.leave(reader_);
    tail_.leave(group_);
}

awaitable<void> Subscriber::run(Start start) {
    auto status = co_await open(start);
    while (status && !failed_ && !leaving()) {
        if (!attached_) {
            if (offset_ > tail_.position()) {
                // A cursor may be ahead of the fold: what it has seen must not be sent again.
                co_await waiter_.wait(tail_.ahead(), heartbeat_at());
                if (now() >= heartbeat_at() && !leaving()) status = co_await send(heartbeat_frame, 0);
                continue;
            }
            attach();
        }
        if (behind_) {
            status = co_await catch_up();
        } else {
            status = co_await live();
        }
    }
    if (status) co_await part();
}

awaitable<Status> Subscriber::open(Start start) {
    std::string gap;
    auto find = [this, &start, &gap] { return find_start(start, gap); };
    Result<Offset> found = offset_;
    if (start.at == Start::At::time) {
        found = co_await runtime::on(services_.work, find);
    } else {
        found = find();
    }
    if (!found) {
        telemetry::log(telemetry::LogLevel::error, "stream", "the journal cannot be read",
                       {{"error", found.error().message()}});
        failed_ = true;
        co_return ok();
    }
    offset_ = *found;
    std::string frames;
    append_prelude(frames, jittered(services_.config.retry, now() ^ offset_.value()), cursor(offset_));
    frames += gap;
    co_return co_await send(frames, gap.empty() ? 0 : 1);
}

/// Where to begin, and a gap frame when that is not where the client wanted to. Blocks for Start::At::time only.
Result<Offset> Subscriber::find_start(const Start& start, std::string& gap) {
    const auto begin = services_.journal.begin();
    Gap hole;
    hole.to = cursor(begin);
    switch (start.at) {
        case Start::At::now:
            return tail_.position();
        case Start::At::oldest:
            return begin;
        case Start::At::time:
            return find_received(services_.journal, start.time);
        case Start::At::cursor:
            // An offset that we have not given out yet is of another history too, whatever its epoch says.
            if (start.cursor.epoch == epoch_ && start.cursor.offset <= services_.journal.end()) {
                if (start.cursor.offset >= begin) return start.cursor.offset;
                hole.reason = Gap::Reason::retention;
            } else {
                hole.reason = Gap::Reason::epoch;
            }
            hole.from = start.cursor;
            break;
        case Start::At::foreign:
            hole.reason = Gap::Reason::epoch;
            break;
    }
    append_gap(gap, hole);
    Counters::add(services_.counters.gaps);
    return begin;
}

/// Joins the ring at its end; what is between offset_ and there is read from the journal.
void Subscriber::attach() {
    if (attached_) group_->ring.leave(reader_);
    group_->ring.join(reader_);
    attached_ = true;
    behind_ = true;
    join_offset_ = tail_.position();
    seen_frames_ = group_->ring.frames_end();
}

awaitable<Status> Subscriber::catch_up() {
    auto status = ok();
    if (rows_due_) status = co_await send_rows();
    if (status && offset_ < join_offset_) status = co_await send_history();
    if (!status || failed_ || leaving()) co_return status;
    behind_ = false;
    const auto end = std::max(services_.journal.end(), join_offset_);
    std::string frame;
    append_sync(frame, cursor(offset_), end - offset_);
    synced_at_ = now();
    co_return co_await send(frame, 1);
}

awaitable<Status> Subscriber::send_rows() {
    rows_due_ = false;
    auto status = ok();
    for (const auto topic : row_topics) {
        if (!group_->selection->topics.has(topic)) continue;
        auto read = [this, topic] { return snapshot_of(services_, *group_->selection, topic); };
        const auto frames = co_await runtime::on(services_.work, read);
        if (leaving()) break;
        if (!frames.empty()) status = co_await send(frames, count_frames(frames));
        if (!status) break;
    }
    co_return status;
}

awaitable<Status> Subscriber::send_history() {
    History history(services_, group_->selection, offset_);
    auto status = ok();
    while (status && offset_ < join_offset_ && !leaving()) {
        auto read = [this, &history] { return history.read(join_offset_); };
        auto chunk = co_await runtime::on(services_.work, read);
        if (leaving()) break;
        if (!chunk.text.empty()) {
            status = co_await send(chunk.text, chunk.frames);
        } else if (now() >= heartbeat_at()) {
            status = co_await send(heartbeat_frame, 0);
        }
        offset_ = chunk.covered;
        if (!chunk.status) {
            telemetry::log(telemetry::LogLevel::error, "stream", "the journal cannot be read",
                           {{"offset", offset_.value()}, {"error", chunk.status.error().message()}});
            failed_ = true;
            break;
        }
    }
    co_return status;
}

/// Sends what the ring has, then waits. Returns for the caller to look around: after a fall, or when it is time to
/// leave.
awaitable<Status> Subscriber::live() {
    auto& ring = group_->ring;
    while (!leaving()) {
        if (fell_behind()) {
            if (!latest_) {
                attach();
                rows_due_ = group_->selection->topics.has_rows();  // their frames are not in the history
                co_return ok();
            }
            const auto gap = skip_to_end(Gap::Reason::slow_consumer);
            auto status = co_await send(gap, 1);
            if (!status) co_return status;
            continue;
        }
        if (!ring.at_end(reader_)) {
            if (rate_ != 0) {
                auto status = co_await paced();
                if (!status) co_return status;
                continue;
            }
            const auto slice = ring.next(reader_);
            const auto began_at = now();
            auto status = co_await stream_.write(slice.bytes);
            sent(status, began_at, slice.bytes.size(), slice.frames_end - seen_frames_);
            if (!status) co_return status;
            ring.advance(reader_, slice);
            offset_ = slice.covered;
            seen_frames_ = slice.frames_end;
            continue;
        }
        offset_ = tail_.position();
        stuck_ = false;
        if (const auto frame = beat()) {
            auto status = co_await send(*frame, frame->front() == ':' ? 0 : 1);
            if (!status) co_return status;
            continue;
        }
        if (behind_) co_return ok();
        co_await waiter_.wait(group_->waiting, std::min(heartbeat_at(), sync_at()));
    }
    co_return ok();
}

bool Subscriber::fell_behind() const {
    return group_->ring.fell_out(reader_) || (latest_ && stuck_ && !group_->ring.at_end(reader_));
}

/// Leaves out what was not sent; the gap frame that says so.
std::string Subscriber::skip_to_end(Gap::Reason reason) {
    auto& ring = group_->ring;
    Gap gap;
    gap.from = cursor(offset_);
    gap.to = cursor(tail_.position());
    gap.dropped = ring.frames_end() - seen_frames_;
    gap.reason = reason;
    ring.leave(reader_);
    ring.join(reader_);
    offset_ = tail_.position();
    seen_frames_ = ring.frames_end();
    stuck_ = false;
    rows_due_ = group_->selection->topics.has_rows();
    Counters::add(services_.counters.gaps);
    std::string frame;
    append_gap(frame, gap);
    return frame;
}

/// As many of the newest frames as the rate allows, and a gap for those before them.
awaitable<Status> Subscriber::paced() {
    const auto time = now();
    tokens_ = std::min(tokens_ + rate_ * static_cast<double>(time - paced_at_) * 1e-9, std::max(1.0, rate_ * 0.5));
    paced_at_ = time;
    if (tokens_ < 1) {
        const auto wait_nanos = static_cast<std::uint64_t>((1 - tokens_) / rate_ * 1e9);
        co_await waiter_.wait(tail_.paced(), time + std::max(wait_nanos, pace_nanos));
        co_return ok();
    }
    Ring::Slice slice;
    const auto frames = take_paced(slice);
    co_return co_await send(frames, count_frames(frames));
}

std::string Subscriber::take_paced(Ring::Slice& slice) {
    auto& ring = group_->ring;
    const auto unsent = ring.frames_end() - seen_frames_;
    const auto from = offset_;
    do {
        slice = ring.next(reader_);
        ring.advance(reader_, slice);
    } while (!ring.at_end(reader_));
    const auto kept = last_frames(slice.bytes, static_cast<std::size_t>(std::floor(tokens_)));
    const auto count = count_frames(kept);
    std::string frames(kept);
    offset_ = slice.covered;
    seen_frames_ = slice.frames_end;
    tokens_ -= static_cast<double>(count);
    if (count < unsent) {
        Gap gap;
        gap.from = cursor(from);
        gap.to = cursor(offset_);
        gap.dropped = unsent - count;
        gap.reason = Gap::Reason::rate;
        append_gap(frames, gap);
        Counters::add(services_.counters.gaps);
    }
    return frames;
}

std::uint64_t Subscriber::sync_at() const {
    return synced_at_ + static_cast<std::uint64_t>(services_.config.sync_every.count()) * millis;
}

/// What a subscriber that has everything is due: a sync, a heartbeat, or nothing. Asks for rows instead, when those are
/// stale.
std::shared_ptr<const std::string> Subscriber::beat() {
    static const auto heartbeat = std::make_shared<const std::string>(heartbeat_frame);
    const auto time = now();
    if (time >= sync_at()) {
        if (rows_due_) {
            behind_ = true;
            join_offset_ = offset_;
            return nullptr;
        }
        synced_at_ = time;
        return tail_.sync_frame();
    }
    return time >= heartbeat_at() ? heartbeat : nullptr;
}

awaitable<Status> Subscriber::send(std::string_view frames, std::size_t count) {
    const auto began_at = now();
    auto status = co_await stream_.write(frames);
    sent(status, began_at, frames.size(), count);
    co_return status;
}

void Subscriber::sent(const Status& status, std::uint64_t began_at, std::size_t bytes, std::size_t frames) {
    sent_at_ = now();
    const auto took = sent_at_ - began_at;
    stuck_ = took >= stuck_nanos;
    if (status) {
        Counters::add(services_.counters.bytes, bytes);
        Counters::add(services_.counters.frames, frames);
    } else if (status.error().code == Errc::deadline || took >= slow_nanos) {
        Counters::add(services_.counters.slow_closed);
    }
}

/// The last words, if anybody is there to hear them.
awaitable<void> Subscriber::part() {
    if (stream_.closed()) co_return;
    std::string frame;
    append_bye(frame, failed_ ? Bye::internal : Bye::shutdown, jittered(services_.config.retry, now() ^ sent_at_));
    auto status = co_await send(frame, 1);
    if (status) co_await stream_.finish();
}

}  // namespace ark::stream
