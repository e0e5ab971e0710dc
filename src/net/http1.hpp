#pragma once
#include "net/chunked.hpp"
#include "net/connection.hpp"
#include "net/head.hpp"

#include <functional>
#include <span>
#include <string>

namespace ark::net {

/// HTTP/1.1 on one connection: one request after the other, pipelined ones wait in `input_`. It is the exchange of the
/// request under way and the stream of its answer, so that an idle connection or stream costs one object and its
/// coroutines' frames.
class Http1 final : public Session, public Exchange, public ResponseStream {
public:
    Http1(Connection& connection, std::string first);

    awaitable<void> run() override;
    void stop() override;
    void tick() override;

    const RequestHead& head() const override { return head_; }
    awaitable<Result<Buffer>> read_body(std::size_t bytes_max, BodyGrowth* growth) override;
    awaitable<Result<Buffer>> read_piece(std::chrono::seconds idle_max) override;
    awaitable<void> respond(Response response) override;
    awaitable<Result<ResponseStream*>> start_stream(int status, Fields fields) override;
    asio::any_io_executor executor() const override { return shard_.context().get_executor(); }
    std::size_t shard() const override { return shard_.index(); }

    awaitable<Status> write(std::string_view bytes) override;
    awaitable<void> finish() override;
    bool closed() const override { return closed_; }
    void on_close(std::function<void()> callback) override { on_close_ = std::move(callback); }

private:
    enum class Phase { idle, head, handling, streaming, ended };

    awaitable<bool> next_head();
    bool take_head(std::string_view bytes, int& status);
    void begin_request();
    awaitable<void> refuse(int status);
    awaitable<bool> end_request();
    awaitable<void> linger();

    Buffer take_body();
    awaitable<Result<Buffer>> read_rest(std::size_t bytes_max, BodyGrowth* growth = nullptr);
    awaitable<Result<Buffer>> read_sized(std::uint64_t length);
    awaitable<Result<Buffer>> read_chunked(std::size_t bytes_max, BodyGrowth* growth);
    awaitable<Status> fill_input(std::chrono::seconds patience);
    bool take_piece(Buffer& piece);
    awaitable<Status> say_continue();
    bool body_left() const { return !body_done_; }
    bool small_rest() const;

    std::string& begin_head(int status, const Fields& fields);
    awaitable<bool> send(std::span<iovec> pieces);
    bool send_now(std::span<iovec>& pieces);
    awaitable<bool> send_rest(std::span<iovec> pieces);
    void watch_peer();
    void peer_moved(bool ready);
    void mark_closed();

    Connection& connection_;
    Transport& transport_;
    Shard& shard_;
    std::string input_;        // read but not yet used: pipelined requests, the beginning of a body
    std::size_t scanned_ = 0;  // of input_: holds no end of a head
    RequestHead head_;
    Framing framing_;
    ChunkDecoder chunks_;
    std::function<void()> on_close_;
    std::uint32_t watch_ = 0;  // which of the waits for the peer's end counts; old ones are ignored
    Phase phase_ = Phase::idle;
    bool body_done_ = true;
    bool piecewise_ = false;  // the handler waits in read_piece()
    bool continue_due_ = false;
    bool keep_alive_ = true;
    bool answered_ = false;
    bool finished_ = false;  // the stream
    bool chunked_answer_ = false;
    bool closed_ = false;
    bool expired_ = false;  // the sweep ended our wait
};

}  // namespace ark::net
