#include "receive/admission.hpp"

#include "runtime/handover.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>

namespace ark::receive {
namespace {

/// A coroutine that waits for the journal, and what it will hear: one object for the way there and back.
template <class Handler>
class Appending final : public runtime::Handover::Task {
public:
    explicit Appending(Handler handler) : home_(asio::get_associated_executor(handler)), handler_(std::move(handler)) {}

    /// On the writer's thread: only hands over. The task is its own owner until then.
    static void finish(Appending* appending, Result<journal::Receipt> result) {
        appending->result_.emplace(std::move(result));
        appending->home_.post(std::unique_ptr<Task>(appending));
    }
    void run() override {
        auto handler = std::move(handler_);
        std::move(handler)(std::move(*result_));
    }

private:
    runtime::Handover home_;
    Handler handler_;
    std::optional<Result<journal::Receipt>> result_;
};

/// journal::append as an awaitable that resumes on the caller's executor.
awaitable<Result<journal::Receipt>> append_durably(journal::Journal& journal, std::shared_ptr<model::Batch> batch) {
    auto start = [&journal](auto handler, std::shared_ptr<model::Batch> appended) {
        // Given away: the journal answers every append, once.
        auto* appending = new Appending<decltype(handler)>(std::move(handler));
        journal.append(std::move(appended), [appending](Result<journal::Receipt> result) {
            Appending<decltype(handler)>::finish(appending, std::move(result));
        });
    };
    return asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<journal::Receipt>)>(
        std::move(start), asio::use_awaitable, std::move(batch));
}

}  // namespace

Admission::Admission(const Limits& limits, journal::Journal& journal, std::function<Offset()> folded)
    : limits_(limits), journal_(journal), folded_(std::move(folded)), budget_(limits.in_flight_bytes_max) {}

ByteBudget::Hold Admission::reserve(const net::RequestHead& head) {
    std::size_t bytes = 64u << 10;  // a body that tells no length begins as a small one, and takes more as it grows
    const auto length = head.fields.find("content-length");
    std::from_chars(length.data(), length.data() + length.size(), bytes);
    return budget_.try_take(std::min(bytes, limits_.request_bytes_max));
}

/// Whether the views are too far behind to take items of the batch's size.
bool Admission::views_lag(const model::Batch& batch) const {
    if (!folded_) return false;
    const std::uint64_t item_bytes = batch.payload().size() / batch.header().item_count + 1;
    const auto folded = folded_();  // first: the end only grows
    return (journal_.end() - folded) * item_bytes > limits_.lag_bytes_max;
}

awaitable<Result<journal::Receipt>> Admission::append_in_pace(std::shared_ptr<model::Batch> batch) {
    constexpr std::chrono::milliseconds step{1};
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (auto left = limits_.lag_wait_max; left.count() > 0 && views_lag(*batch); left -= step) {
        timer.expires_after(step);
        co_await timer.async_wait(asio::use_awaitable);
    }
    co_return co_await append_durably(journal_, std::move(batch));
}

// No coroutine itself, as it need not be: most requests wait for nothing but the journal.
awaitable<Result<journal::Receipt>> Admission::append(std::shared_ptr<model::Batch> batch) {
    return views_lag(*batch) ? append_in_pace(std::move(batch)) : append_durably(journal_, std::move(batch));
}

}  // namespace ark::receive
