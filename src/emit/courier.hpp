#pragma once
#include "emit/outbox.hpp"
#include "emit/targets.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

namespace ark::net {
class HttpClient;
}

namespace ark::emit {

/// What became of one export request.
struct Carried {
    enum class Outcome {
        accepted,  ///< the target has it; it may have refused single items (partial success)
        retry,     ///< later, unchanged: the target is away or overloaded
        refused,   ///< never: sending the same again would be answered the same
    };
    Outcome outcome = Outcome::retry;
    bool maybe_taken = false;           ///< of retry: no answer came, so the target may have it all the same
    std::chrono::milliseconds wait{0};  ///< of retry: what the target asked for; 0: nothing
    std::string reason;                 ///< for our diagnostics; nothing of what was sent
};

/// Brings one export request to a target. One executor.
class Courier {
public:
    virtual ~Courier() = default;
    virtual awaitable<Carried> carry(const TargetConfig& target, Signal signal, std::string body,
                                     std::stop_token stop) = 0;
    /// Whether the target has what an earlier request carried, as far as it can be asked. Requests are taken whole or
    /// not at all, so the first item tells of all.
    enum class Known { yes, no, away };
    virtual awaitable<Known> knows(const TargetConfig& target, Signal signal, std::shared_ptr<const std::string> body,
                                   std::stop_token stop) = 0;
};

/// Over OTLP/HTTP with protobuf (OTLP specification, "OTLP/HTTP response": what is retried is theirs to say). The
/// client outlives it. Ark's broker can be asked what it knows; others cannot, and may get something twice after a
/// crash, as OTLP has it. `trusting` makes a client that trusts a target's own certificates (TargetConfig::ca_file).
using TrustingClient = std::function<std::unique_ptr<net::HttpClient>(const std::string& ca_file)>;
std::unique_ptr<Courier> http_courier(net::HttpClient& client, TrustingClient trusting);

}  // namespace ark::emit
