#include "net/client_connection.hpp"

#include "net/response_head.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

namespace ark::net {

namespace {

using boost::system::error_code;

constexpr std::size_t connection_read_step = 16u << 10;
constexpr std::size_t addresses_max = 8;
constexpr std::size_t tunnel_head_bytes_max = 16u << 10;

bool goes_through_proxy(const HttpClientConfig& config, const std::string& host) {
    if (config.proxy.empty()) return false;
    return std::none_of(config.no_proxy.begin(), config.no_proxy.end(), [&host](std::string_view rule) {
        if (rule == "*" || rule == host) return true;
        if (!rule.starts_with('.')) return host.ends_with("." + std::string(rule));
        return host.ends_with(rule) || rule.substr(1) == host;
    });
}

}  // namespace

/// A name's addresses. The system's look-up cannot be interrupted, so whoever waits for it may leave it behind.
struct ClientConnection::Lookup {
    explicit Lookup(asio::io_context& context)
        : resolver(context), done(context, asio::steady_timer::time_point::max()) {}
    asio::ip::tcp::resolver resolver;
    asio::steady_timer done;
    error_code error = asio::error::operation_aborted;
    std::vector<asio::ip::tcp::endpoint> endpoints;
};

ClientConnection::ClientConnection(asio::io_context& context, Url origin)
    : context_(context), origin_(std::move(origin)), socket_(context), timer_(context) {}

awaitable<Status> ClientConnection::open(const HttpClientConfig& config, asio::ssl::context* tls, TimePoint deadline) {
    opening_ = true;
    through_proxy = goes_through_proxy(config, origin_.host);
    auto target = origin_;
    if (through_proxy) {
        ARK_CO_TRY(target, Url::parse(config.proxy));
    }
    // The proxy is the operator's, and names are its to look up; an address that was written down is judged here.
    ARK_CO_TRY_STATUS(judge_literal(config.guard));
    AddressGuard guard = through_proxy ? AddressGuard() : config.guard;
    ARK_CO_TRY_STATUS(co_await connect_to(target.host, target.port, std::move(guard), deadline));
    set_deadline(deadline);
    if (through_proxy && tls != nullptr) {
        ARK_CO_TRY_STATUS(co_await tunnel());
        through_proxy = false;
    }
    if (tls != nullptr) {
        ARK_CO_TRY_STATUS(co_await shake_hands(*tls));
    }
    opening_ = false;
    co_return ok();
}

Status ClientConnection::judge_literal(const AddressGuard& guard) const {
    error_code error;
    const auto literal = asio::ip::make_address(origin_.host, error);
    if (error || !guard) return ok();
    auto allowed = guard(origin_.host, literal.to_string());
    return allowed ? ok() : prefix(std::move(allowed).error(), origin_.authority());
}

awaitable<Result<std::vector<asio::ip::tcp::endpoint>>> ClientConnection::look_up(const std::string& host,
                                                                                  std::uint16_t port) {
    error_code error;
    const auto literal = asio::ip::make_address(host, error);
    if (!error) co_return std::vector{asio::ip::tcp::endpoint(literal, port)};

    auto lookup = std::make_shared<Lookup>(context_);
    lookup_ = lookup;
    auto keep = [lookup](const error_code& failed, const asio::ip::tcp::resolver::results_type& found) {
        lookup->error = failed;
        for (const auto& each : found)
            lookup->endpoints.push_back(each.endpoint());
        lookup->done.cancel();
    };
    lookup->resolver.async_resolve(host, std::to_string(port), std::move(keep));
    if (!cause_) co_await lookup->done.async_wait(asio::redirect_error(asio::use_awaitable, error));
    lookup_ = nullptr;
    if (cause_ || lookup->error) co_return why(Errc::connect, "name not found", lookup->error);
    if (lookup->endpoints.size() > addresses_max) lookup->endpoints.resize(addresses_max);
    co_return std::move(lookup->endpoints);
}

awaitable<Status> ClientConnection::connect_to(const std::string& host, std::uint16_t port, AddressGuard guard,
                                               TimePoint deadline) {
    set_deadline(deadline);
    ARK_CO_TRY(const auto endpoints, co_await look_up(host, port));
    auto left = endpoints.size();
    Status last = fail(Errc::connect, origin_.authority() + ": no address");
    for (const auto& endpoint : endpoints) {
        const auto address = endpoint.address().to_string();
        if (auto allowed = guard ? guard(host, address) : ok(); !allowed) {
            last = prefix(std::move(allowed).error(), origin_.authority());
            --left;
            continue;
        }
        // A silent first address must leave time for the others.
        const auto now = std::chrono::steady_clock::now();
        trying_ = left > 1;
        set_deadline(trying_ && deadline != never ? now + (deadline - now) / static_cast<int>(left) : deadline);
        --left;
        error_code error;
        co_await socket_.async_connect(endpoint, asio::redirect_error(asio::use_awaitable, error));
        trying_ = false;
        if (!error && !cause_) {
            socket_.set_option(asio::ip::tcp::no_delay(true), error);
            socket_.non_blocking(true, error);
            co_return ok();
        }
        last = why(Errc::connect, "connect to " + address, error);
        if (cause_) co_return last;
        socket_.close(error);
    }
    co_return last;
}

awaitable<Status> ClientConnection::tunnel() {
    const auto authority = origin_.authority();
    const auto request = "CONNECT " + authority + " HTTP/1.1\r\nhost: " + authority + "\r\n\r\n";
    ARK_CO_TRY_STATUS(co_await write(request));
    while (input.find("\r\n\r\n") == input.npos) {
        if (input.size() > tunnel_head_bytes_max) co_return fail(Errc::protocol, authority + ": the proxy talks on");
        ARK_CO_TRY(const bool more, co_await fill());
        if (!more) co_return fail(Errc::connect, authority + ": the proxy closed");
    }
    ClientResponse response;
    const auto end = input.find("\r\n\r\n");
    ARK_CO_TRY_STATUS(parse_response_head(std::string_view(input).substr(0, end), response));
    input.erase(0, end + 4);
    if (response.status / 100 != 2) {
        co_return fail(Errc::connect, authority + ": the proxy answered " + std::to_string(response.status));
    }
    co_return ok();
}

awaitable<Status> ClientConnection::shake_hands(asio::ssl::context& tls) {
    tls_ = std::make_unique<asio::ssl::stream<Socket&>>(socket_, tls);
    auto* const ssl = tls_->native_handle();
    error_code error;
    asio::ip::make_address(origin_.host, error);
    if (error) {
        auto name = origin_.host;
        SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
        SSL_set1_host(ssl, origin_.host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), origin_.host.c_str());
    }
    error = {};
    co_await tls_->async_handshake(asio::ssl::stream_base::client, asio::redirect_error(asio::use_awaitable, error));
    if (!error && !cause_) co_return ok();
    const auto verdict = SSL_get_verify_result(ssl);
    if (!cause_ && verdict != X509_V_OK) {
        // Trying again does not help against a wrong certificate, hence not `connect`.
        co_return fail(Errc::protocol,
                       origin_.authority() + ": certificate refused: " + X509_verify_cert_error_string(verdict));
    }
    co_return why(Errc::connect, "TLS", error);
}

