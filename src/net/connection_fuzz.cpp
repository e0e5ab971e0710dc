// A peer that sends anything: the bytes reach a real connection (HTTP/1.1 or HTTP/2, as they say themselves) with real
// handlers. The first byte is the size of the pieces that they come in.
#include "base/check.hpp"
#include "net/connection.hpp"
#include "net/grpc.hpp"

#include <boost/asio/co_spawn.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace ark::net {
namespace {

awaitable<void> echo(Exchange& exchange) {
    auto body = co_await exchange.read_body(64u << 10);
    Response response;
    if (!body) response.status = http_status(body.error().code);
    if (body) response.body = body->view();
    co_await exchange.respond(std::move(response));
}

awaitable<void> unread(Exchange& exchange) {
    Response response;
    co_await exchange.respond(std::move(response));
}

awaitable<void> pieces(Exchange& exchange) {
    Fields fields;
    auto stream = co_await exchange.start_stream(200, std::move(fields));
    if (!stream) co_return;
    const std::string piece = "data: x\n\n";
    const auto written = co_await (*stream)->write(piece);
    if (written) co_await (*stream)->finish();
}

awaitable<void> call(Exchange& exchange) {
    auto body = co_await exchange.read_body(64u << 10);
    auto response = grpc::error(13, "not one message");
    if (body) {
        if (auto message = grpc::unframe(body->view())) response = grpc::reply(message->bytes);
    }
    co_await exchange.respond(std::move(response));
}

const Router& router() {
    static const Router routes = [] {
        Router made;
        made.add("POST", "/echo", echo);
        made.add("POST", "/unread", unread);
        made.add("GET", "/pieces", pieces);
        made.add("POST", "/s/{method}", call);
        return made;
    }();
    return routes;
}

void drain(int fd) {
    char buffer[65536];
    while (::recv(fd, buffer, sizeof buffer, MSG_DONTWAIT) > 0) {
    }
}

void run(std::string_view input, std::size_t piece_size) {
    ServerConfig config;
    config.cors_origins = {"*"};
    std::atomic<std::uint64_t> open = 0;
    asio::io_context context(1);
    Shard shard(context, 0, config, router(), open);
    int fds[2];
    ARK_CHECK(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0, "socketpair");
    Transport::Socket socket(context.get_executor(), asio::ip::tcp::v4(), fds[0]);
    shard.spawn(Connection::serve(std::make_shared<Connection>(shard, std::move(socket), "fuzz")));
    while (!input.empty() && open > 0) {
        const auto piece = input.substr(0, piece_size);
        const auto sent = ::send(fds[1], piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) input.remove_prefix(static_cast<std::size_t>(sent));
        context.poll();
        drain(fds[1]);
        if (sent <= 0 && errno != EAGAIN) break;
    }
    ::shutdown(fds[1], SHUT_WR);
    for (int i = 0; i < 1000 && open > 0; ++i) {
        context.poll();
        drain(fds[1]);
    }
    ARK_CHECK(open == 0, "the connection outlives its peer");
    ::close(fds[1]);
    bool ended = false;
    shard.stop([&ended] { ended = true; });
    while (!ended)
        context.poll();
}

}  // namespace
}  // namespace ark::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > (256u << 10)) return 0;
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    ark::net::run(input.substr(1), data[0] == 0 ? input.size() : data[0]);
    return 0;
}
