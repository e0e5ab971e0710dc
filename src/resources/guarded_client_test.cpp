// Goal: what a name stands for is judged where the connection is made, not only how its address is written.
#include "resources/guarded_client.hpp"

#include "net/server.hpp"
#include "runtime/io_pool.hpp"

#include <optional>

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ark::resources {
namespace {

using testing::HasSubstr;

class GuardedClientTest : public ::testing::Test {
protected:
    GuardedClientTest() {
        router_.add("GET", "/", [](net::Exchange& exchange) -> awaitable<void> {
            net::Response response;
            response.body = "model";
            co_await exchange.respond(std::move(response));
        });
        server_ = std::move(*net::Server::create(pool_, {}, router_));
        server_->start();
        pool_.start();
    }
    ~GuardedClientTest() override {
        server_->stop(std::chrono::milliseconds(0));
        pool_.stop();
    }

    /// What comes of asking there: the body, or the error.
    std::string ask(const std::string& scheme, const std::string& host, bool private_addresses,
                    net::HttpClientConfig config = {}) {
        asio::io_context context;
        config.connect_timeout = std::chrono::seconds(2);
        const auto client = guarded_client(context, config, private_addresses);
        net::HttpRequest request;
        request.url = scheme + "://" + host + ":" + std::to_string(server_->port()) + "/";
        std::optional<Result<net::ClientResponse>> result;
        asio::co_spawn(context, client->fetch(std::move(request), 1000),
                       [&](std::exception_ptr, Result<net::ClientResponse> answer) {
                           result.emplace(std::move(answer));
                           context.stop();
                       });
        context.run();
        if (*result) return (*result)->body;
        code_ = result->error().code;
        return result->error().message();
    }

    std::optional<Errc> code_;

private:
    runtime::IoPool pool_{1};
    net::Router router_;
    std::unique_ptr<net::Server> server_;
};

// "127.1" and "2130706433" are no addresses to us but names, which the system's look-up finds to be 127.0.0.1: they
// stand for names of a DNS that somebody else fills.
TEST_F(GuardedClientTest, RefusesNamesOfPrivateAddresses) {
    for (const auto* name : {"127.1", "2130706433"}) {
        EXPECT_EQ(ask("http", name, true), "model");
        EXPECT_THAT(ask("https", name, false), HasSubstr("is 127.0.0.1, not a public address"));
        EXPECT_EQ(code_, Errc::forbidden);
    }
}

TEST_F(GuardedClientTest, RefusesWhatAdmissionDidNotSee) {
    EXPECT_THAT(ask("http", "127.0.0.1", false), HasSubstr("is this machine"));
    EXPECT_THAT(ask("http", "model.invalid", false), HasSubstr("must be https"));
    EXPECT_EQ(code_, Errc::forbidden);
    EXPECT_THAT(ask("https", "[::ffff:127.0.0.1]", false), HasSubstr("not a public address"));
}

TEST_F(GuardedClientTest, NobodyMeansToAskMetadataServices) {
    for (const bool private_addresses : {false, true}) {
        for (const auto* name :
             {"169.254.1", "169.254.169.254", "[fe80::1]", "[::ffff:169.254.169.254]", "[fd00:ec2::254]"}) {
            EXPECT_THAT(ask("https", name, private_addresses), HasSubstr("link-local")) << name;
            EXPECT_EQ(code_, Errc::forbidden);
        }
    }
}

TEST_F(GuardedClientTest, LetsTheClusterNameItsOwn) {
    ask("http", "model.lab.svc.cluster.local", false);
    EXPECT_NE(code_, Errc::forbidden) << "it is looked up, though nobody knows it here";
}

// The operator's proxy may be anywhere; an address behind it may not.
TEST_F(GuardedClientTest, JudgesAddressesBehindAProxyToo) {
    net::HttpClientConfig config;
    config.proxy = "http://127.0.0.1:1";
    ask("https", "model.example", false, config);
    EXPECT_EQ(code_, Errc::connect);
    EXPECT_THAT(ask("https", "100.64.0.1", false, config), HasSubstr("not a public address"));
}

}  // namespace
}  // namespace ark::resources
