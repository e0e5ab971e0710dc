#pragma once
// What the tests of this folder share: a server on a free port with a few handlers, and a peer that sends exact bytes.
#include "net/client.hpp"
#include "net/grpc.hpp"
#include "net/server.hpp"

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <boost/asio/redirect_error.hpp>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ark::net {

/// Waits until the condition holds; ten seconds are for ever.
inline bool eventually(const std::function<bool()>& condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
}

inline awaitable<void> answer_hello(Exchange& exchange) {
    Response response;
    response.fields.add("content-type", "text/plain");
    response.body = "hello";
    co_await exchange.respond(std::move(response));
}

/// Pays for 100 KB of a body.
class SmallPurse final : public BodyGrowth {
public:
    bool grow_to(std::size_t bytes) override { return bytes <= 100'000; }
};

/// Sends the body back; its size limit is 1 MiB.
inline awaitable<void> answer_echo(Exchange& exchange, BodyGrowth* growth = nullptr) {
    auto body = co_await exchange.read_body(1u << 20, growth);
    Response response;
    if (body) {
        response.body = body->view();
    } else {
        response.status = http_status(body.error().code);
        response.body = std::string(name(body.error().code));
    }
    co_await exchange.respond(std::move(response));
}

inline awaitable<void> answer_unread(Exchange& exchange) {
    Response response;
    response.status = 202;
    co_await exchange.respond(std::move(response));
}

inline awaitable<void> answer_throw(Exchange&) {
    throw std::runtime_error("on purpose");
    co_return;
}

inline awaitable<void> answer_nothing(Exchange&) {
    co_return;
}

inline awaitable<void> answer_segment(Exchange& exchange) {
    Response response;
    for (const auto& value : exchange.head().path_values)
        response.body += value + ";";
    co_await exchange.respond(std::move(response));
}

/// Three pieces, then the end.
inline awaitable<void> answer_pieces(Exchange& exchange) {
    Fields fields;
    fields.add("content-type", "text/event-stream");
    auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    const std::string piece = "data: one\n\n";
    for (int i = 0; i < 3; ++i) {
        const auto written = co_await (*stream)->write(piece);
        if (!written) co_return;
    }
    co_await (*stream)->finish();
}

/// How many endless streams are open, and have been told of their end.
struct StreamCounts {
    std::atomic<int> open = 0;
    std::atomic<int> told = 0;
    std::atomic<int> ended = 0;
    std::atomic<std::size_t> body_bytes = 0;
};

/// One event, then nothing until the stream closes.
inline awaitable<void> wait_for_close(Exchange& exchange, StreamCounts& counts) {
    Fields fields;
    fields.add("content-type", "text/event-stream");
    auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    asio::steady_timer forever(exchange.executor(), asio::steady_timer::time_point::max());
    (*stream)->on_close([&] {
        ++counts.told;
        forever.cancel();
    });
    ++counts.open;
    const std::string first = "data: first\n\n";
    const auto written = co_await (*stream)->write(first);
    boost::system::error_code ignored;
    if (written && !(*stream)->closed()) {
        co_await forever.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    --counts.open;
    ++counts.ended;
}

/// Reads the body as it comes; answers with all of it, or with why it ended.
inline awaitable<void> answer_pieces_of_body(Exchange& exchange, StreamCounts& counts) {
    Response response;
    while (true) {
        auto piece = co_await exchange.read_piece(std::chrono::seconds(1));
        if (!piece) {
            response.status = http_status(piece.error().code);
            response.body = std::string(name(piece.error().code));
            break;
        }
        if (piece->empty()) break;
        response.body += piece->view();
        counts.body_bytes += piece->size();
    }
    co_await exchange.respond(std::move(response));
}

/// Writes as fast as the peer reads, for ever.
inline awaitable<void> flood(Exchange& exchange, StreamCounts& counts) {
    Fields fields;
    auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    ++counts.open;
    const std::string piece(64u << 10, 'x');
    bool more = true;
    while (more) {
        const auto written = co_await (*stream)->write(piece);
        more = written.has_value();
    }
    --counts.open;
    ++counts.ended;
}

inline awaitable<void> answer_grpc(Exchange& exchange) {
    auto body = co_await exchange.read_body(16u << 20);
    Response response;
    if (!body) {
        response = grpc::error(grpc_status(body.error().code), "body");
    } else if (auto message = grpc::unframe(body->view()); !message) {
        response = grpc::error(13, message.error().context);
    } else if (message->bytes == "fail") {
        response = grpc::error(14, "100% busy\n", std::string_view("\x08\x0e\xff", 3));
    } else {
        response = grpc::reply(message->bytes);
    }
    co_await exchange.respond(std::move(response));
}

class TestServer {
public:
    explicit TestServer(ServerConfig config = {}, unsigned threads = 2) : pool_(threads) {
        router.add("GET", "/hello", answer_hello);
        router.add("POST", "/echo", [](Exchange& exchange) { return answer_echo(exchange); });
        router.add("POST", "/purse", [this](Exchange& exchange) { return answer_echo(exchange, &purse_); });
        router.add("POST", "/unread", answer_unread);
        router.add("POST", "/piecewise",
                   [this](Exchange& exchange) { return answer_pieces_of_body(exchange, counts); });
        router.add("GET", "/throw", answer_throw);
        router.add("GET", "/nothing", answer_nothing);
        router.add("GET", "/segment/{a}/of/{b}", answer_segment);
        router.add("GET", "/pieces", answer_pieces);
        router.add("GET", "/wait", [this](Exchange& exchange) { return wait_for_close(exchange, counts); });
        router.add("GET", "/flood", [this](Exchange& exchange) { return flood(exchange, counts); });
        router.add("POST", "/test.Service/Echo", answer_grpc);
        auto created = Server::create(pool_, config, router);
        EXPECT_TRUE(created) << created.error().message();
        server = std::move(*created);
        server->start();
        pool_.start();
    }
    ~TestServer() {
        server->stop(std::chrono::milliseconds(0));
        pool_.stop();
    }
    std::string url() const { return "http://" + server->address(); }

    StreamCounts counts;
    Router router;

private:
    SmallPurse purse_;
    runtime::IoPool pool_;  // outlives the server

public:
    std::unique_ptr<Server> server;
};

/// A server that says one thing to each connection in turn, after it has read something.
class ScriptedServer {
public:
    explicit ScriptedServer(std::vector<std::string> answers) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
        EXPECT_EQ(::listen(fd_, 16), 0);
        EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
        url.scheme = "http";
        url.host = "127.0.0.1";
        url.port = ntohs(address.sin_port);
        url.target = "/";
        thread_ = std::thread([this, all = std::move(answers)] {
            for (const auto& answer : all) {
                const int peer = ::accept(fd_, nullptr, nullptr);
                char ignored[4096];
                if (::recv(peer, ignored, sizeof ignored, 0) > 0)
                    ::send(peer, answer.data(), answer.size(), MSG_NOSIGNAL);
                ::close(peer);
            }
        });
    }
    ~ScriptedServer() {
        thread_.join();
        ::close(fd_);
    }
    Url url;

private:
    int fd_;
    std::thread thread_;
};

/// A blocking socket that says exactly what the test says. Reads give up after five seconds.
class RawPeer {
public:
    explicit RawPeer(const Server& server) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(server.port());
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
        const timeval patience{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    RawPeer(RawPeer&& other) noexcept : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}
    ~RawPeer() { close(); }

    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    /// False when the server has closed.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    /// Reads until `text` has come `times` times, the end, or the patience's end. Returns all that was received.
    const std::string& read_until(std::string_view text, int times = 1) {
        while (count(text) < times && read_some()) {
        }
        return received_;
    }
    const std::string& read_to_end() {
        while (read_some()) {
        }
        return received_;
    }
    /// Whether the server closed its side (what it still sent is kept).
    bool is_closed_by_server() {
        read_to_end();
        return ended_;
    }
    void forget() { received_.clear(); }
    int fd() const { return fd_; }

private:
    int count(std::string_view text) const {
        int n = 0;
        for (auto at = received_.find(text); at != std::string::npos; at = received_.find(text, at + 1))
            ++n;
        return n;
    }
    bool read_some() {
        char buffer[16384];
        const auto n = ::recv(fd_, buffer, sizeof buffer, 0);
        if (n > 0) received_.append(buffer, static_cast<std::size_t>(n));
        ended_ = n == 0 || (n < 0 && errno == ECONNRESET);
        return n > 0;
    }

    int fd_;
    std::string received_;
    bool ended_ = false;
};

}  // namespace ark::net
