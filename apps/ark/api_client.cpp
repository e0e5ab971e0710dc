#include "api_client.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

Errc code_of(int status) {
    switch (status) {
        case 401:
            return Errc::unauthorized;
        case 403:
            return Errc::forbidden;
        case 404:
            return Errc::not_found;
        case 409:
        case 412:
            return Errc::conflict;
        case 410:
            return Errc::expired;
        case 413:
            return Errc::too_large;
        case 429:
            return Errc::overloaded;
        case 503:
            return Errc::unavailable;
        case 504:
            return Errc::deadline;
        default:
            return status >= 400 && status < 500 ? Errc::bad_argument : Errc::internal;
    }
}

}  // namespace

Target& Target::add(std::string_view name, std::string_view value) {
    if (value.empty()) return *this;
    text_ += first_ ? '?' : '&';
    first_ = false;
    text_ += name;
    text_ += '=';
    text_ += net::percent_encode(value);
    return *this;
}

Error error_of(const net::ClientResponse& response) {
    std::string words = fmt::format("the broker answered {}", response.status);
    if (auto problem = codec::JsonValue::parse(response.body); problem && problem->is_object()) {
        const auto detail = (*problem)["detail"].text((*problem)["title"].text((*problem)["message"].text()));
        if (!detail.empty()) words = std::string(detail);
        if (const auto hint = (*problem)["hint"].text(); !hint.empty()) words += ". " + std::string(hint);
    }
    return fail(code_of(response.status), printable(words));
}

Error explain_connect(Error error, std::string_view server) {
    if (error.code != Errc::connect && error.code != Errc::closed) return error;
    return fail(Errc::connect, fmt::format("cannot reach {}: {}\n  try: ark up   (or --server URL, ARK_SERVER)", server,
                                           error.context));
}

Result<ApiClient> ApiClient::create(const Context& context) {
    auto url = net::Url::parse(context.server);
    if (!url) return fail(Errc::config, "server '" + context.server + "': " + url.error().context);
    net::Client::Config config;
    config.timeout = context.timeout;
    config.connect_timeout = std::min(config.connect_timeout, context.timeout);
    return ApiClient(context, net::Client(std::move(*url), config));
}

Result<net::ClientResponse> ApiClient::send(std::string_view method, std::string_view target, const net::Fields& fields,
                                            std::string_view body) {
    const auto begin = context_->clock().monotonic_nanos();
    auto response = client_.request(method, target, fields, body);
    const auto took = static_cast<double>(context_->clock().monotonic_nanos() - begin) / 1e6;
    if (!response) {
        context_->debug(fmt::format("{} {}{} failed after {:.1f} ms", method, context_->server, target, took));
        return explain_connect(std::move(response).error(), context_->server);
    }
    context_->debug(fmt::format("{} {}{} {} {} bytes {:.1f} ms", method, context_->server, target, response->status,
                                response->body.size(), took));
    return response;
}

Result<codec::JsonValue> ApiClient::get(const Target& target) {
    ARK_TRY(auto response, send("GET", target.text()));
    if (response.status != 200) return error_of(response);
    auto value = codec::JsonValue::parse(response.body);
    if (!value) return fail(Errc::protocol, "the answer of " + context_->server + target.text() + " is not JSON");
    return value;
}

}  // namespace ark::cli
