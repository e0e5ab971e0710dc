#include "emit/exporter.hpp"

#include "runtime/bell.hpp"
#include "runtime/scope.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <deque>
#include <stop_token>
#include <utility>

namespace ark::emit {
namespace {

using telemetry::LogLevel;

constexpr std::string_view keeper_name = "steps";

std::size_t bytes_of(const otlp::ValueMap& map) {
    std::size_t bytes = 0;
    for (const auto& [key, value] : map) {
        const auto* text = std::get_if<std::string>(&value.data);
        bytes += key.size() + (text != nullptr ? text->size() : 16) + 64;
    }
    return bytes;
}

class Pump final : public Exporter {
public:
    Pump(asio::any_io_executor executor, runtime::WorkPool& pool, Courier& courier, ExporterConfig config,
         Keeper* keeper)
        : pool_(pool),
          courier_(courier),
          keeper_(keeper),
          config_(std::move(config)),
          recorded_bell_(executor),
          due_bell_(executor),
          settled_(executor),
          ready_(executor),
          lingering_(executor),
          mending_(executor),
          keeping_(executor),
          random_(random_seed()),
          scope_(executor) {
        for (std::size_t i = 0; i < config_.targets.size(); ++i) {
            pauses_.emplace_back(executor);
            paces_.emplace_back(executor);
        }
    }

    Status start(disk::Disk& disk) {
        std::vector<std::string> names;
        for (const auto& target : config_.targets)
            names.push_back(target.name);
        if (keeper_ != nullptr) names.emplace_back(keeper_name);
        ARK_TRY(outbox_, Outbox::open(disk, pool_, config_.outbox, names));
        for (std::size_t i = 0; i < config_.targets.size(); ++i)
            uncertain_.push_back(outbox_->waiting(i) > 0);
        scope_.spawn(write());
        scope_.spawn(linger());
        scope_.spawn(look_after_the_disk());
        for (std::size_t i = 0; i < config_.targets.size(); ++i)
            scope_.spawn(send(i));
        if (keeper_ != nullptr) scope_.spawn(keep());
        return ok();
    }

    void span(otlp::Span span) override {
        const auto bytes = span.name.size() + bytes_of(span.attributes) + 128;
        if (has_room(bytes)) spans_.push_back(std::move(span));
    }
    void event(otlp::LogRecord record) override {
        const auto bytes = bytes_of(record.attributes) + 256;
        if (has_room(bytes)) events_.push_back(std::move(record));
    }

    /// Never dropped: there are as many as there are steps that wait for their commit, and a few beginnings.
    void note(std::string note) override {
        notes_.push_back(std::move(note));
        ++entered_;
        recorded_bell_.ring();
    }

    awaitable<void> flush() override {
        const auto until = entered_;
        write_until(until);
        while (written_ < until)
            co_await settled_.wait();
    }

    awaitable<Place> said() override {
        co_await flush();
        co_return outbox_->counters().end;
    }

    bool has(std::string_view target, Place place) const override {
        for (std::size_t i = 0; i < config_.targets.size(); ++i) {
            if (config_.targets[i].name == target) return outbox_->counters().end - outbox_->waiting(i) >= place;
        }
        return true;
    }

    awaitable<Status> commit() override {
        const auto until = entered_;
        const auto losses = losses_;
        sync_until_ = std::max(sync_until_, until);
        due_bell_.ring();
        while (synced_ < until && losses == losses_ && !gives_up())
            co_await settled_.wait();
        if (losses != losses_) co_return fail(Errc::io, "outbox: the disk failed, and memory did not hold everything");
        if (synced_ >= until) co_return ok();
        co_return disk_error_;
    }

    awaitable<Status> settle() override {
        co_await flush();
        if (keeper_ == nullptr) co_return ok();
        const auto until = outbox_->counters().end;
        settle_until_ = std::max(settle_until_, until);
        ready_.ring();
        while (kept_ < until && keep_status_)
            co_await settled_.wait();
        if (kept_ >= until) co_return ok();
        co_return keep_status_;
    }

    void hurry() override {
        hurry_ = true;
        settled_.ring();
        keeping_.cancel();
        for (auto& each : paces_)
            each.cancel();
    }

