#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"
#include "context.hpp"
#include "net/client.hpp"

#include <string>
#include <string_view>

namespace ark::cli {

/// Path and query of a request, percent-encoded as it grows. Empty values are left out.
class Target {
public:
    explicit Target(std::string path) : text_(std::move(path)) {}
    Target& add(std::string_view name, std::string_view value);
    const std::string& text() const { return text_; }

private:
    std::string text_;
    bool first_ = true;
};

/// The broker's API as commands use it. Errors are mapped once: connect (says what to try), not_found, deadline, … with
/// the problem's own words. Not thread-safe.
class ApiClient {
public:
    static Result<ApiClient> create(const Context& context);

    Result<codec::JsonValue> get(const Target& target);
    Result<net::ClientResponse> send(std::string_view method, std::string_view target, const net::Fields& fields = {},
                                     std::string_view body = {});
    net::Client& raw() { return client_; }

private:
    ApiClient(const Context& context, net::Client client) : context_(&context), client_(std::move(client)) {}

    const Context* context_;  // outlives us: the command's
    net::Client client_;
};

/// From an answer that is no success: the code by its status, the words of its problem+json body.
Error error_of(const net::ClientResponse& response);
/// Adds "cannot reach SERVER" and what to do about it.
Error explain_connect(Error error, std::string_view server);

}  // namespace ark::cli
