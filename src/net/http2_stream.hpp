#pragma once
#include "net/http.hpp"
#include "net/waiter.hpp"

#include <functional>
#include <string>
#include <string_view>

#include <nghttp2/nghttp2.h>

namespace ark::net {

class Http2;

/// One stream: the exchange of its request and the stream of its answer. Lives until its handler has returned and
/// nghttp2 has closed the stream, whichever is later.
class Http2Stream final : public Exchange, public ResponseStream {
public:
    Http2Stream(Http2& session, std::int32_t id);

    const RequestHead& head() const override { return head_; }
    awaitable<Result<Buffer>> read_body(std::size_t bytes_max, BodyGrowth* growth) override;
    awaitable<Result<Buffer>> read_piece(std::chrono::seconds idle_max) override;
    awaitable<void> respond(Response response) override;
    awaitable<Result<ResponseStream*>> start_stream(int status, Fields fields) override;
    asio::any_io_executor executor() const override;
    std::size_t shard() const override;

    awaitable<Status> write(std::string_view bytes) override;
    awaitable<void> finish() override;
    bool closed() const override { return closed_; }
    void on_close(std::function<void()> callback) override { on_close_ = std::move(callback); }

    // For the session, from nghttp2's callbacks.
    void add_field(std::string_view name, std::string_view value);
    /// The head is complete. Returns 0, or the status to answer with at once.
    int check_head();
    void add_body(std::string_view bytes);
    void end_body();
    void gone();
    /// Copies what is to be sent next.
    ssize_t take_output(std::span<char> into, std::uint32_t* flags);

    RequestHead& mutable_head() { return head_; }
    /// The handler has returned: gives the answer that it owes.
    awaitable<void> end_handler();
    void mark_closed();
    void tick();
    /// The server stops: a body that is read piece by piece may not last as long as its sender likes.
    void stop();

    std::int32_t id() const { return id_; }
    bool body_ended() const { return body_ended_; }
    bool is_gone() const { return gone_; }
    bool is_streaming() const { return streaming_; }

    bool running = false;  // the session's: a handler has started and not returned

private:
    void submit(int status, const Fields& fields, bool with_body, const std::string* length);
    void consume(std::size_t bytes);
    void touch();

    Http2& session_;
    const std::int32_t id_;
    RequestHead head_;
    std::size_t head_bytes_ = 0;
    Buffer body_;
    std::size_t body_max_ = 0;
    BodyGrowth* growth_ = nullptr;  // while reading_
    std::size_t unconsumed_ = 0;    // bytes of body_ for which the peer's window has not been opened again
    Response response_;             // body and trailers, until they are sent
    std::string_view output_;       // what is left of response_.body or of the bytes of write()
    std::function<void()> on_close_;
    Waiter waiter_;                  // the handler sleeps: for its body or for its output
    std::uint64_t deadline_ms_ = 0;  // without progress until then: give up
    bool reading_ = false;
    bool piecewise_ = false;   // the handler waits in read_piece()
    bool discarding_ = false;  // nobody wants the rest of the body
    bool body_ended_ = false;
    bool too_large_ = false;
    bool refused_ = false;  // growth_ did
    bool expired_ = false;
    bool answered_ = false;
    bool streaming_ = false;
    bool finished_ = false;  // output_ is the last
    bool closed_ = false;
    bool gone_ = false;  // nghttp2 has closed the stream
};

}  // namespace ark::net
