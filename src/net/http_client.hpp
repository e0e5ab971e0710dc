#pragma once
#include "net/client.hpp"

#include <stop_token>

/// The client of the controller: coroutines on an io_context, streamed bodies, aborts that really close the socket.
/// (`Client` in client.hpp is the command line's: it blocks.)
namespace ark::net {

/// May a connection to this address be opened? Asked for each address that a name stands for, right before the
/// connection, so that a name cannot mean one address when checked and another when used. `address` is numeric text.
using AddressGuard = std::function<Status(std::string_view host, std::string_view address)>;

/// Refuses loopback, private, link-local, shared, multicast and unspecified addresses, also as IPv4 within IPv6.
/// For targets that come from data; not for those that an operator wrote down.
AddressGuard public_addresses_only();

/// 169.254.0.0/16 and fe80::/10, also as IPv4 within IPv6, and the addresses that clouds give their metadata services
/// beside them: nothing that anybody means to call. `address` is numeric text.
bool is_link_local(std::string_view address);

struct HttpClientConfig {
    std::chrono::milliseconds connect_timeout{5'000};  ///< name, TCP and TLS together
    std::size_t connections_max = 16'384;              ///< open at once; beyond: overloaded
    std::size_t idle_per_origin_max = 64;              ///< kept for reuse; beyond: closed after use
    std::chrono::milliseconds idle_max{15'000};        ///< how long kept; a server's Keep-Alive: timeout shortens it
    std::size_t head_bytes_max = 256u << 10;           ///< of a response; beyond: protocol
    std::string ca_file;                               ///< PEM; instead of the system's certificates
    std::string proxy;                                 ///< "http://host:port" for https targets too (CONNECT)
    std::vector<std::string> no_proxy;                 ///< hosts and ".domains" that are reached directly; "*": all
    AddressGuard guard;                                ///< empty: any address; not asked about the proxy's own
    std::string user_agent = "ark";
};

/// Fills `proxy` and `no_proxy` from https_proxy, http_proxy, all_proxy and no_proxy (either case).
void use_proxy_of_environment(HttpClientConfig& config);

/// Build it as a named object and move it in (g++ 12, docs/hacking.md).
struct HttpRequest {
    std::string method = "GET";
    std::string url;  ///< http or https
    Fields fields;    ///< host, content-length, connection and user-agent are the client's
    std::string body;
    std::chrono::milliseconds timeout{0};            ///< from send() to the last byte of the body; 0: none
    std::chrono::milliseconds idle_timeout{60'000};  ///< until the head, and between two pieces of the body; 0: none
    /// Followed within the same origin only, so that credentials never travel: any for GET and HEAD, 307 and 308 for
    /// the rest. Beyond, or to elsewhere: the redirect itself is the response.
    unsigned redirects_max = 0;
    std::stop_token stop;  ///< any thread: ends the exchange with Errc::stopped and closes its socket
};

/// An answer whose head has come. Belongs to one coroutine on the client's context; may outlive the client (then it is
/// stopped). Destroyed before the body's end: the connection is closed, so that the server notices.
class HttpResponse {
public:
    virtual ~HttpResponse() = default;
    virtual int status() const = 0;
    virtual const Fields& fields() const = 0;
    /// The next piece of the body, never empty; nothing at its end. Errors: deadline, closed, protocol, stopped.
    virtual awaitable<Result<std::optional<std::string>>> read() = 0;
    /// The rest of the body; too_large beyond `bytes_max`.
    awaitable<Result<std::string>> read_all(std::size_t bytes_max);
};

/// HTTP/1.1 over kept-alive connections, plain or TLS 1.2+ with the peer's certificate verified against its name.
/// Lives on, and is used from, one io_context; no locks.
class HttpClient {
public:
    virtual ~HttpClient() = default;  ///< ends what is under way with Errc::stopped
    static std::unique_ptr<HttpClient> create(asio::io_context& context, HttpClientConfig config);

    /// Sends the request and waits for the head of its answer. A request that met a connection which the server had
    /// closed meanwhile is sent once more when its method may be repeated. Errors: bad_argument, connect, forbidden
    /// (the guard's), deadline, closed, protocol (TLS and certificates too), stopped, overloaded. Contexts name the
    /// origin, never path, query or fields.
    virtual awaitable<Result<std::unique_ptr<HttpResponse>>> send(HttpRequest request) = 0;
    /// The whole answer at once; too_large beyond `bytes_max`.
    awaitable<Result<ClientResponse>> fetch(HttpRequest request, std::size_t bytes_max);

    struct Counters {
        std::size_t open = 0;      ///< connections now, idle ones included
        std::uint64_t opened = 0;  ///< ever
        std::uint64_t reused = 0;  ///< requests that found one
    };
    virtual Counters counters() const = 0;
};

}  // namespace ark::net
