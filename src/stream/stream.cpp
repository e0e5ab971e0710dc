#include "stream/stream.hpp"

#include "base/check.hpp"
#include "stream/subscriber.hpp"

#include <utility>

namespace ark::stream {
namespace {

/// One open stream in the books, for as long as it lives.
class Admission {
public:
    Admission(Counters& counters, std::size_t subscribers_max)
        : counters_(counters), granted_(counters.subscribers.fetch_add(1) < subscribers_max) {}
    ~Admission() { Counters::subtract(counters_.subscribers); }
    Admission(const Admission&) = delete;
    Admission& operator=(const Admission&) = delete;
    bool granted() const { return granted_; }

private:
    Counters& counters_;
    const bool granted_;
};

net::Response refusal_response(const Refusal& refusal, const net::RequestHead& head, int status) {
    net::Response response;
    response.status = status;
    response.fields.set("content-type", "application/problem+json");
    response.fields.set("cache-control", "no-store");
    if (status == 503) response.fields.set("retry-after", "5");
    response.body = refusal.to_json(head.path, status, head.fields.find("x-request-id"));
    return response;
}

Refusal full() {
    Refusal refusal;
    refusal.slug = "overloaded";
    refusal.title = "Too many subscribers";
    refusal.detail = "this server streams to as many subscribers as it is allowed to";
    refusal.hint = "try again later";
    return refusal;
}

Refusal closing() {
    Refusal refusal;
    refusal.slug = "unavailable";
    refusal.title = "Shutting down";
    refusal.detail = "the server is stopping";
    return refusal;
}

net::Fields event_stream_fields() {
    net::Fields fields;
    fields.set("content-type", "text/event-stream");
    fields.set("cache-control", "no-store");
    fields.set("x-accel-buffering", "no");
    return fields;
}

class StreamImpl final : public Stream {
public:
    StreamImpl(const StreamConfig& config, runtime::IoPool& pool, runtime::WorkPool& work, journal::Journal& journal,
               Correlation& correlation, Clock& clock)
        : services_(std::make_shared<Services>(config, work, journal, correlation, clock)) {
        for (std::size_t i = 0; i < pool.size(); ++i) {
            tails_.push_back(std::make_shared<Tail>(services_, pool.context(i)));
        }
        folded_ = correlation.on_folded([this](Offset) {
            for (const auto& tail : tails_)
                tail->signal();
        });
    }

    // The server has ended its exchanges, or its threads have ended and left coroutines behind: those end here.
    ~StreamImpl() override {
        folded_.reset();
        for (const auto& tail : tails_)
            tail->abandon();
    }

    awaitable<void> serve(net::Exchange& exchange, std::string tenant) override;

    StreamStatus status() const override {
        const auto& counters = services_->counters;
        StreamStatus status;
        status.subscribers = counters.subscribers.load(std::memory_order_relaxed);
        status.opened_total = counters.opened.load(std::memory_order_relaxed);
        status.resumed_total = counters.resumed.load(std::memory_order_relaxed);
        status.frames_total = counters.frames.load(std::memory_order_relaxed);
        status.bytes_total = counters.bytes.load(std::memory_order_relaxed);
        status.gaps_total = counters.gaps.load(std::memory_order_relaxed);
        status.slow_closed_total = counters.slow_closed.load(std::memory_order_relaxed);
        status.filters = counters.filters.load(std::memory_order_relaxed);
        return status;
    }

    void stop() override {
        if (stopped_.exchange(true)) return;
        folded_.reset();
        for (const auto& tail : tails_)
            tail->stop();
    }

private:
    /// Starts the response, or refuses. In a coroutine of its own: what it needs is freed before the long wait.
    awaitable<std::unique_ptr<Subscriber>> admit(net::Exchange& exchange, std::string tenant,
                                                 const Admission& admission, Start& start);

    const std::shared_ptr<Services> services_;
    std::vector<std::shared_ptr<Tail>> tails_;  // one a net thread
    std::atomic<bool> stopped_{false};
    std::shared_ptr<void> folded_;  // last: its listener uses the tails
};

awaitable<void> StreamImpl::serve(net::Exchange& exchange, std::string tenant) {
    const Admission admission(services_->counters, services_->config.subscribers_max);
    Start start;
    const auto subscriber = co_await admit(exchange, std::move(tenant), admission, start);
    if (subscriber) co_await subscriber->run(start);
}

awaitable<std::unique_ptr<Subscriber>> StreamImpl::admit(net::Exchange& exchange, std::string tenant,
                                                         const Admission& admission, Start& start) {
    const auto& head = exchange.head();
    auto parsed = parse_request(head.raw_query, head.fields.find("last-event-id"), services_->config.heartbeat,
                                services_->clock.now());
    std::optional<net::Response> answer;
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
        answer = refusal_response(*refusal, head, 400);
    } else if (stopped_.load()) {
        answer = refusal_response(closing(), head, 503);
    } else if (!admission.granted()) {
        answer = refusal_response(full(), head, 503);
    } else if (head.method == "HEAD") {
        answer.emplace();
        answer->fields = event_stream_fields();
    }
    if (answer) {
        auto response = std::move(*answer);
        co_await exchange.respond(std::move(response));
        co_return nullptr;
    }
    auto fields = event_stream_fields();
    auto started = co_await exchange.start_stream(200, std::move(fields));
    if (!started) co_return nullptr;
    auto& request = std::get<StreamRequest>(parsed);
    start = request.start;
    Counters::add(services_->counters.opened);
    if (start.resumed) Counters::add(services_->counters.resumed);
    ARK_CHECK(exchange.shard() < tails_.size(), "shard {} of {} net threads", exchange.shard(), tails_.size());
    co_return std::make_unique<Subscriber>(*services_, *tails_[exchange.shard()], **started, std::move(request),
                                           std::move(tenant));
}

}  // namespace

std::unique_ptr<Stream> Stream::create(const StreamConfig& config, runtime::IoPool& pool, runtime::WorkPool& work,
                                       journal::Journal& journal, Correlation& correlation, Clock& clock) {
    return std::make_unique<StreamImpl>(config, pool, work, journal, correlation, clock);
}

}  // namespace ark::stream
