#include "net/http1.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace ark::net {

namespace {

constexpr std::size_t first_read =
    16u << 10;  // heads and small bodies in one call; big bodies go straight to their buffer
constexpr std::size_t body_step = 1u << 20;       // memory grows with what came, not with what was announced
constexpr std::size_t idle_input_max = 4u << 10;  // an idle connection keeps no more than this
constexpr std::size_t pipelined_max = 16u << 10;  // bytes taken while a stream is open: nobody needs more
constexpr std::size_t rest_max = 64u << 10;       // of an unread body: read over to keep the connection
constexpr std::size_t linger_max = 64u << 20;     // a whole refused body: many clients read the answer only then
constexpr std::size_t joined_max = 4u << 10;  // a body that is copied behind its head: one piece costs less than two
constexpr std::string_view head_end = "\r\n\r\n";

bool has_no_body(int status) {
    return status == 204 || status == 304 || status < 200;
}

/// A field's text as it may stand on the wire: a line break in it would begin a field of the attacker's.
void append_clean(std::string& out, std::string_view text) {
    const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    const auto begin = out.size();
    out.append(text);
    std::replace_if(out.data() + begin, out.data() + out.size(), breaks, ' ');
}

void append_decimal(std::string& out, std::uint64_t number) {
    std::array<char, 20> digits;
    const auto* end = std::to_chars(digits.begin(), digits.end(), number).ptr;
    out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    append_clean(out, name);
    out.append(": ");
    append_clean(out, value);
    out.append("\r\n");
}

}  // namespace

std::unique_ptr<Session> make_http1(Connection& connection, std::string first) {
    return std::make_unique<Http1>(connection, std::move(first));
}

Http1::Http1(Connection& connection, std::string first)
    : connection_(connection), transport_(connection.transport), shard_(connection.shard), input_(std::move(first)) {}

awaitable<void> Http1::run() {
    bool more = co_await next_head();
    while (more) {
        co_await dispatch(shard_.router(), shard_.answers(), head_, *this);
        more = co_await end_request();
        if (more) more = co_await next_head();
    }
    phase_ = Phase::ended;
    if (body_left() || !input_.empty()) co_await linger();
}

void Http1::stop() {
    keep_alive_ = false;
    if (phase_ == Phase::streaming) return mark_closed();
    if (phase_ != Phase::handling) return transport_.close();
    if (piecewise_) transport_.cancel();
}

void Http1::tick() {
    if (transport_.deadline_ms == 0 || shard_.coarse_ms() < transport_.deadline_ms) return;
    transport_.deadline_ms = 0;
    expired_ = true;
    // A body that stopped coming still gets its answer; everything else has nobody to talk to.
    if (phase_ == Phase::handling && !answered_) {
        transport_.cancel();
    } else {
        transport_.close();
    }
}

// ---- the head

/// True: head_ holds the next request. False: there will be none.
awaitable<bool> Http1::next_head() {
    phase_ = input_.empty() ? Phase::idle : Phase::head;
    const auto& config = shard_.config();
    transport_.deadline_ms = shard_.deadline(input_.empty() ? config.idle_timeout : config.head_timeout);
    int status = 0;
    if (!input_.empty() && take_head({}, status)) co_return true;
    while (status == 0) {
        const bool ready = co_await transport_.readable();
        if (!ready) co_return false;
        const auto scratch = shard_.scratch().first(first_read);
        const auto got = transport_.read(scratch);
        if (got.state == Transport::State::would_block) continue;
        if (got.state != Transport::State::moved) {
            input_.clear();
            co_return false;
        }
        if (take_head({scratch.data(), got.bytes}, status)) co_return true;
        if (phase_ == Phase::idle) {
            phase_ = Phase::head;
            transport_.deadline_ms = shard_.deadline(config.head_timeout);
        }
    }
    co_await refuse(status);
    co_return false;
}

