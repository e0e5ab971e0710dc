#include "web/web.hpp"

#include "web/assets.hpp"

namespace ark::web {
namespace {

constexpr std::string_view content_security_policy =
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'none'";

std::string_view content_type(std::string_view name) {
    if (name.ends_with(".html")) return "text/html; charset=utf-8";
    if (name.ends_with(".svg")) return "image/svg+xml";
    if (name.ends_with(".css")) return "text/css; charset=utf-8";
    return "text/javascript; charset=utf-8";
}

awaitable<void> serve(const Asset& asset, net::Exchange& exchange) {
    net::Response response;
    response.fields.add("content-type", content_type(asset.name));
    response.fields.add("content-security-policy", content_security_policy);
    response.fields.add("x-content-type-options", "nosniff");
    response.fields.add("cache-control", "no-cache");
    response.body = asset.bytes;
    co_await exchange.respond(std::move(response));
}

}  // namespace

void register_routes(net::Router& router) {
    for (const auto& asset : assets()) {
        const std::string path = asset.name == "index.html" ? "/" : "/" + std::string(asset.name);
        router.add("GET", path, [&asset](net::Exchange& exchange) { return serve(asset, exchange); });
    }
}

}  // namespace ark::web
