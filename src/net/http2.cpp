#include "net/http2.hpp"

#include "base/check.hpp"

#include <cstring>

#include <boost/asio/post.hpp>

namespace ark::net {

namespace {

// A body of 64 MiB flows without waiting for us, while what nobody has read yet is bounded by the second number a
// connection.
constexpr std::uint32_t stream_window = 1u << 20;
constexpr std::int32_t connection_window = 16 << 20;
// Opening streams only to reset them costs the peer nothing and us a handler each (CVE-2023-44487).
constexpr std::uint32_t resets_max = 1000;
constexpr std::uint64_t resets_window_ms = 10'000;
constexpr std::size_t frame_room = 20u << 10;  // nghttp2 hands out at most one frame of 16 KiB at a time

std::string_view view(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

Http2Stream* stream_of(nghttp2_session* wire, std::int32_t id) {
    return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(wire, id));
}

}  // namespace

/// nghttp2's view of us.
struct Http2::Callbacks {
    static Http2& self(void* user) { return *static_cast<Http2*>(user); }

    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
        return self(user).on_begin_request(frame->hd.stream_id);
    }
    static int header(nghttp2_session* wire, const nghttp2_frame* frame, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t, void*) {
        auto* stream = stream_of(wire, frame->hd.stream_id);
        const bool is_request = frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST;
        if (stream != nullptr && is_request) stream->add_field(view(name, name_size), view(value, value_size));
        return 0;
    }
    static int frame(nghttp2_session* wire, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_RST_STREAM) self(user).on_reset_received();
        auto* stream = stream_of(wire, frame->hd.stream_id);
        if (stream == nullptr) return 0;
        const bool ended = (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST) {
            self(user).on_request(*stream, ended);
        } else if ((frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS) && ended) {
            stream->end_body();
        }
        return 0;
    }
    static int data(nghttp2_session* wire, std::uint8_t, std::int32_t id, const std::uint8_t* bytes, std::size_t size,
                    void*) {
        if (auto* stream = stream_of(wire, id)) {
            stream->add_body(view(bytes, size));
        } else {
            nghttp2_session_consume_connection(wire, size);
        }
        return 0;
    }
    static int sent(nghttp2_session* wire, const nghttp2_frame* frame, void* user) {
        const bool may_end = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
        if (!may_end || (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
        auto* stream = stream_of(wire, frame->hd.stream_id);
        // The answer is complete and nobody reads the rest of the request: it need not come (RFC 9113 §8.1).
        if (stream != nullptr && !stream->body_ended()) self(user).reset(*stream, NGHTTP2_NO_ERROR);
        return 0;
    }
    static int closed(nghttp2_session*, std::int32_t id, std::uint32_t, void* user) {
        self(user).on_stream_closed(id);
        return 0;
    }
};

std::unique_ptr<Session> make_http2(Connection& connection, std::string first) {
    return std::make_unique<Http2>(connection, std::move(first));
}

Http2::Http2(Connection& connection, std::string first)
    : connection_(connection),
      transport_(connection.transport),
      shard_(connection.shard),
      first_(std::move(first)),
      handlers_ended_(connection.shard.context()) {}

Http2::~Http2() {
    nghttp2_session_del(wire_);
}

bool Http2::open_wire() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) return false;
    if (nghttp2_option_new(&option) != 0) {
        nghttp2_session_callbacks_del(callbacks);
        return false;
    }
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, Callbacks::begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, Callbacks::header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, Callbacks::frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, Callbacks::data);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, Callbacks::sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, Callbacks::closed);
    nghttp2_option_set_no_auto_window_update(option, 1);  // windows open as handlers read
    nghttp2_option_set_no_closed_streams(option, 1);
    const int made = nghttp2_session_server_new2(&wire_, callbacks, this, option);
    nghttp2_option_del(option);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) return false;

    const auto& config = shard_.config();
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, static_cast<std::uint32_t>(config.streams_max)},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(config.head_bytes_max)},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    nghttp2_submit_settings(wire_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(wire_, NGHTTP2_FLAG_NONE, 0, connection_window);
    return true;
}

