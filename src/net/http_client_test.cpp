#include "net/http_client.hpp"

#include "net/sse_reader.hpp"
#include "net/test_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

namespace ark::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

/// A client on a context of its own, which runs on the test's thread while a call is under way.
class ClientTest : public ::testing::Test {
protected:
    explicit ClientTest(HttpClientConfig config = {}) : client(HttpClient::create(context, std::move(config))) {}

    template <class T>
    T run(awaitable<T> task) {
        std::optional<T> result;
        asio::co_spawn(context, std::move(task), [&](std::exception_ptr failure, T value) {
            if (failure) std::rethrow_exception(failure);
            result.emplace(std::move(value));
            context.stop();
        });
        context.restart();
        context.run();
        return std::move(*result);
    }
    static HttpRequest get(std::string url) {
        HttpRequest request;
        request.url = std::move(url);
        return request;
    }
    Result<ClientResponse> fetch(HttpRequest request, std::size_t bytes_max = 1u << 20) {
        return run(client->fetch(std::move(request), bytes_max));
    }
    void use(HttpClientConfig config) { client = HttpClient::create(context, std::move(config)); }

    asio::io_context context;
    std::unique_ptr<HttpClient> client;
    TestServer server;
};

using HttpClientTest = ClientTest;

TEST_F(HttpClientTest, KeepsItsConnection) {
    for (int i = 0; i < 3; ++i) {
        const auto response = fetch(get(server.url() + "/hello"));
        ASSERT_TRUE(response) << response.error().message();
        EXPECT_EQ(response->status, 200);
        EXPECT_EQ(response->body, "hello");
    }
    EXPECT_EQ(client->counters().opened, 1u);
    EXPECT_EQ(client->counters().reused, 2u);
}

TEST_F(HttpClientTest, SendsBodiesOfAnySize) {
    for (const std::size_t size : {0u, 10u, 70'000u, 900'000u}) {
        auto request = get(server.url() + "/echo");
        request.method = "POST";
        request.body = std::string(size, 'b');
        const auto response = fetch(std::move(request));
        ASSERT_TRUE(response) << response.error().message();
        EXPECT_EQ(response->body.size(), size);
    }
}

TEST_F(HttpClientTest, StreamsEventsAsTheyCome) {
    const auto read = [](HttpClient& http, HttpRequest request) -> awaitable<std::vector<std::string>> {
        std::vector<std::string> events;
        auto response = co_await http.send(std::move(request));
        if (!response) co_return events;
        SseReader reader(std::move(*response), 1u << 20);
        while (true) {
            auto event = co_await reader.next();
            if (!event || !*event) break;
            events.push_back((*event)->data);
        }
        co_return events;
    };
    EXPECT_THAT(run(read(*client, get(server.url() + "/pieces"))), ::testing::ElementsAre("one", "one", "one"));
}

// Goal: giving up is noticed by the server, whichever way it happens.
TEST_F(HttpClientTest, AbortClosesTheSocket) {
    const auto open = [](HttpClient& http, HttpRequest request) -> awaitable<Result<std::unique_ptr<HttpResponse>>> {
        return http.send(std::move(request));
    };
    {
        auto response = run(open(*client, get(server.url() + "/wait")));
        ASSERT_TRUE(response);
    }  // dropped unread
    while (server.counts.ended == 0)
        std::this_thread::yield();

    std::stop_source stop;
    auto request = get(server.url() + "/wait");
    request.stop = stop.get_token();
    auto response = run(open(*client, std::move(request)));
    ASSERT_TRUE(response);
    ASSERT_EQ(run((*response)->read())->value(), "data: first\n\n");
    std::thread other([&] { stop.request_stop(); });
    const auto after = run((*response)->read());
    other.join();
    ASSERT_FALSE(after);
    EXPECT_EQ(after.error().code, Errc::stopped);
    while (server.counts.ended == 1)
        std::this_thread::yield();
    response = Error{};
    EXPECT_EQ(client->counters().open, 0u);
}

TEST_F(HttpClientTest, StopBeforeItBegan) {
    std::stop_source stop;
    stop.request_stop();
    auto request = get(server.url() + "/hello");
    request.stop = stop.get_token();
    EXPECT_EQ(fetch(std::move(request)).error().code, Errc::stopped);
}