    awaitable<void> stop(std::chrono::milliseconds grace) override {
        hurry();
        const auto settled = co_await settle();
        if (!settled)
            telemetry::log(LogLevel::warn, "emit", "steps stay in the outbox", {{"error", settled.error().message()}});
        // Coarse on purpose: nobody waits for the last millisecond of a process.
        const std::chrono::milliseconds step(10);
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (auto waited = std::chrono::milliseconds(0); waited < grace; waited += step) {
            if (waiting_bytes() == 0) break;
            timer.expires_after(step);
            co_await timer.async_wait(asio::use_awaitable);
        }
        stopping_ = true;
        stop_.request_stop();
        recorded_bell_.ring();
        due_bell_.ring();
        ready_.ring();
        for (auto* each : {&lingering_, &mending_, &keeping_})
            each->cancel();
        for (auto* timers : {&pauses_, &paces_}) {
            for (auto& each : *timers)
                each.cancel();
        }
        co_await scope_.close();
    }

    ExporterCounters counters() const override {
        auto counters = counters_;
        counters.recorded = recorded_;
        counters.outbox = outbox_->counters();
        counters.outbox.waiting_bytes = waiting_bytes();
        return counters;
    }

private:
    /// That the slowest target lacks; what the keeper has not yet is no backlog.
    std::uint64_t waiting_bytes() const {
        std::uint64_t most = 0;
        for (std::size_t i = 0; i < config_.targets.size(); ++i)
            most = std::max(most, outbox_->waiting(i));
        return most;
    }

    bool has_room(std::size_t bytes) {
        if (stopping_ || pending_bytes_ + bytes > config_.pending_bytes_max) {
            ++counters_.dropped;
            return false;
        }
        pending_bytes_ += bytes;
        ++recorded_;
        ++entered_;
        recorded_bell_.ring();
        if (pending_bytes_ > config_.request_bytes) write_until(entered_);
        return true;
    }

    void write_until(std::uint64_t until) {
        due_ = std::max(due_, until);
        due_bell_.ring();
    }

    /// What nobody waits for is written a moment later: mostly the next step is committed by then, and takes it along.
    awaitable<void> linger() {
        while (!stopping_) {
            if (entered_ == written_ || entered_ == due_) {
                co_await recorded_bell_.wait();
                continue;
            }
            co_await pause(lingering_, config_.linger);
            write_until(entered_);
        }
    }

    /// From memory to the outbox: whatever came while the last write was under way goes with the next, as one parcel.
    awaitable<void> write() {
        while (!stopping_) {
            if (outbox_->counters().disk_failed && std::exchange(mending_due_, false)) co_await mend();
            // Without a disk a commit waits for mend(), which syncs.
            const bool sync = sync_until_ > synced_ && !outbox_->counters().disk_failed;
            if (written_ >= due_ && !sync) {
                if (stopping_) co_return;
                co_await due_bell_.wait();
                continue;
            }
            const auto until = entered_;
            const auto spans = std::exchange(spans_, {});
            const auto events = std::exchange(events_, {});
            pending_bytes_ = 0;
            auto notes = std::exchange(notes_, {});
            std::function<Parcel()> encode = [&] { return encoded(spans, events, std::move(notes)); };
            const bool had_failed = outbox_->counters().disk_failed;
            if (!had_failed) dropped_before_ = outbox_->counters().dropped_parcels;
            const auto status = co_await outbox_->add(std::move(encode), sync ? Outbox::Sync::yes : Outbox::Sync::no);
            written_ = until;
            if (sync && status) synced_ = until;
            if (!status && !had_failed) disk_error_ = prefix(status.error(), "outbox");
            settled_.ring();
            ready_.ring();
        }
    }

    /// Nobody waits for the disk any longer.
    bool gives_up() const { return outbox_->counters().disk_failed && (hurry_ || mends_ >= config_.mends_until_error); }

    /// A disk that was full takes writes again, sooner or later.
    awaitable<void> look_after_the_disk() {
        while (!stopping_) {
            co_await pause(mending_, config_.mend_pause);
            mending_due_ = outbox_->counters().disk_failed;
            if (mending_due_) due_bell_.ring();
        }
    }

    awaitable<void> mend() {
        const auto everything = written_;
        const auto status = co_await outbox_->mend();
        if (status) {
            const auto dropped = outbox_->counters().dropped_parcels;
            // What was dropped meanwhile may be what somebody's commit is about.
            if (dropped != dropped_before_) ++losses_;
            dropped_before_ = dropped;
            synced_ = std::max(synced_, everything);
            mends_ = 0;
        } else {
            ++mends_;
            disk_error_ = prefix(status.error(), "outbox");
        }
        settled_.ring();
        ready_.ring();
    }

