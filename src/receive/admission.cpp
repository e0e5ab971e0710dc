#include "receive/admission.hpp"

#include "runtime/handover.hpp"

#include <charconv>
#include <optional>
#include <utility>

#include <boost/asio/async_result.hpp>

namespace ark::receive {
namespace {

/// journal::append as an awaitable that resumes on the caller's executor.
awaitable<Result<journal::Receipt>> append_durably(journal::Journal& journal, std::shared_ptr<model::Batch> batch) {
    const runtime::Handover home(co_await asio::this_coro::executor);
    std::optional<Result<journal::Receipt>> outcome;
    auto start = [&journal, &batch, &outcome, &home](auto handler) {
        auto shared = std::make_shared<decltype(handler)>(std::move(handler));
        auto done = [&outcome, &home, shared](Result<journal::Receipt> result) {
            // On the writer's thread: only hand over. The frame that owns `outcome` and `home` is suspended until then.
            outcome.emplace(std::move(result));
            home.post([shared]() { std::move (*shared)(); });
        };
        journal.append(std::move(batch), std::move(done));
    };
    co_await asio::async_initiate<const asio::use_awaitable_t<>&, void()>(std::move(start), asio::use_awaitable);
    co_return std::move(*outcome);
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

awaitable<Result<Buffer>> Admission::read_body(net::Exchange& exchange, ByteBudget::Hold& hold,
                                               std::size_t bytes_max) const {
    struct Growth final : net::BodyGrowth {
        explicit Growth(ByteBudget::Hold& of) : hold(of) {}
        bool grow_to(std::size_t bytes) override { return hold.raise_to(bytes); }
        ByteBudget::Hold& hold;
    } growth(hold);
    auto body = co_await exchange.read_body(bytes_max, &growth);
    co_return body;
}

awaitable<void> Admission::keep_pace(const model::Batch& batch) const {
    if (!folded_) co_return;
    constexpr std::chrono::milliseconds step{1};
    const std::uint64_t item_bytes = batch.payload().size() / batch.header().item_count + 1;
    const auto lags = [&] {
        const auto folded = folded_();  // first: the end only grows
        return (journal_.end() - folded) * item_bytes > limits_.lag_bytes_max;
    };
    asio::steady_timer timer(co_await asio::this_coro::executor);
    for (auto left = limits_.lag_wait_max; left.count() > 0 && lags(); left -= step) {
        timer.expires_after(step);
        co_await timer.async_wait(asio::use_awaitable);
    }
}

awaitable<Result<journal::Receipt>> Admission::append(std::shared_ptr<model::Batch> batch) {
    co_await keep_pace(*batch);
    co_return co_await append_durably(journal_, std::move(batch));
}

}  // namespace ark::receive
