#pragma once
#include "net/http_client.hpp"
#include "net/sse.hpp"

#include <deque>

namespace ark::net {

/// The events of a response's body, one at a time. Belongs to one coroutine, like the response.
class SseReader {
public:
    /// An event beyond `event_bytes_max` ends the stream with too_large.
    SseReader(std::unique_ptr<HttpResponse> response, std::size_t event_bytes_max)
        : response_(std::move(response)), parser_(event_bytes_max) {}

    /// The next event; nothing at the stream's end.
    awaitable<Result<std::optional<SseEvent>>> next();
    const SseParser& parser() const { return parser_; }
    const HttpResponse& response() const { return *response_; }

private:
    std::unique_ptr<HttpResponse> response_;
    SseParser parser_;
    std::deque<SseEvent> events_;  // of one piece of the body
};

}  // namespace ark::net
