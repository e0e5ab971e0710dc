#include "net/client.hpp"

#include "net/chunked.hpp"
#include "net/response_head.hpp"

#include <algorithm>
#include <cerrno>
#include <optional>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ark::net {

namespace {

using SteadyClock = std::chrono::steady_clock;
using Deadline = std::optional<SteadyClock::time_point>;

constexpr std::size_t head_bytes_max = 256u << 10;
constexpr std::size_t read_step = 64u << 10;

Deadline deadline_in(std::chrono::milliseconds limit) {
    if (limit.count() <= 0) return std::nullopt;
    return SteadyClock::now() + limit;
}

}  // namespace

/// A connected socket whose calls block, until their deadline or until abort().
struct Client::Impl {
    Url base;
    Config config;
    int fd = -1;
    int abort_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    std::string input;  // read but not yet used

    Impl(Url url, Config c) : base(std::move(url)), config(c) {}
    ~Impl() {
        disconnect();
        if (abort_fd >= 0) ::close(abort_fd);
    }

    void disconnect() {
        if (fd >= 0) ::close(fd);
        fd = -1;
        input.clear();
    }

    Status wait(short events, Deadline deadline) {
        while (true) {
            int timeout = -1;
            if (deadline) {
                const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - SteadyClock::now()).count();
                if (left <= 0) return fail(Errc::deadline, base.authority());
                timeout = static_cast<int>(std::min<std::int64_t>(left, 1'000'000));
            }
            pollfd polled[2] = {{fd, events, 0}, {abort_fd, POLLIN, 0}};
            const int n = ::poll(polled, 2, timeout);
            if (n < 0 && errno != EINTR) return from_errno(errno, "poll");
            if (n > 0 && polled[1].revents != 0) {
                std::uint64_t ignored = 0;
                if (::read(abort_fd, &ignored, sizeof ignored) < 0) return fail(Errc::stopped, "aborted twice");
                return fail(Errc::stopped, "aborted");
            }
            if (n > 0) return ok();
        }
    }

    Status connect_one(const addrinfo& address, Deadline deadline) {
        fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol);
        if (fd < 0) return from_errno(errno, "socket");
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0) return ok();
        if (errno == EINPROGRESS) {
            ARK_TRY_STATUS(wait(POLLOUT, deadline));
            int error = 0;
            socklen_t size = sizeof error;
            ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
            if (error == 0) return ok();
            errno = error;
        }
        const auto why = from_errno(errno, "connect");
        return fail(Errc::connect, base.authority() + ": " + why.context);
    }

    Status connect() {
        disconnect();
        addrinfo hints{};
        hints.ai_socktype = SOCK_STREAM;
        hints.ai_flags = AI_NUMERICSERV;
        addrinfo* found = nullptr;
        const int error = ::getaddrinfo(base.host.c_str(), std::to_string(base.port).c_str(), &hints, &found);
        if (error != 0) return fail(Errc::connect, base.authority() + ": " + ::gai_strerror(error));
        const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
        const auto deadline = deadline_in(config.connect_timeout);
        Status status = fail(Errc::connect, base.authority() + ": no address");
        for (const auto* address = found; address != nullptr; address = address->ai_next) {
            status = connect_one(*address, deadline);
            if (status || status.error().code == Errc::stopped) return status;
            disconnect();
        }
        return status;
    }

    Status send_all(std::string_view bytes, Deadline deadline) {
        while (!bytes.empty()) {
            const auto n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n > 0) {
                bytes.remove_prefix(static_cast<std::size_t>(n));
                continue;
            }
            if (n < 0 && errno != EAGAIN && errno != EINTR)
                return fail(Errc::closed, from_errno(errno, "send").context);
            ARK_TRY_STATUS(wait(POLLOUT, deadline));
        }
        return ok();
    }

    /// Appends what comes to `input`. False: the peer sent its end.
    Result<bool> fill(Deadline deadline) {
        const auto before = input.size();
        input.resize(before + read_step);
        while (true) {
            const auto n = ::recv(fd, input.data() + before, read_step, 0);
            if (n >= 0) {
                input.resize(before + static_cast<std::size_t>(n));
                return n > 0;
            }
            const int error = errno;
            auto status = error == EAGAIN || error == EINTR
                              ? wait(POLLIN, deadline)
                              : Status(fail(Errc::closed, from_errno(error, "recv").context));
            if (!status) {
                input.resize(before);
                return std::move(status).error();
            }
        }
    }

    std::string request_head(std::string_view method, std::string_view target, const Fields& fields, bool has_body,
                             std::size_t size) const {
        std::string head;
        head.append(method)
            .append(" ")
            .append(target)
            .append(" HTTP/1.1\r\nhost: ")
            .append(base.authority())
            .append("\r\n");
        for (const auto& [name, value] : fields)
            head.append(name).append(": ").append(value).append("\r\n");
        if (has_body) head.append("content-length: ").append(std::to_string(size)).append("\r\n");
        return head.append("\r\n");
    }

    /// Sends the request and reads the response's head.
    Result<BodyFraming> start(std::string_view method, std::string_view target, const Fields& fields,
                              std::string_view body, Deadline deadline, ClientResponse& response) {
        const bool has_body = !body.empty() || method == "POST" || method == "PUT" || method == "PATCH";
        auto head = request_head(method, target, fields, has_body, body.size());
        if (body.size() <= read_step) {
            head.append(body);
            body = {};
        }
        ARK_TRY_STATUS(send_all(head, deadline));
        // A server may refuse before it has read everything: then its answer says why.
        auto sent = send_all(body, deadline);
        if (!sent && sent.error().code != Errc::closed) return std::move(sent).error();
        auto framing = read_head(method, deadline, response);
        if (framing && !sent) framing->keep_alive = false;
        return framing;
    }

    Result<BodyFraming> read_head(std::string_view method, Deadline deadline, ClientResponse& response) {
        std::size_t scanned = 0;
        while (true) {
            const auto end = input.find("\r\n\r\n", scanned);
            if (end == input.npos) {
                scanned = input.size() < 3 ? 0 : input.size() - 3;
                if (input.size() > head_bytes_max) return fail(Errc::protocol, "response head too long");
                ARK_TRY(const bool more, fill(deadline));
                if (!more) return fail(Errc::closed, "peer closed before it answered");
                continue;
            }
            ARK_TRY_STATUS(parse_response_head(std::string_view(input).substr(0, end), response));
            const bool http10 = input.starts_with("HTTP/1.0");
            input.erase(0, end + 4);
            scanned = 0;
            if (response.status >= 200) return framing_of(response, method, http10);
            response = ClientResponse{};  // 100 Continue and its like
        }
    }

    /// Hands out the body piece by piece. False from `on_bytes` ends it early: the connection is then of no further
    /// use.
    Status read_body(const BodyFraming& framing, const std::function<Deadline()>& deadline,
                     const std::function<bool(std::string_view)>& on_bytes) {
        ChunkDecoder chunks;
        std::uint64_t left = framing.length.value_or(0);
        while (true) {
            std::string_view rest = input;
            bool ended = false;
            auto status = framing.chunked ? take_chunks(chunks, rest, on_bytes, ended)
                                          : take_plain(framing, left, rest, on_bytes, ended);
            input.erase(0, input.size() - rest.size());
            if (!status || ended) return status;
            ARK_TRY(const bool more, fill(deadline()));
            if (more) continue;
            if (!framing.chunked && !framing.length) return ok();
            return fail(Errc::closed, "peer closed within its body");
        }
    }

    Status take_plain(const BodyFraming& framing, std::uint64_t& left, std::string_view& rest,
                      const std::function<bool(std::string_view)>& on_bytes, bool& ended) {
        auto piece = rest;
        if (framing.length)
            piece = rest.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left, rest.size())));
        rest.remove_prefix(piece.size());
        left -= framing.length ? piece.size() : 0;
        const bool stopped = !piece.empty() && !on_bytes(piece);
        ended = stopped || (framing.length && left == 0);
        return ok();
    }

    Status take_chunks(ChunkDecoder& chunks, std::string_view& rest,
                       const std::function<bool(std::string_view)>& on_bytes, bool& ended) {
        while (true) {
            std::string_view piece;
            const auto step = chunks.next(rest, piece);
            if (step == ChunkDecoder::Step::bad) return fail(Errc::protocol, "malformed chunked body");
            ended = step == ChunkDecoder::Step::done;
            if (step != ChunkDecoder::Step::data) return ok();
            if (!on_bytes(piece)) {
                ended = true;
                return ok();
            }
        }
    }
};