TEST_F(HttpClientTest, WaitsNoLongerThanItsDeadlines) {
    auto idle = get(server.url() + "/wait");
    idle.idle_timeout = milliseconds(30);
    EXPECT_EQ(fetch(std::move(idle)).error().code, Errc::deadline);

    auto total = get(server.url() + "/flood");  // never idle, never done
    total.timeout = milliseconds(30);
    EXPECT_EQ(fetch(std::move(total), std::size_t{1} << 40).error().code, Errc::deadline);
}

// A listener whose backlog is never accepted from takes the connection and stays silent: TLS waits in vain.
TEST_F(HttpClientTest, ConnectsInTimeOrNotAtAll) {
    asio::ip::tcp::acceptor silent(context, {asio::ip::address_v4::loopback(), 0});
    HttpClientConfig config;
    config.connect_timeout = milliseconds(30);
    use(config);
    const auto late = fetch(get("https://localhost:" + std::to_string(silent.local_endpoint().port()) + "/"));
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code, Errc::connect);
}

TEST_F(HttpClientTest, BoundsWhatItReads) {
    EXPECT_EQ(fetch(get(server.url() + "/flood"), 100'000).error().code, Errc::too_large);
    EXPECT_EQ(client->counters().open, 0u);
}

TEST_F(HttpClientTest, SaysWhoCannotBeReached) {
    const auto refused = fetch(get("http://127.0.0.1:1/x?secret"));
    EXPECT_EQ(refused.error().code, Errc::connect);
    EXPECT_THAT(refused.error().context, HasSubstr("127.0.0.1:1: connect"));
    EXPECT_THAT(refused.error().context, ::testing::Not(HasSubstr("secret")));
    EXPECT_EQ(fetch(get("http://name.invalid/")).error().code, Errc::connect);
    EXPECT_EQ(fetch(get("ftp://host/")).error().code, Errc::bad_argument);
}

TEST_F(HttpClientTest, RefusesFieldsThatSmuggle) {
    auto request = get(server.url() + "/hello");
    request.fields.add("x-a", "b\r\nx-c: d");
    EXPECT_EQ(fetch(std::move(request)).error().code, Errc::bad_argument);
    auto method = get(server.url() + "/hello");
    method.method = "GET / HTTP/1.1\r\n";
    EXPECT_EQ(fetch(std::move(method)).error().code, Errc::bad_argument);
}

TEST_F(HttpClientTest, TellsWhatBrokenServersDo) {
    const std::vector<std::pair<std::string, Errc>> cases = {
        {"", Errc::closed},
        {"nonsense\r\n\r\n", Errc::protocol},
        {"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf", Errc::closed},
        {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhel", Errc::closed},
        {"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Errc::protocol},
        {"HTTP/1.1 200 OK\r\nx: " + std::string(300 << 10, 'x'), Errc::protocol},
    };
    for (const auto& [answer, code] : cases) {
        ScriptedServer broken({answer});
        const auto response = fetch(get("http://" + broken.url.authority() + "/"));
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, code) << answer.substr(0, 60) << ": " << response.error().message();
    }
    ScriptedServer old({"HTTP/1.0 200 OK\r\n\r\nuntil the end"});
    EXPECT_EQ(fetch(get("http://" + old.url.authority() + "/"))->body, "until the end");
    ScriptedServer patient({"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"});
    EXPECT_EQ(fetch(get("http://" + patient.url.authority() + "/"))->status, 204);
}

TEST_F(HttpClientTest, FollowsRedirectsWithinTheOrigin) {
    ScriptedServer first({"HTTP/1.1 307 x\r\nlocation: /b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
                          "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"});
    auto post = get("http://" + first.url.authority() + "/a");
    post.method = "POST";
    post.redirects_max = 2;
    EXPECT_EQ(fetch(std::move(post))->body, "ok");

    ScriptedServer second({"HTTP/1.1 302 x\r\nlocation: " + server.url() + "/hello\r\ncontent-length: 0\r\n\r\n"});
    auto elsewhere = get("http://" + second.url.authority() + "/a");
    elsewhere.redirects_max = 2;
    EXPECT_EQ(fetch(std::move(elsewhere))->status, 302);
}

TEST_F(HttpClientTest, AsksTheGuardAboutEachAddress) {
    HttpClientConfig config;
    config.guard = public_addresses_only();
    use(config);
    const auto refused = fetch(get(server.url() + "/hello"));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::forbidden);
    EXPECT_EQ(fetch(get("http://localhost:" + std::to_string(server.server->port()) + "/")).error().code,
              Errc::forbidden);
}

TEST(AddressGuard, KnowsWhatIsNotPublic) {
    const auto guard = public_addresses_only();
    for (const char* address : {"127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
                                "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1",
                                "::ffff:127.0.0.1", "64:ff9b::7f00:1", "ff02::1", "not an address"})
        EXPECT_FALSE(guard("host", address)) << address;
    for (const char* address : {"1.1.1.1", "172.32.0.1", "2606:4700::1", "::ffff:8.8.8.8"})
        EXPECT_TRUE(guard("host", address)) << address;
}

TEST_F(HttpClientTest, SpeaksThroughAProxy) {
    ScriptedServer proxy({"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nvia"});
    HttpClientConfig config;
    config.proxy = "http://" + proxy.url.authority();
    config.no_proxy = {"127.0.0.1"};
    use(config);
    EXPECT_EQ(fetch(get("http://somewhere.invalid/x"))->body, "via");
    EXPECT_EQ(fetch(get(server.url() + "/hello"))->body, "hello");
}

TEST_F(HttpClientTest, EndsWhatIsUnderWayWhenItEnds) {
    const auto wait = [](asio::io_context& on, std::unique_ptr<HttpClient>& http,
                         HttpRequest request) -> awaitable<Result<std::string>> {
        auto response = co_await http->send(std::move(request));
        if (!response) co_return response.error();
        asio::post(on, [&http] { http.reset(); });
        co_return co_await (*response)->read_all(1u << 20);
    };
    EXPECT_EQ(run(wait(context, client, get(server.url() + "/wait"))).error().code, Errc::stopped);
}

/// A TLS server for one connection at a time, with a certificate for "localhost" that it signed itself.
class TlsServer {
public:
    TlsServer() : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
        EVP_PKEY* const key = EVP_RSA_gen(2048);
        X509* const certificate = X509_new();
        X509_set_version(certificate, 2);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
        X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
        X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
        X509_set_pubkey(certificate, key);
        auto* const name = X509_get_subject_name(certificate);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
        X509_set_issuer_name(certificate, name);
        auto* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
        X509_add_ext(certificate, names, -1);
        X509_EXTENSION_free(names);
        X509_sign(certificate, key, EVP_sha256());
        SSL_CTX_use_certificate(tls_.native_handle(), certificate);
        SSL_CTX_use_PrivateKey(tls_.native_handle(), key);
        ca_file = ::testing::TempDir() + "ark_net_test_ca.pem";
        FILE* const file = std::fopen(ca_file.c_str(), "w");
        PEM_write_X509(file, certificate);
        std::fclose(file);
        X509_free(certificate);
        EVP_PKEY_free(key);
        thread_ = std::thread([this] { serve(); });
    }
    ~TlsServer() {
        boost::system::error_code ignored;
        stopping_ = true;
        {
            asio::ip::tcp::socket last(context_);
            last.connect(acceptor_.local_endpoint(), ignored);
        }
        thread_.join();
        std::remove(ca_file.c_str());
    }
    std::string url(const std::string& host) const {
        return "https://" + host + ":" + std::to_string(acceptor_.local_endpoint().port()) + "/";
    }
    std::string ca_file;

private:
    void serve() {
        while (!stopping_) {
            boost::system::error_code error;
            asio::ssl::stream<asio::ip::tcp::socket> peer(context_, tls_);
            acceptor_.accept(peer.next_layer(), error);
            peer.handshake(asio::ssl::stream_base::server, error);
            char request[4096];
            while (!error && peer.read_some(asio::buffer(request), error) > 0) {
                const std::string answer = "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecret";
                asio::write(peer, asio::buffer(answer), error);
            }
        }
    }

    asio::io_context context_;
    asio::ssl::context tls_{asio::ssl::context::tls_server};
    asio::ip::tcp::acceptor acceptor_;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

TEST_F(HttpClientTest, TrustsOnlyKnownCertificatesForTheirName) {
    TlsServer tls;
    const auto unknown = fetch(get(tls.url("localhost")));
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, Errc::protocol);
    EXPECT_THAT(unknown.error().context, HasSubstr("certificate"));

    HttpClientConfig config;
    config.ca_file = tls.ca_file;
    use(config);
    for (int i = 0; i < 2; ++i) {
        const auto known = fetch(get(tls.url("localhost")));
        ASSERT_TRUE(known) << known.error().message();
        EXPECT_EQ(known->body, "secret");
    }
    EXPECT_EQ(client->counters().reused, 1u);
    use(config);  // closes the connection: the server serves one at a time
    EXPECT_EQ(fetch(get(tls.url("127.0.0.1"))).error().code, Errc::protocol);
}

}  // namespace
}  // namespace ark::net