/// Adds the bytes to what is there and parses the head if it is complete. False: more is needed, or `status` says what
/// is wrong.
bool Http1::take_head(std::string_view bytes, int& status) {
    const bool from_input = !input_.empty();
    if (from_input) input_.append(bytes);
    std::string_view all = from_input ? std::string_view(input_) : bytes;
    const std::size_t size = all.size();
    // Empty lines before a request are allowed (RFC 9112 §2.2).
    while (!all.empty() && (all.front() == '\r' || all.front() == '\n'))
        all.remove_prefix(1);
    const std::size_t skipped = size - all.size();

    const std::size_t from = scanned_ > skipped ? scanned_ - skipped : 0;
    const auto end = all.find(head_end, from);
    const std::size_t head_size = end == all.npos ? all.size() : end + head_end.size();
    if (head_size > shard_.config().head_bytes_max || skipped > first_read) {
        status = 431;
        return false;
    }
    const auto is_token = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
    };
    if (!all.empty() &&
        !is_token(all.front())) {  // not HTTP at all, a TLS handshake for one: no use in waiting for more
        status = 400;
        return false;
    }
    if (end == all.npos) {
        if (!from_input) input_.assign(bytes);
        scanned_ = size < head_end.size() ? 0 : size - (head_end.size() - 1);
        return false;
    }
    begin_request();
    status = parse_head(all.substr(0, head_size), head_, framing_);
    if (from_input) {
        input_.erase(0, skipped + head_size);
    } else {
        input_.assign(all.substr(head_size));
    }
    if (status != 0) return false;
    phase_ = Phase::handling;
    transport_.deadline_ms = 0;
    body_done_ = !framing_.has_body();
    continue_due_ = framing_.expects_continue && !body_done_;
    keep_alive_ = framing_.keep_alive && !shard_.stopping();
    shard_.counters.requests.fetch_add(1, std::memory_order_relaxed);
    return true;
}

void Http1::begin_request() {
    scanned_ = 0;
    head_ = RequestHead{};
    head_.peer = connection_.peer;
    framing_ = Framing{};
    chunks_ = ChunkDecoder{};
    answered_ = finished_ = chunked_answer_ = closed_ = expired_ = false;
}

/// Answers what is not a request, and gives the connection up.
awaitable<void> Http1::refuse(int status) {
    shard_.counters.protocol_errors.fetch_add(1, std::memory_order_relaxed);
    begin_request();
    keep_alive_ = false;
    body_done_ = false;  // what follows cannot be understood
    shard_.answers().identify(head_);
    auto response = problem(status, "the request's head cannot be accepted");
    co_await respond(std::move(response));
}

/// Whether another request may follow.
awaitable<bool> Http1::end_request() {
    on_close_ = nullptr;
    if (phase_ == Phase::streaming) {
        ++watch_;
        transport_.cancel();
        // A stream that was not finished must not look complete.
        if (!finished_) co_return false;
    }
    if (!answered_) {
        auto response = problem(500, "the server failed to answer");
        co_await respond(std::move(response));
    }
    if (!keep_alive_ || closed_ || !transport_.is_open()) co_return false;
    if (body_left()) {
        auto rest = co_await read_rest(rest_max);
        if (!rest) co_return false;
    }
    if (input_.capacity() > idle_input_max && input_.empty()) input_ = std::string();
    co_return keep_alive_;
}

/// Reads over what the peer still sends, a while: closing at once would reset the connection and lose our answer on the
/// way.
awaitable<void> Http1::linger() {
    transport_.shutdown_write();
    transport_.deadline_ms = shard_.deadline(std::chrono::seconds(2));
    std::size_t left = linger_max;
    while (left > 0) {
        const bool ready = co_await transport_.readable();
        if (!ready) break;
        const auto got = transport_.read(shard_.scratch());
        if (got.state == Transport::State::would_block) continue;
        if (got.state != Transport::State::moved) break;
        left -= std::min(left, got.bytes);
    }
}

// ---- the body

bool Http1::small_rest() const {
    return framing_.chunked || framing_.content_length.value_or(0) <= rest_max;
}

awaitable<Result<Buffer>> Http1::read_body(std::size_t bytes_max, BodyGrowth* growth) {
    if (body_done_) {
        Buffer none;
        co_return none;
    }
    if (!framing_.chunked && *framing_.content_length > bytes_max) {
        keep_alive_ = false;
        co_return fail(Errc::too_large,
                       fmt::format("body of {} bytes, {} allowed", *framing_.content_length, bytes_max));
    }
    if (!framing_.chunked && input_.size() >= *framing_.content_length) co_return take_body();
    ARK_CO_TRY_STATUS(co_await say_continue());
    auto body = co_await read_rest(bytes_max, growth);
    if (!body) keep_alive_ = false;
    co_return body;
}