awaitable<void> Http2::run() {
    transport_.deadline_ms = 0;
    idle_deadline_ms_ = shard_.deadline(shard_.config().idle_timeout);
    bool more = open_wire() && feed(first_);
    first_ = std::string();
    while (more) {
        more = co_await transport_.readable();
        if (more) more = feed_ready();
    }
    transport_.close();
    abandon_streams();
    while (running_ > 0)
        co_await handlers_ended_.wait();
    streams_.clear();
    nghttp2_session_del(wire_);
    wire_ = nullptr;
}

/// Reads what is there; false: the connection is to end.
bool Http2::feed_ready() {
    const auto scratch = shard_.scratch();
    const auto got = transport_.read(scratch);
    if (got.state == Transport::State::would_block) return true;
    if (got.state != Transport::State::moved) return false;
    return feed({scratch.data(), got.bytes});
}

bool Http2::feed(std::string_view bytes) {
    const auto used =
        nghttp2_session_mem_recv(wire_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    if (used < 0) shard_.counters.protocol_errors.fetch_add(1, std::memory_order_relaxed);
    start_ready();
    flush();
    if (used < 0) return false;
    return transport_.is_open() && (nghttp2_session_want_read(wire_) != 0 || nghttp2_session_want_write(wire_) != 0);
}

// ---- streams

int Http2::on_begin_request(std::int32_t id) {
    // A handler may outlive its stream; a peer that keeps opening and resetting must not collect them.
    if (shard_.stopping() || running_ + ready_.size() >= 2 * shard_.config().streams_max) {
        nghttp2_submit_rst_stream(wire_, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
        return 0;
    }
    auto stream = std::make_unique<Http2Stream>(*this, id);
    nghttp2_session_set_stream_user_data(wire_, id, stream.get());
    streams_.emplace(id, std::move(stream));
    idle_deadline_ms_ = 0;
    return 0;
}

void Http2::on_request(Http2Stream& stream, bool ended) {
    if (shard_.stopping()) return reset(stream, NGHTTP2_REFUSED_STREAM);
    if (ended) stream.end_body();
    ready_.push_back(&stream);
    stream.running = true;
    shard_.counters.requests.fetch_add(1, std::memory_order_relaxed);
}

void Http2::start_ready() {
    for (auto* stream : std::exchange(ready_, {})) {
        ++running_;
        shard_.spawn(serve(*stream));
    }
}

awaitable<void> Http2::refuse(Http2Stream& stream, int status) {
    shard_.answers().identify(stream.mutable_head());
    auto response = problem(status, "the request's head cannot be accepted");
    co_await stream.respond(std::move(response));
}

awaitable<void> Http2::answer(Http2Stream& stream) {
    const int status = stream.check_head();
    if (status != 0) return refuse(stream, status);
    return dispatch(shard_.router(), shard_.answers(), stream.mutable_head(), stream);
}

/// Its frame stays for as long as a stream is open: what is needed only at the beginning is elsewhere.
awaitable<void> Http2::serve(Http2Stream& stream) {
    co_await answer(stream);
    co_await stream.end_handler();
    stream.running = false;
    --running_;
    if (stream.is_gone()) forget(stream);
    schedule_flush();
    if (running_ == 0) handlers_ended_.wake();
}

void Http2::on_stream_closed(std::int32_t id) {
    const auto found = streams_.find(id);
    if (found == streams_.end()) return;
    found->second->gone();
    if (!found->second->running) forget(*found->second);
}

void Http2::forget(Http2Stream& stream) {
    streams_.erase(stream.id());
    if (streams_.empty()) idle_deadline_ms_ = shard_.deadline(shard_.config().idle_timeout);
}

void Http2::abandon_streams() {
    for (auto& [id, stream] : streams_) {
        if (!stream->is_gone()) stream->gone();
    }
}

void Http2::reset(Http2Stream& stream, std::uint32_t code) {
    if (stream.is_gone() || wire_ == nullptr) return;
    nghttp2_submit_rst_stream(wire_, NGHTTP2_FLAG_NONE, stream.id(), code);
    schedule_flush();
}

void Http2::on_reset_received() {
    if (shard_.coarse_ms() - resets_since_ms_ > resets_window_ms) {
        resets_since_ms_ = shard_.coarse_ms();
        resets_ = 0;
    }
    if (++resets_ != resets_max) return;
    shard_.counters.protocol_errors.fetch_add(1, std::memory_order_relaxed);
    nghttp2_session_terminate_session(wire_, NGHTTP2_ENHANCE_YOUR_CALM);
}

// ---- output

/// Sends once for all that is submitted in this turn of the loop.
void Http2::schedule_flush() {
    if (flush_due_ || wire_ == nullptr) return;
    flush_due_ = true;
    asio::post(shard_.context(), [this, self = connection_.shared_from_this()] {
        flush_due_ = false;
        flush();
    });
}

void Http2::flush() {
    while (wire_ != nullptr && !write_blocked_ && transport_.is_open()) {
        const auto scratch = shard_.scratch();
        const std::size_t size = gather(scratch);
        if (size == 0) break;
        iovec whole = piece({scratch.data(), size});
        std::span<iovec> pieces(&whole, 1);
        const auto moved = transport_.write(pieces);
        if (moved.state == Transport::State::failed) return transport_.close();
        if (pieces.empty()) continue;
        rest_.assign(static_cast<const char*>(pieces.front().iov_base), pieces.front().iov_len);
        wait_writable();
    }
    if (wire_ == nullptr || write_blocked_) return;
    const bool idle_at_stop = stopping_ && streams_.empty();
    const bool over = nghttp2_session_want_read(wire_) == 0 && nghttp2_session_want_write(wire_) == 0;
    if (idle_at_stop || over) transport_.close();
}

/// Takes frames from nghttp2 until the room or the frames end.
std::size_t Http2::gather(std::span<char> into) {
    std::size_t size = 0;
    while (into.size() - size >= frame_room) {
        const std::uint8_t* data = nullptr;
        const auto n = nghttp2_session_mem_send(wire_, &data);
        if (n <= 0) break;
        ARK_CHECK(static_cast<std::size_t>(n) <= frame_room, "frame of {} bytes", n);
        std::memcpy(into.data() + size, data, static_cast<std::size_t>(n));
        size += static_cast<std::size_t>(n);
    }
    return size;
}

void Http2::wait_writable() {
    write_blocked_ = true;
    write_deadline_ms_ = shard_.deadline(shard_.config().write_timeout);
    transport_.on_writable([this, self = connection_.shared_from_this()](bool ready) {
        if (!ready || wire_ == nullptr || !send_rest()) return;
        flush();
    });
}

/// False: not all went, and somebody else goes on.
bool Http2::send_rest() {
    iovec whole = piece(rest_);
    std::span<iovec> pieces(&whole, 1);
    const auto moved = transport_.write(pieces);
    if (moved.state == Transport::State::failed) {
        transport_.close();
        return false;
    }
    if (!pieces.empty()) {
        rest_.erase(0, rest_.size() - pieces.front().iov_len);
        wait_writable();
        return false;
    }
    rest_ = std::string();
    write_blocked_ = false;
    write_deadline_ms_ = 0;
    return true;
}

// ---- ends

void Http2::stop() {
    if (wire_ == nullptr || stopping_) return;
    stopping_ = true;
    nghttp2_submit_goaway(wire_, NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(wire_), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    for (auto& [id, stream] : streams_) {
        if (stream->is_streaming()) stream->mark_closed();
        stream->stop();
    }
    schedule_flush();
}

void Http2::tick() {
    const auto passed = [this](std::uint64_t deadline) { return deadline != 0 && shard_.coarse_ms() >= deadline; };
    if (passed(write_deadline_ms_)) return transport_.close();
    if (wire_ == nullptr) return;
    if (passed(idle_deadline_ms_)) {
        idle_deadline_ms_ = 0;
        nghttp2_session_terminate_session(wire_, NGHTTP2_NO_ERROR);
        return schedule_flush();
    }
    for (auto& [id, stream] : streams_)
        stream->tick();
}

}  // namespace ark::net
