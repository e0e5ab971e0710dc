#pragma once
#include "base/random.hpp"
#include "net/http.hpp"
#include "net/server.hpp"

#include <string>
#include <string_view>

namespace ark::net {

/// What an answer gets whoever wrote it (CORS, request id), and the answers that the server gives itself.
/// One a shard: used from its thread only.
class Answers {
public:
    Answers(const ServerConfig& config, std::uint64_t seed) : origins_(config.cors_origins), random_(seed) {}

    /// Makes sure that the request carries an id: the sender's own one if it is printable ASCII, else a random UUID.
    void identify(RequestHead& head);
    /// Adds X-Request-Id and, for an allowed origin, the CORS fields.
    void decorate(const RequestHead& head, Fields& fields) const;
    /// A preflight's answer, or what OPTIONS says of a known path.
    Response options(const RequestHead& head, std::string_view allow) const;

private:
    bool allows(std::string_view origin) const;

    const std::vector<std::string>& origins_;  // the server's configuration outlives its shards
    Random random_;
};

/// application/problem+json (RFC 9457) for a status of ours; of a request whose head is known it names path and id.
Response problem(int status, std::string_view detail, const RequestHead* head = nullptr);
std::string_view reason(int status);  ///< "Not Found"; "Status" for an unknown one

/// Lets the route's handler answer, or answers 404, 405 or OPTIONS itself. An exception of the handler is a bug: it is
/// said on stderr, and the caller answers 500 if nothing was answered.
awaitable<void> dispatch(const Router& router, Answers& answers, RequestHead& head, Exchange& exchange);

}  // namespace ark::net