awaitable<Status> ClientConnection::write(std::string_view bytes) {
    error_code error;
    if (cause_) co_return Error(*cause_);
    const auto buffer = asio::buffer(bytes.data(), bytes.size());
    if (tls_) {
        co_await asio::async_write(*tls_, buffer, asio::redirect_error(asio::use_awaitable, error));
    } else {
        co_await asio::async_write(socket_, buffer, asio::redirect_error(asio::use_awaitable, error));
    }
    if (error || cause_) co_return why(Errc::closed, "send", error);
    co_return ok();
}

awaitable<Result<bool>> ClientConnection::fill() {
    error_code error;
    if (cause_) co_return Error(*cause_);
    if (tls_) {
        const auto before = input.size();
        input.resize(before + connection_read_step);
        const auto buffer = asio::buffer(input.data() + before, connection_read_step);
        const auto n = co_await tls_->async_read_some(buffer, asio::redirect_error(asio::use_awaitable, error));
        input.resize(before + n);
    } else {
        do {
            co_await socket_.async_wait(Socket::wait_read, asio::redirect_error(asio::use_awaitable, error));
            if (!error) read_ready(error);
        } while (error == asio::error::would_block);
    }
    if (cause_) co_return Error(*cause_);
    if (error == asio::error::eof) co_return false;
    if (error) co_return why(Errc::closed, "receive", error);
    co_return true;
}

void ClientConnection::read_ready(error_code& error) {
    std::array<char, connection_read_step> buffer;
    const auto n = socket_.read_some(asio::buffer(buffer), error);
    input.append(buffer.data(), n);
}

void ClientConnection::set_deadline(TimePoint deadline) {
    deadline_ = deadline;
    // A later deadline needs no new timer: the old one looks again when it fires.
    if (deadline_ < timer_at_) watch();
}

void ClientConnection::watch() {
    timer_at_ = deadline_;
    timer_.expires_at(timer_at_);
    timer_.async_wait([weak = weak_from_this()](const error_code& cancelled) {
        const auto self = cancelled ? nullptr : weak.lock();
        if (!self) return;
        self->timer_at_ = never;
        if (self->deadline_ > std::chrono::steady_clock::now()) {
            if (self->deadline_ != never) self->watch();
        } else if (self->trying_) {
            error_code ignored;
            self->socket_.close(ignored);
        } else {
            const auto who = self->origin_.authority();
            self->abort(self->opening_ ? fail(Errc::connect, who + ": no connection in time")
                                       : fail(Errc::deadline, who + ": no answer in time"));
        }
    });
}

void ClientConnection::abort(Error cause) {
    if (!cause_) cause_ = std::move(cause);
    error_code ignored;
    socket_.close(ignored);
    timer_.cancel();
    if (lookup_) lookup_->done.cancel();
}

bool ClientConnection::is_fresh() {
    if (cause_ || !socket_.is_open() || !input.empty()) return false;
    char byte = 0;
    return ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

Error ClientConnection::why(Errc code, std::string_view doing, const error_code& error) const {
    if (cause_) return *cause_;
    return fail(code, origin_.authority() + ": " + std::string(doing) + ": " + error.message());
}

}  // namespace ark::net