/// A small body, which came with its head.
Buffer Http1::take_body() {
    const auto size = static_cast<std::size_t>(*framing_.content_length);
    auto body = Buffer::copy_of({input_.data(), size});
    input_.erase(0, size);
    transport_.deadline_ms = 0;
    body_done_ = true;
    return body;
}

awaitable<Result<Buffer>> Http1::read_rest(std::size_t bytes_max, BodyGrowth* growth) {
    return framing_.chunked ? read_chunked(bytes_max, growth) : read_sized(*framing_.content_length);
}

awaitable<Status> Http1::say_continue() {
    if (!continue_due_ || !input_.empty()) co_return ok();
    continue_due_ = false;
    std::array<iovec, 1> pieces{piece("HTTP/1.1 100 Continue\r\n\r\n")};
    const bool sent = co_await send(pieces);
    if (!sent) co_return fail(Errc::closed, "peer closed before its body");
    co_return ok();
}

awaitable<Result<Buffer>> Http1::read_sized(std::uint64_t length) {
    const auto size = static_cast<std::size_t>(length);
    Buffer body(std::min(size, std::max(body_step, input_.size())));
    const std::size_t ready = std::min(size, input_.size());
    body.append({input_.data(), ready});
    input_.erase(0, ready);
    while (body.size() < size) {
        if (body.size() == body.capacity()) body.reserve(std::min(size, body.capacity() * 2));
        const auto got = transport_.read(body.spare());
        if (got.state == Transport::State::moved) {
            body.commit(got.bytes);
            continue;
        }
        if (got.state != Transport::State::would_block) co_return fail(Errc::closed, "peer closed within its body");
        transport_.deadline_ms = shard_.deadline(shard_.config().body_timeout);
        const bool ready_again = co_await transport_.readable();
        if (!ready_again) co_return fail(expired_ ? Errc::deadline : Errc::closed, "body did not come to its end");
    }
    transport_.deadline_ms = 0;
    body_done_ = true;
    co_return body;
}

awaitable<Result<Buffer>> Http1::read_chunked(std::size_t bytes_max, BodyGrowth* growth) {
    Buffer body;
    while (true) {
        std::string_view rest = input_;
        std::string_view data;
        auto step = chunks_.next(rest, data);
        for (; step == ChunkDecoder::Step::data; step = chunks_.next(rest, data)) {
            if (data.size() > bytes_max - body.size()) {
                co_return fail(Errc::too_large, fmt::format("chunked body beyond {} bytes", bytes_max));
            }
            if (growth != nullptr && !growth->grow_to(body.size() + data.size())) {
                co_return fail(Errc::overloaded, "no memory is free for a body of this size");
            }
            body.append(data);
        }
        input_.erase(0, input_.size() - rest.size());
        if (step == ChunkDecoder::Step::done) break;
        if (step == ChunkDecoder::Step::bad) {
            shard_.counters.protocol_errors.fetch_add(1, std::memory_order_relaxed);
            co_return fail(Errc::protocol, "malformed chunked body");
        }
        ARK_CO_TRY_STATUS(co_await fill_input(shard_.config().body_timeout));
    }
    transport_.deadline_ms = 0;
    body_done_ = true;
    co_return body;
}

awaitable<Result<Buffer>> Http1::read_piece(std::chrono::seconds idle_max) {
    Buffer piece;
    if (!body_done_) {
        ARK_CO_TRY_STATUS(co_await say_continue());
    }
    while (!body_done_) {
        if (!take_piece(piece)) {
            keep_alive_ = false;
            shard_.counters.protocol_errors.fetch_add(1, std::memory_order_relaxed);
            co_return fail(Errc::protocol, "malformed chunked body");
        }
        if (!piece.empty() || body_done_) break;
        Status filled = ok();
        if (!shard_.stopping()) {
            piecewise_ = true;
            filled = co_await fill_input(idle_max);
            piecewise_ = false;
        }
        if (shard_.stopping()) filled = fail(Errc::stopped, "the server stops");
        if (!filled) {
            keep_alive_ = false;
            co_return filled.error();
        }
    }
    transport_.deadline_ms = 0;
    co_return piece;
}

