#include "net/client.hpp"
#include "net/test_server.hpp"

#include <algorithm>
#include <thread>

#include <gmock/gmock.h>

namespace ark::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string ask(const TestServer& test, std::string_view request) {
    RawPeer peer(*test.server);
    peer.send(request);
    return peer.read_to_end();
}

TEST(Http1, AnswersAndKeepsTheConnection) {
    TestServer test;
    RawPeer peer(*test.server);
    for (int i = 0; i < 3; ++i) {
        peer.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(peer.read_until("hello"), StartsWith("HTTP/1.1 200 OK\r\n"));
        peer.forget();
    }
    EXPECT_EQ(test.server->counters().connections_total, 1u);
    EXPECT_EQ(test.server->counters().requests_total, 3u);
}

TEST(Http1, AnswersPipelinedRequestsInOrder) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send(
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
        "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
        "GET /segment/x/of/y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    const auto all = peer.read_to_end();
    const auto one = all.find("\r\n\r\none");
    const auto hello = all.find("\r\n\r\nhello");
    const auto two = all.find("\r\n\r\ntwo");
    const auto segment = all.find("\r\n\r\nx;y;");
    EXPECT_LT(one, hello);
    EXPECT_LT(hello, two);
    EXPECT_LT(two, segment);
    EXPECT_NE(segment, std::string::npos);
}

// The kernel takes a part of an answer, which lies in the buffer that the whole shard shares: the rest is kept.
TEST(Http1, KeepsTheRestOfAnAnswerForASlowReader) {
    constexpr std::size_t requests = 400;
    TestServer test;
    RawPeer slow(*test.server);
    std::thread sender([&slow] {
        const std::string body(4000, 'z');
        for (std::size_t i = 0; i < 4 * requests; ++i)
            slow.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4000\r\n\r\n" + body);
        slow.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    });
    // Meanwhile others use the shard's buffers.
    RawPeer other(*test.server);
    for (std::size_t i = 0; i < requests; ++i) {
        other.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(other.read_until("hello"), StartsWith("HTTP/1.1 200 OK\r\n"));
        other.forget();
    }
    const auto all = slow.read_to_end();
    sender.join();
    EXPECT_EQ(static_cast<std::size_t>(std::count(all.begin(), all.end(), 'z')), 4 * requests * 4000);
    EXPECT_TRUE(all.ends_with("\r\n\r\nhello"));
}

TEST(Http1, ReadsARequestThatComesByteByByte) {
    TestServer test;
    RawPeer peer(*test.server);
    const std::string_view request =
        "\r\nPOST /echo HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n"
        "5;name=value\r\nhello\r\n1\r\n!\r\n0\r\nTrailer: x\r\n\r\n";
    for (const char c : request)
        peer.send({&c, 1});
    EXPECT_THAT(peer.read_until("hello!"), HasSubstr("content-length: 6\r\n"));
}

