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
    Pump(asio::any_io_executor executor, runtime::WorkPool& pool, Courier& courier, ExporterConfig config)
        : pool_(pool),
          courier_(courier),
          config_(std::move(config)),
          arrived_(executor),
          settled_(executor),
          ready_(executor),
          random_(random_seed()),
          scope_(executor) {
        for (std::size_t i = 0; i < config_.targets.size(); ++i)
            pauses_.emplace_back(executor);
    }

    Status start(disk::Disk& disk) {
        std::vector<std::string> names;
        for (const auto& target : config_.targets)
            names.push_back(target.name);
        ARK_TRY(outbox_, Outbox::open(disk, pool_, config_.outbox, names));
        scope_.spawn(write());
        for (std::size_t i = 0; i < config_.targets.size(); ++i)
            scope_.spawn(send(i));
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

    awaitable<void> flush() override {
        const auto until = recorded_;
        while (written_ < until)
            co_await settled_.wait();
    }

    awaitable<void> stop(std::chrono::milliseconds grace) override {
        co_await flush();
        // Coarse on purpose: nobody waits for the last millisecond of a process.
        const std::chrono::milliseconds step(10);
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (auto waited = std::chrono::milliseconds(0); waited < grace; waited += step) {
            if (outbox_->counters().waiting_bytes == 0) break;
            timer.expires_after(step);
            co_await timer.async_wait(asio::use_awaitable);
        }
        stopping_ = true;
        stop_.request_stop();
        arrived_.ring();
        ready_.ring();
        for (auto& pause : pauses_)
            pause.cancel();
        co_await scope_.close();
    }

    ExporterCounters counters() const override {
        auto counters = counters_;
        counters.recorded = recorded_;
        counters.outbox = outbox_->counters();
        return counters;
    }

private:
    bool has_room(std::size_t bytes) {
        if (stopping_ || pending_bytes_ + bytes > config_.pending_bytes_max) {
            ++counters_.dropped;
            return false;
        }
        pending_bytes_ += bytes;
        ++recorded_;
        arrived_.ring();
        return true;
    }

    /// From memory to the outbox: whatever came while the last write was under way goes with the next.
    awaitable<void> write() {
        while (!stopping_) {
            if (spans_.empty() && events_.empty()) {
                co_await arrived_.wait();
                continue;
            }
            const auto until = recorded_;
            const auto spans = std::exchange(spans_, {});
            const auto events = std::exchange(events_, {});
            pending_bytes_ = 0;
            auto encode = [&]() { return encoded(spans, events); };
            auto parcels = co_await runtime::on(pool_, encode);
            co_await outbox_->add(std::move(parcels));
            written_ = until;
            settled_.ring();
            ready_.ring();
        }
    }

    std::vector<Parcel> encoded(const std::vector<otlp::Span>& spans,
                                const std::vector<otlp::LogRecord>& events) const {
        std::vector<Parcel> parcels;
        // Events first: a start is worth more the earlier it is seen, and an end's event repeats nothing of its span.
        const auto add = [&](Signal signal, std::string body) {
            Parcel parcel;
            parcel.signal = signal;
            parcel.body = std::make_shared<const std::string>(std::move(body));
            parcels.push_back(std::move(parcel));
        };
        if (!events.empty()) add(Signal::logs, otlp::encode_logs(config_.resource, config_.scope, events));
        if (!spans.empty()) add(Signal::traces, otlp::encode_traces(config_.resource, config_.scope, spans));
        return parcels;
    }

    awaitable<void> send(std::size_t index) {
        while (!stopping_) {
            auto next = co_await outbox_->next(index, config_.request_bytes);
            if (next.parcels.empty()) {
                co_await ready_.wait();
                continue;
            }
            bool carried = true;
            for (const auto signal : {Signal::logs, Signal::traces}) {
                if (carried) carried = co_await carry(index, signal, joined(next.parcels, signal));
            }
            if (carried) outbox_->delivered(index, next.after);
            settled_.ring();
        }
    }

    /// Messages of protobuf written behind each other are one message with the fields of both.
    static std::string joined(const std::vector<Parcel>& parcels, Signal signal) {
        std::string body;
        for (const auto& parcel : parcels) {
            if (parcel.signal == signal) body += *parcel.body;
        }
        return body;
    }

    /// Until the target has it or refuses it for good. False: we stop before.
    awaitable<bool> carry(std::size_t index, Signal signal, std::string body) {
        const auto& target = config_.targets[index];
        auto backoff = config_.backoff_min;
        bool away = false;
        while (!body.empty()) {
            auto carried = co_await courier_.carry(target, signal, body, stop_.get_token());
            if (carried.outcome == Carried::Outcome::accepted) break;
            if (carried.outcome == Carried::Outcome::refused) {
                ++counters_.refused_requests;
                telemetry::log(LogLevel::warn, "emit", "a target refuses telemetry",
                               {{"target", target.name}, {"reason", carried.reason}});
                break;
            }
            if (stopping_) co_return false;
            ++counters_.failed_attempts;
            if (!away) {
                telemetry::log(LogLevel::warn, "emit", "a target is away; its telemetry waits on disk",
                               {{"target", target.name}, {"reason", carried.reason}});
            }
            away = true;
            co_await pause(index, carried.wait > backoff ? carried.wait : jittered(backoff));
            if (stopping_) co_return false;
            backoff = std::min(backoff * 2, config_.backoff_max);
        }
        if (away) telemetry::log(LogLevel::info, "emit", "the target is back", {{"target", target.name}});
        co_return true;
    }

    awaitable<void> pause(std::size_t index, std::chrono::milliseconds length) {
        boost::system::error_code stopped;
        pauses_[index].expires_after(length);
        co_await pauses_[index].async_wait(asio::redirect_error(asio::use_awaitable, stopped));
    }

    std::chrono::milliseconds jittered(std::chrono::milliseconds length) {
        return length / 2 +
               std::chrono::milliseconds(random_.below(static_cast<std::uint64_t>(length.count()) / 2 + 1));
    }

    runtime::WorkPool& pool_;
    Courier& courier_;
    const ExporterConfig config_;
    std::unique_ptr<Outbox> outbox_;
    std::vector<otlp::Span> spans_;
    std::vector<otlp::LogRecord> events_;
    std::size_t pending_bytes_ = 0;  // of both
    std::uint64_t recorded_ = 0;
    std::uint64_t written_ = 0;  // of recorded_: those are in the outbox
    ExporterCounters counters_;
    runtime::Bell arrived_;                  // something was recorded
    runtime::Bell settled_;                  // something was written or delivered
    runtime::Bell ready_;                    // the outbox has more
    std::deque<asio::steady_timer> pauses_;  // one a target: between two attempts
    std::stop_source stop_;
    bool stopping_ = false;
    Random random_;
    runtime::Scope scope_;  // last member: stop() empties it
};

}  // namespace

Result<std::unique_ptr<Exporter>> Exporter::open(asio::any_io_executor executor, runtime::WorkPool& pool,
                                                 disk::Disk& disk, Courier& courier, ExporterConfig config) {
    auto pump = std::make_unique<Pump>(std::move(executor), pool, courier, std::move(config));
    ARK_TRY_STATUS(pump->start(disk));
    return std::unique_ptr<Exporter>(std::move(pump));
}

}  // namespace ark::emit
