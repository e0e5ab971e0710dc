#include "net/sse_reader.hpp"

namespace ark::net {

awaitable<Result<std::optional<SseEvent>>> SseReader::next() {
    while (events_.empty()) {
        ARK_CO_TRY(const auto piece, co_await response_->read());
        if (!piece) co_return std::optional<SseEvent>();
        const auto keep = [this](const SseEvent& event) { events_.push_back(event); };
        if (!parser_.feed(*piece, keep)) co_return fail(Errc::too_large, "an event of the stream is too long");
    }
    auto event = std::move(events_.front());
    events_.pop_front();
    co_return std::optional<SseEvent>(std::move(event));
}

}  // namespace ark::net