/// Moves what input_ holds of the body to `piece`. False: not the chunked coding.
bool Http1::take_piece(Buffer& piece) {
    if (!framing_.chunked) {
        auto& left = *framing_.content_length;
        const auto ready = static_cast<std::size_t>(std::min<std::uint64_t>(left, input_.size()));
        piece.append({input_.data(), ready});
        input_.erase(0, ready);
        left -= ready;
        body_done_ = left == 0;
        return true;
    }
    std::string_view rest = input_;
    std::string_view data;
    auto step = chunks_.next(rest, data);
    for (; step == ChunkDecoder::Step::data; step = chunks_.next(rest, data))
        piece.append(data);
    input_.erase(0, input_.size() - rest.size());
    body_done_ = step == ChunkDecoder::Step::done;
    return step != ChunkDecoder::Step::bad;
}

/// Waits for bytes and appends them to input_.
awaitable<Status> Http1::fill_input(std::chrono::seconds patience) {
    while (true) {
        const auto scratch = shard_.scratch();
        const auto got = transport_.read(scratch);
        if (got.state == Transport::State::moved) {
            input_.append(scratch.data(), got.bytes);
            co_return ok();
        }
        if (got.state != Transport::State::would_block) co_return fail(Errc::closed, "peer closed within its body");
        transport_.deadline_ms = shard_.deadline(patience);
        const bool ready = co_await transport_.readable();
        if (!ready) co_return fail(expired_ ? Errc::deadline : Errc::closed, "body did not come to its end");
    }
}

// ---- the answer

/// Status line and fields but the last empty line, in the shard's buffer.
std::string& Http1::begin_head(int status, const Fields& fields) {
    // A rest that is too big to read over, or that the peer waits to be asked for, ends the connection after the
    // answer.
    if (body_left() && (continue_due_ || !small_rest())) keep_alive_ = false;
    auto& out = shard_.head_buffer();
    out.clear();
    out.append("HTTP/1.1 ");
    append_decimal(out, static_cast<std::uint64_t>(status));
    out.append(" ").append(reason(status)).append("\r\ndate: ").append(shard_.date()).append("\r\n");
    for (const auto& [name, value] : fields)
        append_field(out, name, value);
    if (!keep_alive_) {
        out.append("connection: close\r\n");
    } else if (framing_.http10) {
        out.append("connection: keep-alive\r\n");
    }
    return out;
}

awaitable<void> Http1::respond(Response response) {
    ARK_CHECK(!answered_, "{} {} was answered twice", head_.method, head_.path);
    answered_ = true;
    shard_.answers().decorate(head_, response.fields);
    auto& out = begin_head(response.status, response.fields);
    if (!has_no_body(response.status)) {
        out.append("content-length: ");
        append_decimal(out, response.body.size());
        out.append("\r\n");
    }
    out.append("\r\n");
    const bool with_body = head_.method != "HEAD" && !has_no_body(response.status);
    std::string_view body = with_body ? std::string_view(response.body) : std::string_view{};
    if (body.size() <= joined_max) {
        out.append(body);
        body = {};
    }
    std::array<iovec, 2> both{piece(out), piece(body)};
    std::span<iovec> pieces = both;
    auto sent = send_now(pieces);
    if (sent && !pieces.empty()) sent = co_await send_rest(pieces);
    if (!sent) keep_alive_ = false;
}

awaitable<Result<ResponseStream*>> Http1::start_stream(int status, Fields fields) {
    ARK_CHECK(!answered_, "{} {} was answered twice", head_.method, head_.path);
    answered_ = true;
    const bool head_only = head_.method == "HEAD";
    chunked_answer_ = !framing_.http10 && !head_only;
    if (framing_.http10) keep_alive_ = false;
    shard_.answers().decorate(head_, fields);
    auto& out = begin_head(status, fields);
    out.append(framing_.http10 ? "\r\n" : "transfer-encoding: chunked\r\n\r\n");
    std::array<iovec, 1> pieces{piece(out)};
    const bool sent = co_await send(pieces);
    if (!sent) co_return fail(Errc::closed, "peer closed before the stream began");
    phase_ = Phase::streaming;
    if (input_.empty()) input_ = std::string();
    // To HEAD the head is the whole answer.
    if (head_only) finished_ = true;
    if (head_only || shard_.stopping()) mark_closed();
    watch_peer();
    ResponseStream* stream = this;
    co_return stream;
}

