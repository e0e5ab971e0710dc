#include "emit/chunk_streams.hpp"

#include "net/http_client.hpp"
#include "runtime/bell.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"
#include "telemetry/log.hpp"

#include <deque>
#include <stop_token>
#include <utility>

namespace ark::emit {
namespace {

using std::chrono::milliseconds;
using telemetry::LogLevel;

constexpr milliseconds first_wait{100};
constexpr milliseconds longest_wait{2'000};
constexpr std::size_t request_bytes = 256u << 10;  // what is sent at once, about
constexpr std::size_t answer_bytes_max = 64u << 10;

/// One stream, shared by who writes it and the coroutine that sends it.
struct Queue {
    explicit Queue(asio::any_io_executor executor) : arrived(std::move(executor)) {}
    std::string url;
    std::deque<std::string> lines;
    std::size_t bytes = 0;  // of them
    bool complete = false;
    bool closed = false;  // nobody writes any more
    bool dead = false;    // nothing is sent any more
    runtime::Bell arrived;
};

class Sender final : public ChunkStreams {
public:
    Sender(asio::any_io_executor executor, net::HttpClient& client, Config config)
        : client_(client), config_(config), executor_(executor), scope_(executor) {}

    std::unique_ptr<ChunkStream> open(std::string base_url, std::string_view query) override;

    ChunkCounters counters() const override { return counters_; }

    awaitable<void> stop(milliseconds grace) override {
        const milliseconds step(10);
        for (auto waited = milliseconds(0); waited < grace && counters_.open > 0; waited += step)
            if (!co_await runtime::sleep_for(step)) break;
        stop_.request_stop();
        co_await scope_.close();
    }

    void add(Queue& queue, std::string line) {
        const auto size = line.size() + 1;
        const bool room = queue.bytes + size <= config_.stream_bytes_max && bytes_ + size <= config_.bytes_max;
        if (queue.dead || !room) {
            ++counters_.dropped;
            return;
        }
        ++counters_.lines;
        queue.bytes += size;
        bytes_ += size;
        queue.lines.push_back(std::move(line));
        queue.arrived.ring();
    }

private:
    awaitable<void> send(std::shared_ptr<Queue> queue) {
        while (!queue->dead) {
            if (!queue->lines.empty()) {
                auto body = taken(*queue);
                co_await post(*queue, queue->url, std::move(body), "application/x-ndjson");
            } else if (queue->complete) {
                co_await post(*queue, queue->url + "/complete", "{}", "application/json");
                break;
            } else if (queue->closed) {
                break;
            } else {
                co_await queue->arrived.wait();
            }
        }
        drop(*queue);
        queue->dead = true;
        --counters_.open;
    }

    /// What waits, whole lines, at most about a request's worth.
    std::string taken(Queue& queue) {
        std::string body;
        while (!queue.lines.empty() && body.size() < request_bytes) {
            body += queue.lines.front();
            body += '\n';
            queue.lines.pop_front();
        }
        queue.bytes -= body.size();
        bytes_ -= body.size();
        return body;
    }

    void drop(Queue& queue) {
        counters_.dropped += queue.lines.size();
        bytes_ -= queue.bytes;
        queue.bytes = 0;
        queue.lines.clear();
    }

    /// Until it was taken. What may have been taken is not sent again: a gap is better than words twice.
    awaitable<void> post(Queue& queue, std::string url, std::string body, std::string_view type) {
        auto wait = first_wait;
        for (auto waited = milliseconds(0);; waited += wait, wait = std::min(wait * 2, longest_wait)) {
            net::HttpRequest request;
            request.method = "POST";
            request.url = url;
            request.fields.set("content-type", type);
            request.body = body;
            request.timeout = config_.timeout;
            request.stop = stop_.get_token();
            const auto answer = co_await client_.fetch(std::move(request), answer_bytes_max);
            if (answer && answer->status / 100 == 2) co_return;
            const bool again = answer ? answer->status == 429 || answer->status == 503
                                      : answer.error().code == Errc::connect || answer.error().code == Errc::overloaded;
            if (!again) {
                ++counters_.dropped;
                queue.dead = stop_.stop_requested();
                co_return;
            }
            if (waited >= config_.away_max) {
                telemetry::log(LogLevel::warn, "emit", "nobody takes the chunks of a query; the rest is dropped",
                               {{"reason", answer ? "refused" : answer.error().message()}});
                ++counters_.dropped;
                queue.dead = true;
                co_return;
            }
            const auto slept = co_await runtime::sleep_for(wait, stop_.get_token());
            if (!slept) {
                queue.dead = true;
                co_return;
            }
        }
    }

    net::HttpClient& client_;
    const Config config_;
    const asio::any_io_executor executor_;
    std::size_t bytes_ = 0;  // that wait, of all streams
    ChunkCounters counters_;
    std::stop_source stop_;
    runtime::Scope scope_;  // last member: stop() empties it
};

class Stream final : public ChunkStream {
public:
    Stream(Sender& sender, std::shared_ptr<Queue> queue) : sender_(sender), queue_(std::move(queue)) {}
    ~Stream() override {
        queue_->closed = true;
        queue_->arrived.ring();
    }
    void line(std::string json) override { sender_.add(*queue_, std::move(json)); }
    void complete() override {
        queue_->complete = true;
        queue_->arrived.ring();
    }

private:
    Sender& sender_;  // outlives us
    const std::shared_ptr<Queue> queue_;
};

std::unique_ptr<ChunkStream> Sender::open(std::string base_url, std::string_view query) {
    while (base_url.ends_with('/'))
        base_url.pop_back();
    auto queue = std::make_shared<Queue>(executor_);
    queue->url = base_url + "/stream/" + net::percent_encode(query);
    ++counters_.open;
    scope_.spawn(send(queue));
    return std::make_unique<Stream>(*this, std::move(queue));
}

}  // namespace

std::unique_ptr<ChunkStreams> ChunkStreams::create(asio::any_io_executor executor, net::HttpClient& client,
                                                   Config config) {
    return std::make_unique<Sender>(std::move(executor), client, config);
}

}  // namespace ark::emit
