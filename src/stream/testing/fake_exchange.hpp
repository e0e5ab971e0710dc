#pragma once
#include "net/http.hpp"
#include "net/sse.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/redirect_error.hpp>

namespace ark::stream::testing {

/// A request whose peer is the test: takes what is written, or stalls. On one io_context.
class FakeExchange final : public net::Exchange, public net::ResponseStream {
public:
    FakeExchange(asio::io_context& context, std::string raw_query, std::string last_event_id = {},
                 std::size_t shard = 0)
        : context_(context), shard_(shard), moved_(context) {
        head_.method = "GET";
        head_.path = "/v1/stream";
        head_.raw_query = std::move(raw_query);
        if (!last_event_id.empty()) head_.fields.set("last-event-id", last_event_id);
        moved_.expires_at(asio::steady_timer::time_point::max());
    }

    // What the test does
    void stall() { stalled_ = true; }
    void go_on() {
        stalled_ = false;
        moved_.cancel();
    }
    void leave() {
        closed_ = true;
        moved_.cancel();
        if (auto callback = std::exchange(on_close_, nullptr)) callback();
    }

    // What the test sees
    int status = 0;
    std::string body;
    net::Fields fields;
    std::vector<net::SseEvent> events;
    std::size_t heartbeats = 0;
    bool finished = false;
    std::string last_id() const { return parser_.last_id(); }
    long retry_ms() const { return parser_.retry_ms(); }
    std::vector<net::SseEvent> of(std::string_view topic) const {
        std::vector<net::SseEvent> found;
        for (const auto& event : events) {
            if (event.type == topic) found.push_back(event);
        }
        return found;
    }
    bool saw(std::string_view topic) const { return !of(topic).empty(); }

    const net::RequestHead& head() const override { return head_; }
    awaitable<Result<Buffer>> read_body(std::size_t, net::BodyGrowth*) override { co_return Buffer{}; }
    awaitable<Result<Buffer>> read_piece(std::chrono::seconds) override { co_return Buffer{}; }
    awaitable<void> respond(net::Response response) override {
        status = response.status;
        body = std::move(response.body);
        fields = std::move(response.fields);
        co_return;
    }
    awaitable<Result<net::ResponseStream*>> start_stream(int code, net::Fields head_fields) override {
        status = code;
        fields = std::move(head_fields);
        net::ResponseStream* self = this;
        co_return self;
    }
    asio::any_io_executor executor() const override { return context_.get_executor(); }
    std::size_t shard() const override { return shard_; }

    awaitable<Status> write(std::string_view bytes) override {
        while (stalled_ && !closed_) {
            boost::system::error_code error;
            co_await moved_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        }
        if (closed_) co_return fail(Errc::closed, "the test left");
        if (bytes == ": hb\n\n") ++heartbeats;
        parser_.feed(bytes, [this](const net::SseEvent& event) { events.push_back(event); });
        co_return ok();
    }
    awaitable<void> finish() override {
        finished = true;
        co_return;
    }
    bool closed() const override { return closed_; }
    void on_close(std::function<void()> callback) override { on_close_ = std::move(callback); }

private:
    asio::io_context& context_;
    const std::size_t shard_;
    net::RequestHead head_;
    net::SseParser parser_;
    asio::steady_timer moved_;
    std::function<void()> on_close_;
    bool stalled_ = false;
    bool closed_ = false;
};

}  // namespace ark::stream::testing
