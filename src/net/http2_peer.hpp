#pragma once
// An HTTP/2 client for tests: nghttp2's client session over a blocking socket.
#include "net/test_server.hpp"

#include <cstring>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace ark::net {

class Http2Peer {
public:
    struct Answer {
        int status = 0;
        Fields fields;  ///< and trailers
        std::string body;
        bool closed = false;
        std::uint32_t error = 0;
    };
    /// With `auto_window` off the peer never opens a window again.
    explicit Http2Peer(const Server& server, bool auto_window = true) : raw_(server) {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_option* option = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_option_new(&option);
        nghttp2_option_set_no_auto_window_update(option, auto_window ? 0 : 1);
        nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
        nghttp2_session_client_new2(&session_, callbacks, this, option);
        nghttp2_session_callbacks_del(callbacks);
        nghttp2_option_del(option);
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
    }
    ~Http2Peer() { nghttp2_session_del(session_); }
    Http2Peer(const Http2Peer&) = delete;

    /// `body` must outlive the exchange. An unended request announces a body and sends none.
    std::int32_t request(const std::string& method, const std::string& path, const Fields& fields = {},
                         const std::string* body = nullptr, bool ends = true) {
        std::vector<nghttp2_nv> all{nv(":method", method), nv(":scheme", "http"), nv(":authority", "test"),
                                    nv(":path", path)};
        for (const auto& [name, value] : fields)
            all.push_back(nv(name, value));
        nghttp2_data_provider provider{};
        sources_.push_back(std::make_unique<Source>(Source{body == nullptr ? std::string_view{} : *body, ends}));
        provider.source.ptr = sources_.back().get();
        provider.read_callback = read;
        const bool has_body = body != nullptr || !ends;
        const auto id =
            nghttp2_submit_request(session_, nullptr, all.data(), all.size(), has_body ? &provider : nullptr, nullptr);
        flush();
        return id;
    }
    void reset(std::int32_t id) {
        nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, id, NGHTTP2_CANCEL);
        flush();
    }
    /// Runs until the stream is closed or the patience ends.
    const Answer& answer(std::int32_t id) {
        while (!answers[id].closed && step()) {
        }
        return answers[id];
    }
    /// Runs until `done` or the patience ends.
    bool until(const std::function<bool()>& done) {
        while (!done() && step()) {
        }
        return done();
    }
    void flush() {
        const std::uint8_t* data = nullptr;
        for (auto n = nghttp2_session_mem_send(session_, &data); n > 0; n = nghttp2_session_mem_send(session_, &data)) {
            if (!raw_.send({reinterpret_cast<const char*>(data), static_cast<std::size_t>(n)})) return;
        }
    }
    bool step() {
        flush();
        std::uint8_t buffer[16384];
        const auto n = ::recv(raw_.fd(), buffer, sizeof buffer, 0);
        if (n <= 0) return false;
        nghttp2_session_mem_recv(session_, buffer, static_cast<std::size_t>(n));
        flush();
        return true;
    }
    RawPeer& raw() { return raw_; }

    std::map<std::int32_t, Answer> answers;
    bool going_away = false;
    std::uint32_t goaway_error = 0;

private:
    struct Source {
        std::string_view left;
        bool ends;
    };
    static nghttp2_nv nv(std::string_view name, std::string_view value) {
        const auto bytes = [](std::string_view t) {
            return reinterpret_cast<std::uint8_t*>(const_cast<char*>(t.data()));
        };
        return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
    }
    static Http2Peer& self(void* user) { return *static_cast<Http2Peer*>(user); }
    static ssize_t read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size, std::uint32_t* flags,
                        nghttp2_data_source* source, void*) {
        auto& from = *static_cast<Source*>(source->ptr);
        const auto n = std::min(size, from.left.size());
        std::memcpy(into, from.left.data(), n);
        from.left.remove_prefix(n);
        if (from.left.empty() && from.ends) *flags |= NGHTTP2_DATA_FLAG_EOF;
        if (n == 0 && !from.ends) return NGHTTP2_ERR_DEFERRED;
        return static_cast<ssize_t>(n);
    }
    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                         const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
        auto& answer = self(user).answers[frame->hd.stream_id];
        const std::string_view n(reinterpret_cast<const char*>(name), name_size);
        const std::string_view v(reinterpret_cast<const char*>(value), value_size);
        if (n == ":status") {
            answer.status = std::stoi(std::string(v));
        } else {
            answer.fields.add(n, v);
        }
        return 0;
    }
    static int on_data(nghttp2_session*, std::uint8_t, std::int32_t id, const std::uint8_t* data, std::size_t size,
                       void* user) {
        self(user).answers[id].body.append(reinterpret_cast<const char*>(data), size);
        return 0;
    }
    static int on_close(nghttp2_session*, std::int32_t id, std::uint32_t error, void* user) {
        self(user).answers[id].closed = true;
        self(user).answers[id].error = error;
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_GOAWAY) {
            self(user).going_away = true;
            self(user).goaway_error = frame->goaway.error_code;
        }
        return 0;
    }

    RawPeer raw_;
    nghttp2_session* session_ = nullptr;
    std::vector<std::unique_ptr<Source>> sources_;
};

}  // namespace ark::net
