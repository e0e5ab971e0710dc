#pragma once
#include "net/connection.hpp"
#include "net/http2_stream.hpp"
#include "net/waiter.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace ark::net {

/// HTTP/2 on one connection: nghttp2 speaks the protocol, we move its bytes and run a handler for each stream.
///
/// nghttp2's callbacks run within feed() and flush() and only note what happened; handlers start after feed(), and what
/// they submit is sent by one flush() for all that ran in the same turn of the loop.
class Http2 final : public Session {
public:
    Http2(Connection& connection, std::string first);
    ~Http2() override;

    awaitable<void> run() override;
    void stop() override;
    void tick() override;

    // For streams.
    Shard& shard() { return shard_; }
    nghttp2_session* wire() { return wire_; }
    const std::string& peer() const { return connection_.peer; }
    void schedule_flush();
    void reset(Http2Stream& stream, std::uint32_t code);

private:
    struct Callbacks;

    bool open_wire();
    bool feed(std::string_view bytes);
    bool feed_ready();
    void start_ready();
    awaitable<void> serve(Http2Stream& stream);
    awaitable<void> answer(Http2Stream& stream);
    awaitable<void> refuse(Http2Stream& stream, int status);
    void forget(Http2Stream& stream);
    void abandon_streams();

    void flush();
    std::size_t gather(std::span<char> into);
    void wait_writable();
    bool send_rest();

    int on_begin_request(std::int32_t id);
    void on_request(Http2Stream& stream, bool ended);
    void on_reset_received();
    void on_stream_closed(std::int32_t id);

    Connection& connection_;
    Transport& transport_;
    Shard& shard_;
    nghttp2_session* wire_ = nullptr;
    std::string first_;  // read while the version was found out
    std::string rest_;   // taken from nghttp2, not yet by the kernel
    std::unordered_map<std::int32_t, std::unique_ptr<Http2Stream>> streams_;
    std::vector<Http2Stream*> ready_;  // whose handlers are to start
    Waiter handlers_ended_;
    std::size_t running_ = 0;  // handlers
    std::uint64_t write_deadline_ms_ = 0;
    std::uint64_t idle_deadline_ms_ = 0;
    std::uint64_t resets_since_ms_ = 0;
    std::uint32_t resets_ = 0;
    bool write_blocked_ = false;
    bool flush_due_ = false;
    bool stopping_ = false;
};

}  // namespace ark::net
