#include "watchdog.hpp"

#include "base/time.hpp"

#include <cstdlib>
#include <utility>

namespace ark::cli {
namespace {

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

}  // namespace

Watchdog::Watchdog(std::function<void()> stop) : stop_(std::move(stop)) {
    const auto set = stop_signals();
    pthread_sigmask(SIG_BLOCK, &set, &previous_);
    touch();
    thread_ = std::thread([this] { run(); });
}

Watchdog::~Watchdog() {
    done_ = true;
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
}

void Watchdog::limit_idle(std::chrono::nanoseconds idle) {
    touch();
    idle_ = idle.count();
}

std::int64_t Watchdog::now() {
    return static_cast<std::int64_t>(system_clock().monotonic_nanos());
}

void Watchdog::sleep(std::chrono::milliseconds time) const {
    const auto until = now() + std::chrono::nanoseconds(time).count();
    while (!stopped() && now() < until)
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
}

void Watchdog::run() {
    const auto set = stop_signals();
    while (!done_) {
        const timespec tick{0, 20'000'000};  // how late a limit may be noticed
        const int got = sigtimedwait(&set, nullptr, &tick);
        if (got > 0) {
            if (signal_ != 0) std::_Exit(128 + got);  // the second one: now
            signal_ = got;
            cause_ = Cause::signal;
        }
        const auto t = now();
        if (!stopped() && total_at_ != 0 && t >= total_at_) cause_ = Cause::total;
        if (!stopped() && idle_ != 0 && t - touched_ >= idle_) cause_ = Cause::idle;
        if (stopped() && stop_) stop_();
    }
}

}  // namespace ark::cli