    Parcel encoded(const std::vector<otlp::Span>& spans, const std::vector<otlp::LogRecord>& events,
                   Parcel::Notes notes) const {
        Parcel parcel;
        if (!events.empty()) {
            parcel.logs =
                std::make_shared<const std::string>(otlp::encode_logs(config_.resource, config_.scope, events));
        }
        if (!spans.empty()) {
            parcel.traces =
                std::make_shared<const std::string>(otlp::encode_traces(config_.resource, config_.scope, spans));
        }
        if (!notes.empty()) parcel.notes = std::make_shared<const Parcel::Notes>(std::move(notes));
        return parcel;
    }

    /// What the outbox has for the keeper, when it is asked for or has become much.
    awaitable<void> keep() {
        const auto index = config_.targets.size();
        unsigned failures = 0;
        while (!stopping_) {
            const bool asked = settle_until_ > kept_;
            if (outbox_->waiting(index) == 0 || (!asked && outbox_->waiting(index) < config_.unkept_bytes_max)) {
                kept_ = outbox_->counters().end - outbox_->waiting(index);
                settled_.ring();
                co_await ready_.wait();
                continue;
            }
            auto next = co_await outbox_->next(index, config_.unkept_bytes_max);
            std::vector<std::shared_ptr<const Parcel::Notes>> notes;
            for (const auto& parcel : next.parcels) {
                if (parcel.notes) notes.push_back(parcel.notes);
            }
            // What is in memory only has not happened: its telemetry may be lost with us.
            Status status = ok();
            if (outbox_->counters().disk_failed) {
                status = fail(Errc::io, "the disk of the outbox failed");
            } else if (!notes.empty()) {
                status = co_await keeper_->keep(std::move(notes));
            }
            if (status) {
                outbox_->delivered(index, next.after);
                kept_ = next.after;
                keep_status_ = ok();
                failures = 0;
                settled_.ring();
                continue;
            }
            if (++failures == 1) {
                telemetry::log(LogLevel::error, "emit", "steps stay in the outbox until the disk takes them",
                               {{"error", status.error().message()}});
            }
            if (hurry_ || failures >= config_.mends_until_error) keep_status_ = status;
            settled_.ring();
            if (!stopping_) co_await pause(keeping_, config_.mend_pause);
        }
    }

    awaitable<void> send(std::size_t index) {
        // A request of a process that just died may still be on its way into the target, which is asked about it.
        if (uncertain_[index]) co_await pause(pauses_[index], config_.settling);
        while (!stopping_) {
            auto next = co_await outbox_->next(index, config_.request_bytes);
            if (next.parcels.empty()) {
                // The bell may have rung while the disk was asked.
                if (!stopping_ && outbox_->waiting(index) == 0) co_await ready_.wait();
                continue;
            }
            paces_[index].expires_after(config_.targets[index].pace.value_or(config_.pace));
            bool carried = true;
            for (const auto signal : {Signal::logs, Signal::traces}) {
                if (carried) carried = co_await carry(index, signal, next.parcels);
            }
            if (carried) {
                outbox_->delivered(index, next.after);
                uncertain_[index] = false;
            }
            // The first of a burst goes at once; what follows closely goes together.
            if (carried && !hurry_ && outbox_->waiting(index) < config_.request_bytes) co_await wait(paces_[index]);
        }
    }

    /// Messages of protobuf written behind each other are one message with the fields of both.
    static std::string joined(const std::vector<Parcel>& parcels, std::size_t first, Signal signal) {
        std::string body;
        for (auto i = first; i < parcels.size(); ++i) {
            if (const auto& part = parcels[i].body(signal)) body += *part;
        }
        return body;
    }

    /// Moves `first` behind what the target has already: a request of an earlier process, or one whose answer was lost.
    /// False: it cannot be asked now.
    awaitable<bool> pass_over_known(std::size_t index, Signal signal, const std::vector<Parcel>& parcels,
                                    std::size_t& first) {
        for (; first < parcels.size(); ++first) {
            auto body = parcels[first].body(signal);
            if (!body) continue;
            const auto known =
                co_await courier_.knows(config_.targets[index], signal, std::move(body), stop_.get_token());
            if (known == Courier::Known::away) co_return false;
            if (known == Courier::Known::no) break;
        }
        co_return true;
    }

