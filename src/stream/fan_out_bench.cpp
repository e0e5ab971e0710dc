#include "stream/testing/served.hpp"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include <benchmark/benchmark.h>

// Fan-out over real sockets: one net thread serves, one thread appends and reads for all subscribers. The floor is a
// bare loop of send() over as many sockets with the same bytes; compare within one run: absolute numbers are the
// machine's.
namespace ark::stream {
namespace {

using testing::append_events;
using testing::event;
using testing::MemoryJournal;
using testing::Served;
using testing::trace_number;
using testing::Watchers;

std::vector<otlp::LogRecord> burst(std::size_t count) {
    std::vector<otlp::LogRecord> records;
    for (std::size_t i = 0; i < count; ++i) {
        records.push_back(event("ToolCallStart", trace_number(1), "s", {{"toolName", otlp::Value("search")}}));
    }
    return records;
}

/// A served stream with its subscribers connected and live.
struct FanOut {
    explicit FanOut(std::size_t subscribers) : served(journal, config(), {}, 1), watchers(served.port()) {
        Watchers::affordable(subscribers);
        std::size_t syncs = 0;
        const auto count = [&](std::size_t, const net::SseEvent&) { ++syncs; };
        for (std::size_t i = 0; i < subscribers; ++i) {
            watchers.add("topics=event");
            if (i % 100 == 0) watchers.until([&] { return syncs > i; }, count, std::chrono::seconds(60));
        }
        watchers.until([&] { return syncs == subscribers; }, count, std::chrono::seconds(60));
        sent_before = served.stream->status().bytes_total;
        read_before = watchers.bytes();
        // The first one tells how big a frame is: all that follow are as big.
        append_events(journal, burst(1));
        while (served.stream->status().frames_total < 2 * subscribers)
            std::this_thread::yield();
        frame_bytes = (served.stream->status().bytes_total - sent_before) / subscribers;
        expected = read_before + frame_bytes * subscribers;
        watchers.drain(expected);
    }
    static StreamConfig config() {
        StreamConfig config;
        config.sync_every = std::chrono::hours(1);
        config.heartbeat = std::chrono::hours(1);
        return config;
    }
    /// Appends and reads until everybody has it.
    void deliver(const std::vector<otlp::LogRecord>& records, const std::function<void(std::size_t)>& on_bytes = {}) {
        expected += frame_bytes * records.size() * watchers.size();
        append_events(journal, records);
        watchers.drain(expected, on_bytes);
    }

    MemoryJournal journal;
    Served served;
    Watchers watchers;
    std::uint64_t sent_before = 0;
    std::uint64_t read_before = 0;
    std::uint64_t frame_bytes = 0;
    std::uint64_t expected = 0;
};

/// As many bare connections, and a thread that sends to each when told.
class SendLoop {
public:
    explicit SendLoop(std::size_t connections) : watchers(0) {
        const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* generic = reinterpret_cast<sockaddr*>(&address);
        if (::bind(listener, generic, size) != 0 || ::listen(listener, 128) != 0 ||
            ::getsockname(listener, generic, &size) != 0) {
            std::abort();
        }
        for (std::size_t i = 0; i < connections; ++i) {
            const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
            if (::connect(client, generic, size) != 0) std::abort();
            servers_.push_back(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
            const int on = 1;
            ::setsockopt(servers_.back(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            watchers.adopt(client);
        }
        ::close(listener);
        thread_ = std::thread([this] { run(); });
    }
    ~SendLoop() {
        wanted_ = -1;
        wanted_.notify_one();
        thread_.join();
        for (const int fd : servers_)
            ::close(fd);
    }

    void deliver(std::size_t bytes, const std::function<void(std::size_t)>& on_bytes = {}) {
        text_.assign(bytes, 'x');
        expected_ += bytes * servers_.size();
        ++wanted_;
        wanted_.notify_one();
        watchers.drain(expected_, on_bytes);
    }

    Watchers watchers;

private:
    void run() {
        for (std::int64_t done = 0;; ++done) {
            wanted_.wait(done);
            if (wanted_ < 0) return;
            for (const int fd : servers_) {
                for (std::size_t at = 0; at < text_.size();) {
                    const auto sent = ::send(fd, text_.data() + at, text_.size() - at, MSG_NOSIGNAL);
                    if (sent <= 0) std::abort();
                    at += static_cast<std::size_t>(sent);
                }
            }
        }
    }

    std::vector<int> servers_;
    std::string text_;
    std::uint64_t expected_ = 0;
    std::atomic<std::int64_t> wanted_{0};
    std::thread thread_;
};

constexpr std::size_t loop_frame_bytes = 315;  // like the stream's: see its counter

/// `subscribers`, `events a burst`.
void stream_deliveries(benchmark::State& state) {
    const auto subscribers = static_cast<std::size_t>(state.range(0));
    const auto records = burst(static_cast<std::size_t>(state.range(1)));
    FanOut fan_out(subscribers);
    for (auto _ : state)
        fan_out.deliver(records);
    state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
    state.counters["frame_bytes"] = static_cast<double>(fan_out.frame_bytes);
}

void send_loop_deliveries(benchmark::State& state) {
    SendLoop loop(static_cast<std::size_t>(state.range(0)));
    for (auto _ : state)
        loop.deliver(loop_frame_bytes * static_cast<std::size_t>(state.range(1)));
    state.SetItemsProcessed(state.iterations() * state.range(0) * state.range(1));
}

/// Calls deliver(on_bytes) at 50 events a second: milliseconds until each subscriber read its frame.
template <class Deliver>
void measure_latency(benchmark::State& state, Deliver deliver) {
    std::vector<double> millis;
    for (auto _ : state) {
        const auto began = system_clock().monotonic_nanos();
        deliver([&](std::size_t) {
            millis.push_back(static_cast<double>(system_clock().monotonic_nanos() - began) * 1e-6);
        });
        const auto took = system_clock().monotonic_nanos() - began;
        std::this_thread::sleep_for(std::chrono::nanoseconds(20'000'000) - std::chrono::nanoseconds(took));
    }
    std::sort(millis.begin(), millis.end());
    state.counters["p50_ms"] = millis[millis.size() / 2];
    state.counters["p99_ms"] = millis[millis.size() * 99 / 100];
}

/// From the append to the receipt.
void stream_receipt(benchmark::State& state) {
    FanOut fan_out(static_cast<std::size_t>(state.range(0)));
    const auto record = burst(1);
    measure_latency(state, [&](const auto& on_bytes) { fan_out.deliver(record, on_bytes); });
}

/// From the word to send to the receipt: what no server of this machine can beat.
void send_loop_receipt(benchmark::State& state) {
    SendLoop loop(static_cast<std::size_t>(state.range(0)));
    measure_latency(state, [&](const auto& on_bytes) { loop.deliver(loop_frame_bytes, on_bytes); });
}

BENCHMARK(send_loop_deliveries)->Args({1000, 1})->Args({1000, 100})->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(stream_deliveries)
    ->Args({1000, 1})
    ->Args({1000, 100})
    ->Args({5000, 1})
    ->Args({5000, 100})
    ->MeasureProcessCPUTime()
    ->UseRealTime();
BENCHMARK(send_loop_receipt)->Arg(1000)->Iterations(150)->MeasureProcessCPUTime()->UseRealTime();
BENCHMARK(stream_receipt)->Arg(1000)->Iterations(150)->MeasureProcessCPUTime()->UseRealTime();

}  // namespace
}  // namespace ark::stream
