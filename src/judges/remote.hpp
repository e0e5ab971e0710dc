#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

namespace ark::net {
class HttpClient;
}

namespace ark::judges {

/// Other processes that judge: the broker, which evaluates events, and services of Evaluator resources.
class Remote {
public:
    virtual ~Remote() = default;
    struct Answer {
        int status = 0;
        codec::JsonValue body;  ///< null when it was no JSON
    };
    /// Posts JSON. Errors: those of the connection; stopped. Build the arguments first and move them in.
    virtual awaitable<Result<Answer>> post(std::string url, std::string body, std::chrono::milliseconds timeout,
                                           std::stop_token stop) = 0;
};

/// The real one. The client outlives it.
std::unique_ptr<Remote> make_remote(net::HttpClient& client);

}  // namespace ark::judges