TEST(Http1, RefusesWhatIsNotHttp) {
    TestServer test;
    EXPECT_THAT(ask(test, "GET\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "\x16\x03\x01\x02"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "GET /hello HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "GET /hello HTTP/3.0\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 505 "));
    EXPECT_THAT(ask(test, "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n"), StartsWith("HTTP/1.1 501 "));
    EXPECT_THAT(ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n"),
                StartsWith("HTTP/1.1 501 "));
    EXPECT_THAT(ask(test, "GET /hello HTTP/1.1\r\nHost: a\r\nX: " + std::string(70'000, 'x')),
                StartsWith("HTTP/1.1 431 "));
    EXPECT_EQ(test.server->counters().protocol_errors, 8u);
}

TEST(Http1, RefusesBodiesOfUncertainLength) {
    TestServer test;
    EXPECT_THAT(ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
                StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(
        ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
                StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef"),
                StartsWith("HTTP/1.1 400 "));
}

TEST(Http1, RefusesBodiesBeyondTheHandlersLimit) {
    TestServer test;
    EXPECT_THAT(ask(test, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\nabc"),
                StartsWith("HTTP/1.1 413 "));
    RawPeer peer(*test.server);
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n100001\r\n");
    peer.send(std::string(0x100001, 'x'));
    EXPECT_THAT(peer.read_to_end(), StartsWith("HTTP/1.1 413 "));
    RawPeer purse(*test.server);
    purse.send("POST /purse HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1869f\r\n" +
               std::string(99'999, 'x'));
    purse.send("\r\n2\r\nxx\r\n");
    EXPECT_THAT(purse.read_to_end(), StartsWith("HTTP/1.1 503 "));
}

TEST(Http1, TakesBodiesOfEverySize) {
    TestServer test;
    Client client(*Url::parse(test.url()));
    for (const std::size_t size : {0u, 1u, 4096u, 4097u, 16'000u, 16'384u, 70'000u, 1u << 20}) {
        const std::string body(size, 'b');
        auto response = client.request("POST", "/echo", {}, body);
        ASSERT_TRUE(response) << response.error().message();
        EXPECT_EQ(response->status, 200);
        EXPECT_EQ(response->body, body);
    }
    EXPECT_EQ(test.server->counters().connections_total, 1u);
}

TEST(Http1, LyingLengthCostsNoMemoryAndEndsWithThePeer) {
    TestServer test;
    std::vector<RawPeer> peers;
    for (int i = 0; i < 100; ++i) {
        peers.emplace_back(*test.server);
        peers.back().send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1048576\r\n\r\nabc");
    }
    EXPECT_TRUE(eventually([&] { return test.server->counters().requests_total == 100; }));
    peers.clear();
    EXPECT_TRUE(eventually([&] { return test.server->counters().connections_open == 0; }));
}

TEST(Http1, SaysContinueOnlyWhenTheBodyIsWanted) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("ok");
    EXPECT_THAT(peer.read_until("\r\n\r\nok"), HasSubstr("HTTP/1.1 200 OK"));

    EXPECT_THAT(ask(test, "POST /unread HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
                testing::AllOf(StartsWith("HTTP/1.1 202 "), HasSubstr("connection: close")));
}

TEST(Http1, ReadsOverASmallUnreadBodyAndClosesAfterABigOne) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send(
        "POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabcdeGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(peer.read_until("hello"), HasSubstr("\r\n\r\nhello"));

    RawPeer big(*test.server);
    big.send("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n" + std::string(500'000, 'x'));
    EXPECT_THAT(big.read_to_end(), testing::AllOf(StartsWith("HTTP/1.1 202 "), HasSubstr("connection: close")));
}

TEST(Http1, HandsOutABodyAsItComes) {
    TestServer test;
    RawPeer peer(*test.server);
    const auto came = [&](std::size_t bytes) { return eventually([&] { return test.counts.body_bytes == bytes; }); };
    peer.send("POST /piecewise HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    EXPECT_TRUE(came(3));
    peer.send("2\r\nd");
    EXPECT_TRUE(came(4));
    peer.send("e\r\n0\r\n\r\nPOST /piecewise HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nxy");
    EXPECT_THAT(peer.read_until("abcde"), StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(came(7));
    peer.send("zw");
    EXPECT_THAT(peer.read_until("xyzw"), HasSubstr("HTTP/1.1 200 "));
}

TEST(Http1, GivesUpOnABodyThatComesInPiecesAndStops) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send("POST /piecewise HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_THAT(peer.read_until("deadline"), StartsWith("HTTP/1.1 504 "));
    RawPeer malformed(*test.server);
    malformed.send("POST /piecewise HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nno\r\n");
    EXPECT_THAT(malformed.read_until("protocol"), StartsWith("HTTP/1.1 400 "));
}

TEST(Http1, HeadHasNoBody) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send("HEAD /hello HTTP/1.1\r\nHost: a\r\n\r\nHEAD /pieces HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto all = peer.read_to_end();
    EXPECT_THAT(all, HasSubstr("content-length: 5\r\n"));
    EXPECT_THAT(all, HasSubstr("text/event-stream"));
    EXPECT_THAT(all, testing::EndsWith("\r\n\r\n"));
    EXPECT_EQ(all.find("data:"), std::string::npos);
}

TEST(Http1, ServesHttp10) {
    TestServer test;
    EXPECT_THAT(ask(test, "GET /hello HTTP/1.0\r\n\r\n"), testing::EndsWith("\r\n\r\nhello"));
    const auto stream = ask(test, "GET /pieces HTTP/1.0\r\n\r\n");
    EXPECT_EQ(stream.find("chunked"), std::string::npos);
    EXPECT_THAT(stream, testing::EndsWith("\r\n\r\ndata: one\n\ndata: one\n\ndata: one\n\n"));
}

TEST(Http1, AnswersForHandlersThatFail) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(peer.read_until("}"), testing::AllOf(StartsWith("HTTP/1.1 500 "), HasSubstr("/problems/internal")));
    peer.forget();
    peer.send("GET /nothing HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(peer.read_until("}"), StartsWith("HTTP/1.1 500 "));
    peer.forget();
    peer.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(peer.read_until("hello"), StartsWith("HTTP/1.1 200 "));
}

TEST(Http1, AnswersWithProblemsWhereNothingIsRouted) {
    TestServer test;
    Client client(*Url::parse(test.url()));
    auto missing = client.request("GET", "/nope");
    ASSERT_TRUE(missing);
    EXPECT_EQ(missing->status, 404);
    EXPECT_EQ(missing->fields.find("content-type"), "application/problem+json");
    EXPECT_THAT(missing->body, HasSubstr(R"("type":"/problems/not-found")"));
    EXPECT_EQ(client.request("GET", "/he%zzllo")->status, 400);
    auto wrong = client.request("DELETE", "/hello");
    ASSERT_TRUE(wrong);
    EXPECT_EQ(wrong->status, 405);
    EXPECT_EQ(wrong->fields.find("allow"), "GET, HEAD, OPTIONS");
}

TEST(Http1, EchoesAPrintableRequestIdAndReplacesOthers) {
    TestServer test;
    Client client(*Url::parse(test.url()));
    Fields fields;
    fields.add("x-request-id", "abc-123");
    EXPECT_EQ(client.request("GET", "/hello", fields)->fields.find("x-request-id"), "abc-123");
    fields.set("x-request-id", "a b<c>");
    EXPECT_EQ(client.request("GET", "/hello", fields)->fields.find("x-request-id"), "a b<c>");
    fields.set("x-request-id", "\xC3\xA9");
    const auto replaced = client.request("GET", "/hello", fields);
    EXPECT_THAT(std::string(replaced->fields.find("x-request-id")),
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

TEST(Http1, GivesCorsToAllowedOriginsOnly) {
    ServerConfig config;
    config.cors_origins = {"http://ui.example"};
    TestServer test(config);
    Client client(*Url::parse(test.url()));
    Fields fields;
    fields.add("origin", "http://ui.example");
    EXPECT_EQ(client.request("GET", "/hello", fields)->fields.find("access-control-allow-origin"), "http://ui.example");
    fields.add("access-control-request-method", "POST");
    const auto preflight = client.request("OPTIONS", "/echo", fields);
    EXPECT_EQ(preflight->status, 204);
    EXPECT_THAT(std::string(preflight->fields.find("access-control-allow-methods")), HasSubstr("DELETE"));
    EXPECT_THAT(std::string(preflight->fields.find("access-control-allow-headers")), HasSubstr("last-event-id"));
    fields.set("origin", "http://evil.example");
    EXPECT_FALSE(client.request("GET", "/hello", fields)->fields.has("access-control-allow-origin"));
    EXPECT_FALSE(client.request("OPTIONS", "/echo", fields)->fields.has("access-control-allow-methods"));
}

TEST(Http1, ClosesSlowAndIdlePeers) {
    ServerConfig config;
    config.head_timeout = config.body_timeout = config.idle_timeout = std::chrono::seconds(1);
    TestServer test(config);
    RawPeer silent(*test.server);
    RawPeer slow_head(*test.server);
    slow_head.send("GET /hello HT");
    RawPeer slow_body(*test.server);
    slow_body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    RawPeer idle(*test.server);
    idle.send("GET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(silent.is_closed_by_server());
    EXPECT_TRUE(slow_head.is_closed_by_server());
    EXPECT_THAT(slow_body.read_to_end(), StartsWith("HTTP/1.1 504 "));
    EXPECT_TRUE(idle.is_closed_by_server());
}

TEST(Http1, RefusesConnectionsBeyondTheLimit) {
    ServerConfig config;
    config.connections_max = 2;
    TestServer test(config);
    RawPeer a(*test.server);
    RawPeer b(*test.server);
    EXPECT_TRUE(eventually([&] { return test.server->counters().connections_open == 2; }));
    RawPeer c(*test.server);
    EXPECT_TRUE(c.is_closed_by_server());
    EXPECT_EQ(test.server->counters().connections_refused, 1u);
}

TEST(Http1, ServesManyConnectionsAtOnce) {
    TestServer test;
    std::vector<std::thread> threads;
    std::atomic<int> good = 0;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&test, &good] {
            std::vector<Client> clients;
            for (int i = 0; i < 10; ++i)
                clients.emplace_back(*Url::parse(test.url()));
            for (int round = 0; round < 20; ++round) {
                for (auto& client : clients) {
                    auto response = client.request("POST", "/echo", {}, "body");
                    if (response && response->body == "body") ++good;
                }
            }
        });
    }
    for (auto& thread : threads)
        thread.join();
    EXPECT_EQ(good, 800);
}

TEST(Server, RefusesAPortThatIsTaken) {
    TestServer test;
    ServerConfig config;
    config.port = test.server->port();
    runtime::IoPool pool(2);
    const Router router;
    auto second = Server::create(pool, config, router);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, Errc::unavailable);
    EXPECT_THAT(second.error().context, HasSubstr(std::to_string(config.port)));
}

TEST(Server, StopsWithoutHavingStarted) {
    runtime::IoPool pool(1);
    const Router router;
    auto server = Server::create(pool, ServerConfig{}, router);
    ASSERT_TRUE(server);
    (*server)->stop(std::chrono::milliseconds(0));
    (*server)->stop(std::chrono::milliseconds(0));
}

TEST(Server, StopEndsIdleConnectionsStreamsAndHalfReadBodies) {
    TestServer test;
    RawPeer idle(*test.server);
    RawPeer stream(*test.server);
    stream.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.read_until("first");
    RawPeer body(*test.server);
    body.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    RawPeer pieces(*test.server);
    pieces.send("POST /piecewise HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    EXPECT_TRUE(eventually([&] { return test.counts.body_bytes == 2; }));
    EXPECT_TRUE(eventually([&] { return test.server->counters().requests_total == 3; }));
    test.server->stop(std::chrono::milliseconds(50));
    EXPECT_THAT(pieces.read_until("stopped"), StartsWith("HTTP/1.1 503 "));
    EXPECT_EQ(test.counts.ended, 1);
    EXPECT_EQ(test.server->counters().connections_open, 0u);
    EXPECT_TRUE(idle.is_closed_by_server());
    EXPECT_TRUE(body.is_closed_by_server());
}

}  // namespace
}  // namespace ark::net
