#include "resources/guarded_client.hpp"

#include "resources/rules.hpp"

namespace ark::resources {
namespace {

class GuardedClient final : public net::HttpClient {
public:
    GuardedClient(std::unique_ptr<net::HttpClient> client, bool private_addresses)
        : client_(std::move(client)), private_addresses_(private_addresses) {}

    awaitable<Result<std::unique_ptr<net::HttpResponse>>> send(net::HttpRequest request) override {
        const auto url = net::Url::parse(request.url, net::Url::Schemes::http_and_https);
        if (!url) co_return url.error();
        // As it is understood, not as it is written: there are many ways to write an address.
        const auto understood = url->scheme + "://" + url->authority();
        if (const auto refused = detail::refuse_address(understood, private_addresses_))
            co_return fail(Errc::forbidden, url->authority() + ": " + *refused);
        co_return co_await client_->send(std::move(request));
    }
    Counters counters() const override { return client_->counters(); }

private:
    const std::unique_ptr<net::HttpClient> client_;
    const bool private_addresses_;
};

}  // namespace

std::unique_ptr<net::HttpClient> guarded_client(asio::io_context& context, net::HttpClientConfig config,
                                                bool private_addresses) {
    config.guard = [private_addresses, only_public = net::public_addresses_only()](std::string_view host,
                                                                                   std::string_view address) -> Status {
        if (net::is_link_local(address))
            return fail(Errc::forbidden, std::string(host) + " is " + std::string(address) + ", a link-local address");
        if (private_addresses || detail::is_of_cluster(host)) return ok();
        return only_public(host, address);
    };
    return std::make_unique<GuardedClient>(net::HttpClient::create(context, std::move(config)), private_addresses);
}

}  // namespace ark::resources
