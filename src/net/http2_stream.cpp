#include "net/http2_stream.hpp"

#include "base/check.hpp"
#include "net/head.hpp"
#include "net/http2.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>

#include <fmt/format.h>

namespace ark::net {

namespace {

constexpr std::size_t stream_body_step = 1u << 20;  // memory grows with what came, not with what was announced
constexpr std::size_t field_overhead = 32;          // RFC 9113 §6.5.2

nghttp2_nv field_of(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 copies and does not write
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

bool may_be_sent(const Fields::Field& field) {
    const auto& [name, value] = field;
    if (name == "connection" || name == "transfer-encoding" || name == "keep-alive" || name == "upgrade") return false;
    constexpr std::string_view breaks("\r\n\0", 3);
    return !name.empty() && name.find_first_of(breaks) == name.npos && value.find_first_of(breaks) == value.npos;
}

void append_fields(std::vector<nghttp2_nv>& out, const Fields& fields) {
    for (const auto& field : fields) {
        if (may_be_sent(field)) out.push_back(field_of(field.first, field.second));
    }
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
    std::uint64_t length = 0;
    const auto* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, length);
    if (text.empty() || parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return length;
}

}  // namespace

Http2Stream::Http2Stream(Http2& session, std::int32_t id)
    : session_(session), id_(id), waiter_(session.shard().context()) {
    head_.http2 = true;
    head_.peer = session.peer();
}

asio::any_io_executor Http2Stream::executor() const {
    return session_.shard().context().get_executor();
}

std::size_t Http2Stream::shard() const {
    return session_.shard().index();
}

// ---- the request

void Http2Stream::add_field(std::string_view name, std::string_view value) {
    head_bytes_ += name.size() + value.size() + field_overhead;
    if (head_bytes_ > session_.shard().config().head_bytes_max) return;
    if (name == ":method") {
        head_.method = value;
    } else if (name == ":path") {
        head_.target = value;
    } else if (name == ":authority") {
        head_.fields.add("host", value);
    } else if (!name.starts_with(':')) {
        if (name == "host" && head_.fields.has("host")) return;
        head_.fields.add(name, value);
    }
}

int Http2Stream::check_head() {
    if (head_bytes_ > session_.shard().config().head_bytes_max) return 431;
    if (!is_known_method(head_.method)) return 501;
    const std::string target = std::move(head_.target);
    return set_target(head_, target) ? 0 : 400;
}

void Http2Stream::add_body(std::string_view bytes) {
    if (discarding_) {
        consume(bytes.size());
        return;
    }
    unconsumed_ += bytes.size();
    if (reading_) {
        too_large_ = bytes.size() > body_max_ - body_.size();
        refused_ = !too_large_ && growth_ != nullptr && !growth_->grow_to(body_.size() + bytes.size());
    }
    if (too_large_ || refused_) {
        discarding_ = true;
        consume(std::exchange(unconsumed_, 0));
        waiter_.wake();
        return;
    }
    body_.append(bytes);
    if (piecewise_) waiter_.wake();
    if (!reading_) return;
    consume(std::exchange(unconsumed_, 0));
    touch();
}

void Http2Stream::end_body() {
    body_ended_ = true;
    if (reading_ || piecewise_) waiter_.wake();
}

/// Opens the peer's windows again by what we took.
void Http2Stream::consume(std::size_t bytes) {
    if (bytes == 0 || session_.wire() == nullptr) return;
    if (gone_) {
        nghttp2_session_consume_connection(session_.wire(), bytes);
    } else {
        nghttp2_session_consume(session_.wire(), id_, bytes);
    }
}

awaitable<Result<Buffer>> Http2Stream::read_body(std::size_t bytes_max, BodyGrowth* growth) {
    const auto announced = parse_length(head_.fields.find("content-length"));
    if (body_.size() > bytes_max || announced.value_or(0) > bytes_max) {
        discarding_ = true;
        consume(std::exchange(unconsumed_, 0));
        session_.schedule_flush();
        co_return fail(Errc::too_large, fmt::format("body beyond {} bytes", bytes_max));
    }
    reading_ = true;
    body_max_ = bytes_max;
    growth_ = growth;
    if (announced)
        body_.reserve(
            std::max(body_.size(), static_cast<std::size_t>(std::min<std::uint64_t>(*announced, stream_body_step))));
    if (!body_ended_) {
        consume(std::exchange(unconsumed_, 0));
        session_.schedule_flush();
        touch();
    }
    while (!body_ended_ && !gone_ && !too_large_ && !refused_ && !expired_)
        co_await waiter_.wait();
    reading_ = false;
    growth_ = nullptr;
    deadline_ms_ = 0;
    discarding_ = true;
    if (refused_) co_return fail(Errc::overloaded, "no memory is free for a body of this size");
    if (too_large_) co_return fail(Errc::too_large, fmt::format("body beyond {} bytes", bytes_max));
    if (body_ended_) co_return std::move(body_);
    co_return fail(gone_ ? Errc::closed : Errc::deadline, "body did not come to its end");
}

/// The windows are the bound: what is not taken is not consumed, and the peer waits.
awaitable<Result<Buffer>> Http2Stream::read_piece(std::chrono::seconds idle_max) {
    const auto& shard = session_.shard();
    piecewise_ = true;
    deadline_ms_ = shard.deadline(idle_max);
    while (body_.empty() && !body_ended_ && !gone_ && !expired_ && !shard.stopping())
        co_await waiter_.wait();
    piecewise_ = false;
    deadline_ms_ = 0;
    if (!body_.empty()) {
        consume(std::exchange(unconsumed_, 0));
        session_.schedule_flush();
        co_return std::exchange(body_, Buffer());
    }
    if (body_ended_) co_return Buffer();
    discarding_ = true;
    if (shard.stopping()) co_return fail(Errc::stopped, "the server stops");
    co_return fail(gone_ ? Errc::closed : Errc::deadline, "body did not come to its end");
}

void Http2Stream::touch() {
    const auto& config = session_.shard().config();
    deadline_ms_ = session_.shard().deadline(reading_ ? config.body_timeout : config.write_timeout);
}

// ---- the answer

void Http2Stream::submit(int status, const Fields& fields, bool with_body, const std::string* length) {
    if (gone_ || session_.wire() == nullptr) return;
    const std::string status_text = std::to_string(status);
    const std::string_view date = session_.shard().date();
    std::vector<nghttp2_nv> all;
    all.reserve(16);
    all.push_back(field_of(":status", status_text));
    all.push_back(field_of("date", date));
    append_fields(all, fields);
    if (length != nullptr) all.push_back(field_of("content-length", *length));
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t size,
                                std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
        return static_cast<Http2Stream*>(source->ptr)->take_output({reinterpret_cast<char*>(buffer), size}, flags);
    };
    nghttp2_submit_response(session_.wire(), id_, all.data(), all.size(), with_body ? &provider : nullptr);
    session_.schedule_flush();
}

ssize_t Http2Stream::take_output(std::span<char> into, std::uint32_t* flags) {
    const std::size_t n = std::min(into.size(), output_.size());
    if (n > 0) {
        std::memcpy(into.data(), output_.data(), n);
        output_.remove_prefix(n);
        touch();
    }
    if (!output_.empty()) return static_cast<ssize_t>(n);
    if (finished_) {
        *flags |= NGHTTP2_DATA_FLAG_EOF;
        deadline_ms_ = 0;
        std::vector<nghttp2_nv> trailers;
        append_fields(trailers, response_.trailers);
        if (!trailers.empty()) {
            *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
            nghttp2_submit_trailer(session_.wire(), id_, trailers.data(), trailers.size());
        }
        return static_cast<ssize_t>(n);
    }
    deadline_ms_ = 0;
    waiter_.wake();
    if (n == 0) return NGHTTP2_ERR_DEFERRED;
    return static_cast<ssize_t>(n);
}

awaitable<void> Http2Stream::respond(Response response) {
    ARK_CHECK(!answered_, "{} {} was answered twice", head_.method, head_.path);
    answered_ = true;
    response_ = std::move(response);
    session_.shard().answers().decorate(head_, response_.fields);
    const bool bodiless = response_.status == 204 || response_.status == 304;
    const bool has_trailers = response_.trailers.begin() != response_.trailers.end();
    const bool with_body = head_.method != "HEAD" && !bodiless && (!response_.body.empty() || has_trailers);
    const std::string length = std::to_string(response_.body.size());
    output_ = response_.body;
    finished_ = true;
    touch();
    submit(response_.status, response_.fields, with_body, bodiless || has_trailers ? nullptr : &length);
    response_.fields = Fields{};
    co_return;
}

awaitable<Result<ResponseStream*>> Http2Stream::start_stream(int status, Fields fields) {
    ARK_CHECK(!answered_, "{} {} was answered twice", head_.method, head_.path);
    if (gone_) co_return fail(Errc::closed, "peer closed before the stream began");
    answered_ = streaming_ = true;
    session_.shard().answers().decorate(head_, fields);
    const bool head_only = head_.method == "HEAD";
    submit(status, fields, !head_only, nullptr);
    if (head_only) finished_ = true;
    if (head_only || session_.shard().stopping()) mark_closed();
    ResponseStream* stream = this;
    co_return stream;
}

awaitable<Status> Http2Stream::write(std::string_view bytes) {
    if (closed_) co_return fail(Errc::closed, "stream is closed");
    output_ = bytes;
    touch();
    nghttp2_session_resume_data(session_.wire(), id_);
    session_.schedule_flush();
    while (!output_.empty() && !closed_)
        co_await waiter_.wait();
    const bool sent = output_.empty();
    output_ = {};
    if (!sent) co_return fail(Errc::closed, "peer closed or took nothing");
    co_return ok();
}

awaitable<void> Http2Stream::finish() {
    if (finished_ || gone_ || session_.wire() == nullptr) co_return;
    finished_ = true;
    nghttp2_session_resume_data(session_.wire(), id_);
    session_.schedule_flush();
}

awaitable<void> Http2Stream::end_handler() {
    on_close_ = nullptr;
    if (!answered_) {
        auto response = problem(500, "the server failed to answer");
        co_await respond(std::move(response));
    }
    // A stream that was not finished must not look complete.
    if (streaming_ && !finished_) session_.reset(*this, NGHTTP2_INTERNAL_ERROR);
    discarding_ = true;
    consume(std::exchange(unconsumed_, 0));
    body_ = Buffer();
}

// ---- ends

void Http2Stream::mark_closed() {
    if (closed_) return;
    closed_ = true;
    waiter_.wake();
    if (const auto callback = std::exchange(on_close_, nullptr)) callback();
}

void Http2Stream::gone() {
    gone_ = true;
    deadline_ms_ = 0;
    consume(std::exchange(unconsumed_, 0));
    waiter_.wake();
    mark_closed();
}

void Http2Stream::stop() {
    if (piecewise_) waiter_.wake();
}

void Http2Stream::tick() {
    if (deadline_ms_ == 0 || session_.shard().coarse_ms() < deadline_ms_) return;
    deadline_ms_ = 0;
    expired_ = true;
    waiter_.wake();
    // A body that stopped coming still gets its answer.
    if (!reading_ && !piecewise_) session_.reset(*this, NGHTTP2_CANCEL);
}

}  // namespace ark::net