    /// Until the target has it or refuses it for good. False: we stop before.
    awaitable<bool> carry(std::size_t index, Signal signal, const std::vector<Parcel>& parcels) {
        const auto& target = config_.targets[index];
        auto backoff = config_.backoff_min;
        bool away = false;
        std::size_t first = 0;
        for (;;) {
            Carried carried;
            bool asked = true;
            if (uncertain_[index]) asked = co_await pass_over_known(index, signal, parcels, first);
            if (asked) {
                auto body = joined(parcels, first, signal);
                if (body.empty()) break;
                carried = co_await courier_.carry(target, signal, std::move(body), stop_.get_token());
            }
            if (carried.outcome == Carried::Outcome::accepted) break;
            if (carried.outcome == Carried::Outcome::refused) {
                ++counters_.refused_requests;
                telemetry::log(LogLevel::warn, "emit", "a target refuses telemetry",
                               {{"target", target.name}, {"reason", carried.reason}});
                break;
            }
            if (stopping_) co_return false;
            if (carried.maybe_taken) uncertain_[index] = true;
            ++counters_.failed_attempts;
            if (!away) {
                telemetry::log(LogLevel::warn, "emit", "a target is away; its telemetry waits on disk",
                               {{"target", target.name}, {"reason", carried.reason}});
            }
            away = true;
            co_await pause(pauses_[index], carried.wait > backoff ? carried.wait : jittered(backoff));
            if (stopping_) co_return false;
            backoff = std::min(backoff * 2, config_.backoff_max);
        }
        if (away) telemetry::log(LogLevel::info, "emit", "the target is back", {{"target", target.name}});
        co_return true;
    }

    static awaitable<void> pause(asio::steady_timer& timer, std::chrono::milliseconds length) {
        timer.expires_after(length);
        co_await wait(timer);
    }

    static awaitable<void> wait(asio::steady_timer& timer) {
        boost::system::error_code stopped;
        co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
    }

    std::chrono::milliseconds jittered(std::chrono::milliseconds length) {
        return length / 2 +
               std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(length.count()) / 2 + 1));
    }

    runtime::WorkPool& pool_;
    Courier& courier_;
    Keeper* const keeper_;  // outlives us; may be null
    const ExporterConfig config_;
    std::unique_ptr<Outbox> outbox_;
    std::vector<otlp::Span> spans_;
    std::vector<otlp::LogRecord> events_;
    Parcel::Notes notes_;
    std::size_t pending_bytes_ = 0;  // of both
    std::uint64_t recorded_ = 0;
    std::uint64_t entered_ = 0;     // spans, events and notes
    std::uint64_t written_ = 0;     // of them are in the outbox
    std::uint64_t due_ = 0;         // of them are to be written now
    std::uint64_t synced_ = 0;      // of them are durable
    std::uint64_t sync_until_ = 0;  // somebody waits for these to be durable
    Status disk_error_;             // why it failed last
    bool hurry_ = false;
    unsigned mends_ = 0;  // in vain, since it failed
    bool mending_due_ = false;
    std::uint64_t losses_ = 0;  // times that something was dropped while it failed
    std::uint64_t dropped_before_ = 0;
    Place settle_until_ = 0;  // somebody waits for the notes before it to be kept
    Place kept_ = 0;          // those are
    Status keep_status_;      // wrong while the keeper fails, and has done so for a while
    ExporterCounters counters_;
    runtime::Bell recorded_bell_;            // something was recorded
    runtime::Bell due_bell_;                 // something is to be written now
    runtime::Bell settled_;                  // something was written or kept
    runtime::Bell ready_;                    // the outbox has more
    asio::steady_timer lingering_;           // what was recorded waits for company
    asio::steady_timer mending_;             // between two tries of the disk
    asio::steady_timer keeping_;             // likewise, of the keeper
    std::vector<bool> uncertain_;            // by target: it may have what comes next, from a request without an answer
    std::deque<asio::steady_timer> pauses_;  // one a target: between two attempts
    std::deque<asio::steady_timer> paces_;   // likewise: between two requests
    std::stop_source stop_;
    bool stopping_ = false;
    Random random_;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

Result<std::unique_ptr<Exporter>> Exporter::open(asio::any_io_executor executor, runtime::WorkPool& pool,
                                                 disk::Disk& disk, Courier& courier, ExporterConfig config,
                                                 Keeper* keeper) {
    auto pump = std::make_unique<Pump>(std::move(executor), pool, courier, std::move(config), keeper);
    ARK_TRY_STATUS(pump->start(disk));
    return std::unique_ptr<Exporter>(std::move(pump));
}

}  // namespace ark::emit
