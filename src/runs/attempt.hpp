#pragma once
#include "agents/execution.hpp"
#include "codec/json_value.hpp"
#include "runs/run.hpp"

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace ark::runs {

/// What an attempt at a Query or an Evaluation has to it besides its work: its steps, its time, whether somebody
/// stopped it, and the resource that says how it goes. One executor.
class Attempt {
public:
    /// `services` and `resource`'s kind outlive us.
    Attempt(const Services& services, resources::ResourcePtr resource, asio::any_io_executor executor);

    /// Opens the steps. The text with which an earlier process ended it: it has only the status to write; nothing: it
    /// goes on. Before anything below.
    awaitable<Result<std::optional<std::string>>> open();
    StepLog& log() { return *log_; }

    /// Nobody wants the result; the process stops. Both abort what is under way.
    void cancel();
    void suspend();
    bool is_canceled() const { return canceled_; }
    bool is_suspended() const { return suspended_; }
    std::stop_token stop() const { return stop_.get_token(); }
    /// Tells the execution, now or later, that the process stops. Null: it is over.
    void executes(agents::Execution* execution);

    /// Of `spec.timeout`, or five minutes.
    std::chrono::nanoseconds timeout() const;
    /// From now on it is stopped when so much of its timeout, besides `spent`, has passed.
    void start_clock(std::chrono::nanoseconds spent);
    void stop_clock() { timer_.cancel(); }

    /// Why it did not end well: whoever was stopped knows not why.
    Error said(const Error& error) const;
    /// In that case.
    std::string_view phase() const { return canceled_ ? "canceled" : "error"; }

    /// Records the end, with the telemetry that tells it. When it cannot be, that is logged: the status says it all the
    /// same.
    awaitable<void> record_end(std::string text);
    /// A merge patch of the resource. A store whose disk is full is waited for, a minute long. What is not written is
    /// written by the next process: the steps say what it is.
    awaitable<void> write(resources::Part part, codec::JsonValue patch);

private:
    awaitable<resources::Outcome<resources::Written>> try_write(resources::Part part, const codec::JsonValue& patch);

    const Services services_;
    const resources::ResourcePtr resource_;
    std::unique_ptr<StepLog> log_;
    std::stop_source stop_;
    agents::Execution* execution_ = nullptr;
    bool canceled_ = false;
    bool timed_out_ = false;
    bool suspended_ = false;
    asio::steady_timer timer_;
};

}  // namespace ark::runs
