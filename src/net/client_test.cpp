#include "net/client.hpp"

#include "net/test_server.hpp"

#include <gmock/gmock.h>

namespace ark::net {
namespace {

TEST(Url, ParsesWhatItServes) {
    const auto url = Url::parse("http://host:81/a/b?c=d#e");
    ASSERT_TRUE(url);
    EXPECT_EQ(url->host, "host");
    EXPECT_EQ(url->port, 81);
    EXPECT_EQ(url->target, "/a/b?c=d");
    EXPECT_EQ(url->authority(), "host:81");
    EXPECT_EQ(Url::parse("127.0.0.1:8080")->target, "/");
    EXPECT_EQ(Url::parse("http://[::1]:8080/x")->host, "::1");
    EXPECT_EQ(Url::parse("http://[::1]:8080/x")->authority(), "[::1]:8080");
    EXPECT_EQ(Url::parse("http://host?x")->target, "/?x");
    for (const char* bad : {"", "https://a", "http://", "http://a:0", "http://a:b", "http://a:70000", "http://u:p@a/",
                            "http://a/ b", "http://a/\r\n"}) {
        EXPECT_FALSE(Url::parse(bad)) << bad;
    }
}

TEST(Client, ReadsEveryKindOfBody) {
    const std::vector<std::string> answers{
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: "
        "chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\nX-A:  b \r\n\r\nok",
        "HTTP/1.1 204 No Content\r\n\r\n",
    };
    ScriptedServer server(answers);
    for (std::size_t i = 0; i < answers.size(); ++i) {
        Client client(server.url);
        const auto response = client.request("GET", "/");
        ASSERT_TRUE(response) << response.error().message();
        EXPECT_EQ(response->body, i < 3 ? "ok" : "");
        EXPECT_EQ(response->fields.find("x-a"), i == 2 ? "b" : "");
    }
}

TEST(Client, ReconnectsOnAStaleConnectionIfTheRequestMayBeRepeated) {
    const std::string answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    ScriptedServer server({answer, answer, answer});
    Client client(server.url);
    EXPECT_TRUE(client.request("GET", "/"));
    EXPECT_TRUE(client.request("GET", "/"));
    const auto post = client.request("POST", "/", {}, "x");
    ASSERT_FALSE(post);
    EXPECT_EQ(post.error().code, Errc::closed);
    EXPECT_TRUE(client.request("POST", "/", {}, "x"));
}

TEST(Client, SaysWhatWentWrong) {
    const std::vector<std::pair<std::string, Errc>> cases{
        {"SSH-2.0\r\n\r\n", Errc::protocol},
        {"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Errc::protocol},
        {"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", Errc::protocol},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Errc::protocol},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", Errc::closed},
        {"", Errc::closed},
        {"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n" + std::string(50, 'x'), Errc::too_large},
    };
    std::vector<std::string> answers;
    for (const auto& c : cases)
        answers.push_back(c.first);
    ScriptedServer server(answers);
    for (const auto& c : cases) {
        Client::Config config;
        config.response_bytes_max = 49;
        Client client(server.url, config);
        const auto response = client.request("GET", "/");
        ASSERT_FALSE(response) << c.first;
        EXPECT_EQ(response.error().code, c.second) << c.first;
    }
}

TEST(Client, KeepsItsDeadlineAndSaysWhenNobodyListens) {
    TestServer test;
    Client::Config config;
    config.timeout = std::chrono::milliseconds(50);
    Client client(*Url::parse(test.url()), config);
    EXPECT_EQ(client.request("GET", "/wait").error().code, Errc::deadline);
    test.server->stop(std::chrono::milliseconds(0));
    EXPECT_EQ(client.request("GET", "/hello").error().code, Errc::connect);
}

}  // namespace
}  // namespace ark::net
