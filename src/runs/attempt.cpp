#include "runs/attempt.hpp"

#include "base/duration.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace ark::runs {
namespace {

constexpr std::chrono::nanoseconds timeout_default = std::chrono::minutes(5);
constexpr std::string_view end_path = "end";
constexpr std::chrono::milliseconds write_wait{500};
constexpr unsigned write_waits_max = 120;

}  // namespace

Attempt::Attempt(const Services& services, resources::ResourcePtr resource, asio::any_io_executor executor)
    : services_(services), resource_(std::move(resource)), timer_(std::move(executor)) {}

awaitable<Result<std::optional<std::string>>> Attempt::open() {
    std::string uid(resource_->uid());
    ARK_CO_TRY(log_, co_await services_.steps.open(std::move(uid)));
    std::optional<std::string> ended;
    if (const auto* text = log_->find(end_path, "")) ended = *text;
    co_return ended;
}

void Attempt::cancel() {
    canceled_ = true;
    stop_.request_stop();
}

void Attempt::suspend() {
    suspended_ = true;
    if (execution_ != nullptr) execution_->suspended = true;
    stop_.request_stop();
}

void Attempt::executes(agents::Execution* execution) {
    execution_ = execution;
    if (execution_ != nullptr) execution_->suspended = suspended_;
}

std::chrono::nanoseconds Attempt::timeout() const {
    return parse_duration(resource_->value["spec"]["timeout"].text()).value_or(timeout_default);
}

void Attempt::start_clock(std::chrono::nanoseconds spent) {
    timer_.expires_after(std::max(timeout() - spent, std::chrono::nanoseconds(0)));
    timer_.async_wait([this](const boost::system::error_code& canceled) {
        if (canceled) return;
        timed_out_ = true;
        stop_.request_stop();
    });
}

Error Attempt::said(const Error& error) const {
    if (!timed_out_ || canceled_) return error;
    return fail(Errc::deadline, fmt::format("the {}'s timeout is over", resource_->kind->singular));
}

awaitable<void> Attempt::record_end(std::string text) {
    agents::Step step;
    step.path = end_path;
    step.kind = "end";
    step.result = std::move(text);
    const auto recorded = co_await log_->record(std::move(step));
    if (recorded) co_return;
    telemetry::log(telemetry::LogLevel::error, "runs", "an end cannot be recorded",
                   {{resource_->kind->singular, resource_->name()}, {"error", recorded.error().message()}});
}

awaitable<resources::Outcome<resources::Written>> Attempt::try_write(resources::Part part,
                                                                     const codec::JsonValue& patch) {
    resources::PatchBody body;
    body.body = patch;
    resources::ObjectName name{std::string(resource_->ns()), std::string(resource_->name())};
    resources::WriteOptions options;
    co_return co_await services_.store.patch(*resource_->kind, std::move(name), part, std::move(body),
                                             std::move(options));
}

awaitable<void> Attempt::write(resources::Part part, codec::JsonValue patch) {
    auto written = co_await try_write(part, patch);
    for (unsigned waited = 0; !written && written.error().reason == resources::Reason::unavailable; ++waited) {
        if (suspended_ || waited == write_waits_max) break;
        asio::steady_timer timer(co_await asio::this_coro::executor, write_wait);
        co_await timer.async_wait(asio::use_awaitable);
        written = co_await try_write(part, patch);
    }
    // One that is deleted needs no status.
    if (written || written.error().reason == resources::Reason::not_found) co_return;
    telemetry::log(telemetry::LogLevel::error, "runs", "a status cannot be written",
                   {{resource_->kind->singular, resource_->name()}, {"reason", written.error().message}});
}

}  // namespace ark::runs
