#pragma once
#include "api_client.hpp"
#include "net/sse.hpp"
#include "watchdog.hpp"

#include <atomic>
#include <functional>
#include <string>

namespace ark::cli {

/// Reads an event stream of the broker and goes on after every interruption where it stopped: by Last-Event-ID, with
/// growing pauses. What was seen is never seen again, what was missed is announced by the broker as a gap.
class StreamFollower {
public:
    /// False from the callback: enough.
    using OnEvent = std::function<bool(const net::SseEvent& event)>;

    /// `target`: path and query of /v1/stream.
    StreamFollower(const Context& context, net::Client& client, Watchdog& watchdog, std::string target)
        : context_(context), client_(client), watchdog_(watchdog), target_(std::move(target)) {}

    /// Returns when the callback had enough or the watchdog stopped it. Errors: connect, when the broker was never
    /// reached; what the broker answered, when it refuses.
    Status run(const OnEvent& on_event);

    /// Any thread: run() is to return soon. To be called until it has: it may just be between two connections.
    void finish() {
        finished_ = true;
        client_.abort();
    }

    /// Where the next connection would go on; "" before the first id.
    const std::string& last_id() const { return last_id_; }

private:
    enum class Outcome { enough, lost, refused };
    Outcome read_once(const OnEvent& on_event);
    std::chrono::milliseconds pause();
    bool is_over() const { return finished_ || watchdog_.stopped(); }

    const Context& context_;
    net::Client& client_;
    Watchdog& watchdog_;
    std::string target_;
    std::atomic<bool> finished_ = false;
    std::string last_id_;
    Error last_error_;
    bool connected_ = false;  // once at least
    unsigned attempts_ = 0;   // in vain, since the last byte
    bool said_lost_ = false;
};

}  // namespace ark::cli