awaitable<Status> Http1::write(std::string_view bytes) {
    if (closed_) co_return fail(Errc::closed, "stream is closed");
    if (bytes.empty()) co_return ok();
    std::array<char, 20> size;
    bool sent = false;
    if (chunked_answer_) {
        auto* end = std::to_chars(size.data(), size.data() + 16, bytes.size(), 16).ptr;
        *end++ = '\r';
        *end++ = '\n';
        const std::string_view line(size.data(), static_cast<std::size_t>(end - size.data()));
        std::array<iovec, 3> pieces{piece(line), piece(bytes), piece("\r\n")};
        sent = co_await send(pieces);
    } else {
        std::array<iovec, 1> pieces{piece(bytes)};
        sent = co_await send(pieces);
    }
    if (!sent) co_return fail(Errc::closed, "peer closed or took nothing");
    co_return ok();
}

awaitable<void> Http1::finish() {
    if (finished_ || !transport_.is_open()) co_return;
    finished_ = true;
    if (!chunked_answer_) {
        keep_alive_ = false;
        co_return;
    }
    std::array<iovec, 1> pieces{piece("0\r\n\r\n")};
    const bool sent = co_await send(pieces);
    if (!sent) keep_alive_ = false;
}

awaitable<bool> Http1::send(std::span<iovec> pieces) {
    bool sent = send_now(pieces);
    if (sent && !pieces.empty()) sent = co_await send_rest(pieces);
    co_return sent;
}

/// Usually the kernel takes everything at once. Leaves in `pieces` what it did not take; false: the peer has gone.
bool Http1::send_now(std::span<iovec>& pieces) {
    const auto drop_empty = [&pieces] {
        while (!pieces.empty() && pieces.back().iov_len == 0)
            pieces = pieces.first(pieces.size() - 1);
    };
    drop_empty();
    if (pieces.empty()) return true;
    const auto moved = transport_.write(pieces);
    drop_empty();
    if (moved.state != Transport::State::failed) return true;
    mark_closed();
    return false;
}

/// The pieces may point into the shard's buffer: a rest is kept aside before waiting.
awaitable<bool> Http1::send_rest(std::span<iovec> pieces) {
    const std::string_view head_buffer = shard_.head_buffer();
    const auto* first = static_cast<const char*>(pieces.front().iov_base);
    std::string kept;
    if (first >= head_buffer.data() && first < head_buffer.data() + head_buffer.size()) {
        kept.assign(first, pieces.front().iov_len);
        pieces.front() = piece(kept);
    }
    while (!pieces.empty()) {
        transport_.deadline_ms = shard_.deadline(shard_.config().write_timeout);
        const bool ready = co_await transport_.writable();
        const auto moved = ready ? transport_.write(pieces) : Transport::Moved{Transport::State::failed, 0};
        if (moved.state == Transport::State::failed) {
            mark_closed();
            transport_.close();
            co_return false;
        }
    }
    transport_.deadline_ms = 0;
    co_return true;
}

// ---- while a stream is open: has the peer gone?

void Http1::watch_peer() {
    if (!transport_.is_open()) return mark_closed();
    auto self = connection_.shared_from_this();
    transport_.on_readable([this, self, which = ++watch_](bool ready) {
        if (which == watch_) peer_moved(ready);
    });
}

void Http1::peer_moved(bool ready) {
    if (!ready) return mark_closed();
    const auto scratch = shard_.scratch().first(pipelined_max);
    const auto got = transport_.read(scratch);
    if (got.state == Transport::State::moved) input_.append(scratch.data(), got.bytes);
    const bool talks_on = got.state == Transport::State::moved && input_.size() <= pipelined_max;
    if (!talks_on && got.state != Transport::State::would_block) {
        keep_alive_ = false;
        return mark_closed();
    }
    watch_peer();
}

void Http1::mark_closed() {
    if (closed_) return;
    closed_ = true;
    if (const auto callback = std::exchange(on_close_, nullptr)) callback();
}

}  // namespace ark::net
