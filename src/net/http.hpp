#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HTTP as handlers see it: the same for HTTP/1.1 and HTTP/2. Beast, nghttp2 and OpenSSL stay behind this header.
namespace ark::net {

/// Header fields in order of arrival; names are lower-case.
class Fields {
public:
    using Field = std::pair<std::string, std::string>;

    void add(std::string_view name, std::string_view value);
    void set(std::string_view name, std::string_view value);  ///< replaces all of that name
    /// The first value of that (lower-case) name; empty when absent.
    std::string_view find(std::string_view name) const;
    bool has(std::string_view name) const;
    auto begin() const { return fields_.begin(); }
    auto end() const { return fields_.end(); }

private:
    std::vector<Field> fields_;
};

/// Query parameters, percent-decoded, in order; '+' is a space.
class Query {
public:
    static std::optional<Query> parse(std::string_view text);           ///< nothing: malformed escape or invalid UTF-8
    std::optional<std::string_view> find(std::string_view name) const;  ///< the first
    std::vector<std::string_view> all(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& items() const { return items_; }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

std::optional<std::string> percent_decode(std::string_view text);
std::string percent_encode(std::string_view text);  ///< all but unreserved characters (RFC 3986)

struct RequestHead {
    std::string method;
    std::string target;     ///< as sent
    std::string path;       ///< percent-decoded, without query
    std::string raw_query;  ///< behind '?', as sent
    Fields fields;
    bool http2 = false;
    std::string peer;  ///< address:port
    /// Values of `{name}` in the route, in order, percent-decoded.
    std::vector<std::string> path_values;
};

struct Response {
    int status = 200;
    Fields fields;  ///< content-type etc.; content-length, date and connection are the server's
    std::string body;
    Fields trailers;  ///< HTTP/2 only (gRPC)
};

/// A response that is written piece by piece (SSE). Belongs to one coroutine; dies with the exchange.
class ResponseStream {
public:
    virtual ~ResponseStream() = default;
    /// Resolves when the kernel (or the HTTP/2 window) took all bytes; the bytes must stay alive until then.
    /// closed: the peer is gone or stop was asked. Back-pressure is this await: a slow reader delays only its own
    /// coroutine.
    virtual awaitable<Status> write(std::string_view bytes) = 0;
    /// Ends the body. Nothing may follow.
    virtual awaitable<void> finish() = 0;
    /// True once the peer closed or the server stops; a coroutine that waits elsewhere asks after waking.
    virtual bool closed() const = 0;
    /// Calls once, on the connection's executor, when closed() becomes true. Replaces an earlier one; empty to unset.
    virtual void on_close(std::function<void()> callback) = 0;
};

/// Whoever pays for a body's memory, asked as it grows: chunked and HTTP/2 bodies need not announce their size.
class BodyGrowth {
public:
    /// Whether the body may be `bytes` long in all. False ends it with Errc::overloaded.
    virtual bool grow_to(std::size_t bytes) = 0;

protected:
    ~BodyGrowth() = default;
};

/// One request and its answer. Lives on its connection's executor; valid until the handler's coroutine returns.
class Exchange {
public:
    virtual ~Exchange() = default;

    virtual const RequestHead& head() const = 0;
    /// Reads the whole body. too_large beyond bytes_max (the connection then answers and closes); overloaded when
    /// `growth`, which outlives the call, refuses; closed; deadline.
    virtual awaitable<Result<Buffer>> read_body(std::size_t bytes_max, BodyGrowth* growth = nullptr) = 0;
    /// Reads what has come of the body since the last call: at least a byte, at most 1 MiB; nothing at its end. For
    /// bodies that arrive over minutes; instead of read_body(), never beside it. What is not taken keeps the peer
    /// waiting. closed; deadline after `idle_max` without a byte; stopped when the server stops.
    virtual awaitable<Result<Buffer>> read_piece(std::chrono::seconds idle_max) = 0;
    /// Answers. Once per exchange.
    virtual awaitable<void> respond(Response response) = 0;
    /// Sends the head and leaves the body open. Once per exchange, instead of respond().
    virtual awaitable<Result<ResponseStream*>> start_stream(int status, Fields fields) = 0;
    virtual asio::any_io_executor executor() const = 0;
    /// Which of the server's contexts this is: 0 … threads-1. For state kept per net thread.
    virtual std::size_t shard() const = 0;
};

using Handler = std::function<awaitable<void>(Exchange&)>;

/// Routes by method and path pattern: "/v1/traces/{id}", literal segments win over `{name}`. Literals match in any
/// letter case, and one slash at the end is ignored. Unknown path: 404; a value that cannot be decoded: 400; known
/// path, other method: 405 with Allow. HEAD is served by GET without the body; OPTIONS by the server.
class Router {
public:
    /// `method` is "GET", "POST", …; `pattern` begins with '/'.
    void add(std::string_view method, std::string_view pattern, Handler handler);
    struct Match {
        const Handler* handler = nullptr;  ///< null: see status
        int status = 404;                  ///< 404, 405 or 400 without a handler
        std::string allow;                 ///< for 405
        std::vector<std::string> path_values;
    };
    /// Writes the answer to what no route serves, OPTIONS included; nothing: the server writes its own.
    using Unrouted = std::function<std::optional<Response>(const RequestHead&, const Match&)>;
    void set_unrouted(Unrouted unrouted) { unrouted_ = std::move(unrouted); }
    const Unrouted& unrouted() const { return unrouted_; }
    /// `path` as it was sent: an escaped slash does not end a segment. `handler` lives as long as this router is
    /// unchanged.
    Match match(std::string_view method, std::string_view path) const;
    /// Every (method, pattern), for the OpenAPI self-test.
    std::vector<std::pair<std::string, std::string>> routes() const;

private:
    struct Route {
        std::string method;
        std::string pattern;
        Handler handler;
    };
    /// A place in the tree of segments; node 0 is the root.
    struct Node {
        std::vector<std::pair<std::string, std::size_t>> literals;
        std::size_t named = 0;            // the child for `{name}`; 0: none
        std::vector<std::size_t> routes;  // in routes_: one a method
    };
    std::size_t literal_child(std::size_t at, std::string_view segment);
    std::size_t named_child(std::size_t at);
    bool descend(std::size_t at, std::string_view rest, std::string_view method, Match& match) const;
    bool serve(const Node& node, std::string_view method, Match& match) const;

    std::vector<Route> routes_;
    std::vector<Node> nodes_{1};
    Unrouted unrouted_;
};

}  // namespace ark::net
