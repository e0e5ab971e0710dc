#pragma once
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <functional>
#include <thread>

namespace ark::cli {

/// Ends a long-running command: at Ctrl-C or SIGTERM, after a total time, or after a time without touch().
///
/// Create it before other threads: it blocks both signals for them and waits for the signals on a thread of its own,
/// which calls `stop` (again and again, until it is destroyed: the command may just be between two waits). A second
/// signal ends the process.
class Watchdog {
public:
    enum class Cause { none, signal, total, idle };

    explicit Watchdog(std::function<void()> stop);
    ~Watchdog();
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;

    void limit_total(std::chrono::nanoseconds total) { total_at_ = now() + total.count(); }
    void limit_idle(std::chrono::nanoseconds idle);
    void touch() { touched_ = now(); }      ///< any thread
    Cause cause() const { return cause_; }  ///< any thread
    bool stopped() const { return cause() != Cause::none; }
    int signal() const { return signal_; }  ///< which one, for Cause::signal
    /// Sleeps, but not beyond a stop.
    void sleep(std::chrono::milliseconds time) const;

private:
    static std::int64_t now();
    void run();

    std::function<void()> stop_;
    std::atomic<Cause> cause_ = Cause::none;
    std::atomic<int> signal_ = 0;
    std::atomic<std::int64_t> total_at_ = 0;  // monotonic nanoseconds; 0: no limit
    std::atomic<std::int64_t> idle_ = 0;      // nanoseconds; 0: no limit
    std::atomic<std::int64_t> touched_ = 0;
    std::atomic<bool> done_ = false;
    sigset_t previous_{};
    std::thread thread_;  // last: starts when all above is ready
};

}  // namespace ark::cli
