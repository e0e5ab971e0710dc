#pragma once
#include "net/http.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace ark::net {

struct Url {
    std::string scheme;  ///< "http" or "https"
    std::string host;    ///< without the brackets of an IPv6 address
    std::uint16_t port = 80;
    std::string target;  ///< path and query, "/" when absent
    enum class Schemes { http, http_and_https };
    /// bad_argument, in words for the person who wrote it. A text without a scheme means http.
    static Result<Url> parse(std::string_view text, Schemes schemes = Schemes::http);
    /// What a Location field means here: absolute, or relative to this one (RFC 3986 §4.2, without dot segments).
    Result<Url> resolve(std::string_view location) const;
    std::string authority() const;   ///< "host:port", "[::1]:80"
    std::string host_field() const;  ///< the same without a scheme's own port
    bool same_origin(const Url& other) const;
};

struct ClientResponse {
    int status = 0;
    Fields fields;
    std::string body;
};

/// A blocking HTTP/1.1 client over one keep-alive connection, for the command line and tests. Not thread-safe.
/// Reconnects on a stale connection when the request may be repeated (GET, HEAD).
class Client {
public:
    struct Config {
        std::chrono::milliseconds connect_timeout{5000};
        std::chrono::milliseconds timeout{30000};  ///< whole request; 0 = none
        std::size_t response_bytes_max = 256u << 20;
    };
    Client(Url base, Config config);
    explicit Client(Url base);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// `target` is path and query. Errors: connect, deadline, closed, protocol, too_large.
    Result<ClientResponse> request(std::string_view method, std::string_view target, const Fields& fields = {},
                                   std::string_view body = {});

    /// GET whose body is read as it comes. `on_head` sees the status and fields (false: stop); `on_bytes` each piece
    /// (false: stop). Returns ok when the body ended or a callback stopped it; closed when the peer vanished; deadline
    /// when `idle` passed without a byte.
    Status stream(std::string_view target, const Fields& fields, std::chrono::milliseconds idle,
                  const std::function<bool(const ClientResponse&)>& on_head,
                  const std::function<bool(std::string_view)>& on_bytes);
    /// Interrupts a stream() or request() from another thread or a signal handler's thread: it returns Errc::stopped.
    /// If none is under way, the next one.
    void abort();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ark::net
