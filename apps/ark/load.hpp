#pragma once
#include "loadgen/scenario.hpp"
#include "net/client.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace ark::cli {

struct LoadConfig {
    net::Url endpoint;                 ///< an OTLP/HTTP receiver; the path is ours
    bool json = false;                 ///< OTLP/JSON instead of protobuf
    loadgen::ScenarioConfig scenario;  ///< sessions are shared out among the connections; start and speed are ours
    std::size_t batch_max = 512;       ///< items of one request
    std::chrono::milliseconds flush_every{100};  ///< oldest item that may still wait for company
    unsigned connections = 1;
    enum class Pace { natural, rate, unlimited } pace = Pace::natural;
    double rate = 0;              ///< items a second over all connections, with Pace::rate
    std::uint64_t items_max = 0;  ///< stop after so many; 0: no limit
};

struct LoadReport {
    std::uint64_t spans = 0;     ///< acknowledged
    std::uint64_t events = 0;    ///< acknowledged
    std::uint64_t rejected = 0;  ///< refused one by one (partial success)
    std::uint64_t requests = 0;  ///< acknowledged
    std::uint64_t retries = 0;
    std::uint64_t lost = 0;   ///< items given up after retries
    std::uint64_t bytes = 0;  ///< of acknowledged bodies
    double seconds = 0;
    double p50_ms = 0, p90_ms = 0, p99_ms = 0, max_ms = 0;  ///< of acknowledged requests, without retries' waits
    std::string last_error;
};

/// Sends a scenario over real OTLP/HTTP, one thread a connection. Start, then stop() or wait until items_max is
/// reached.
class Load {
public:
    explicit Load(LoadConfig config);
    ~Load();  ///< stop()s
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void start();
    bool running() const { return active_ > 0; }
    void stop();  ///< what is pending is sent first, unless the broker is gone. Idempotent
    std::uint64_t items_sent() const { return items_sent_; }  ///< any thread
    LoadReport report() const;                                ///< after stop()

private:
    class Connection;
    const LoadConfig config_;
    std::atomic<bool> stopping_ = false;
    std::atomic<unsigned> active_ = 0;
    std::atomic<std::uint64_t> items_sent_ = 0;
    std::uint64_t begin_nanos_ = 0;
    std::uint64_t end_nanos_ = 0;
    std::vector<std::unique_ptr<Connection>> connections_;
    std::vector<std::thread> threads_;  // last: they use everything above
};

}  // namespace ark::cli