Client::Client(Url base, Config config) : impl_(std::make_unique<Impl>(std::move(base), config)) {}
Client::Client(Url base) : Client(std::move(base), Config{}) {}
Client::~Client() = default;
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;

Result<ClientResponse> Client::request(std::string_view method, std::string_view target, const Fields& fields,
                                       std::string_view body) {
    auto& impl = *impl_;
    const bool reused = impl.fd >= 0;
    const auto deadline = deadline_in(impl.config.timeout);
    if (!reused) {
        ARK_TRY_STATUS(impl.connect());
    }

    ClientResponse response;
    auto framing = impl.start(method, target, fields, body, deadline, response);
    const bool repeatable = method == "GET" || method == "HEAD";
    if (!framing && framing.error().code == Errc::closed && reused && repeatable) {
        // The server closed the idle connection in the meantime.
        ARK_TRY_STATUS(impl.connect());
        response = ClientResponse{};
        framing = impl.start(method, target, fields, body, deadline, response);
    }
    if (!framing) {
        impl.disconnect();
        return std::move(framing).error();
    }
    bool too_large = false;
    const auto collect = [&](std::string_view piece) {
        too_large = piece.size() > impl.config.response_bytes_max - response.body.size();
        if (!too_large) response.body.append(piece);
        return !too_large;
    };
    if (framing->length && *framing->length <= impl.config.response_bytes_max) response.body.reserve(*framing->length);
    auto status = impl.read_body(
        *framing, [&] { return deadline; }, collect);
    if (!status || too_large || !framing->keep_alive) impl.disconnect();
    if (!status) return std::move(status).error();
    if (too_large)
        return fail(Errc::too_large, "response of more than " + std::to_string(response.body.size()) + " bytes");
    return response;
}

Status Client::stream(std::string_view target, const Fields& fields, std::chrono::milliseconds idle,
                      const std::function<bool(const ClientResponse&)>& on_head,
                      const std::function<bool(std::string_view)>& on_bytes) {
    auto& impl = *impl_;
    ARK_TRY_STATUS(impl.connect());
    ClientResponse response;
    auto framing = impl.start("GET", target, fields, {}, deadline_in(impl.config.timeout), response);
    Status status = ok();
    if (!framing) {
        status = std::move(framing).error();
    } else if (on_head(response)) {
        status = impl.read_body(
            *framing, [&] { return deadline_in(idle); }, on_bytes);
    }
    impl.disconnect();
    return status;
}

void Client::abort() {
    const std::uint64_t one = 1;
    // Fails only when the counter is full: then an abort is already waiting to be seen.
    [[maybe_unused]] const auto written = ::write(impl_->abort_fd, &one, sizeof one);
}

}  // namespace ark::net
