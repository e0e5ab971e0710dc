#include "net/client.hpp"
#include "net/sse.hpp"
#include "net/test_server.hpp"

#include <thread>

#include <gmock/gmock.h>

namespace ark::net {
namespace {

constexpr std::string_view subscribe = "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n";

TEST(Http1Stream, WritesChunksAndKeepsTheConnection) {
    TestServer test;
    RawPeer peer(*test.server);
    for (int i = 0; i < 2; ++i) {
        peer.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n");
        EXPECT_THAT(peer.read_until("0\r\n\r\n"), testing::EndsWith("b\r\ndata: one\n\n\r\nb\r\ndata: one\n\n\r\n"
                                                                    "b\r\ndata: one\n\n\r\n0\r\n\r\n"));
        peer.forget();
    }
    EXPECT_EQ(test.server->counters().connections_total, 1u);
}

TEST(Http1Stream, TellsTheHandlerWhenAnIdlePeerVanishes) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send(subscribe);
    peer.read_until("first");
    peer.close();
    EXPECT_TRUE(eventually([&] { return test.counts.ended == 1; }));
    EXPECT_EQ(test.counts.told, 1);
}

TEST(Http1Stream, AnswersARequestThatWaitedBehindAStream) {
    TestServer test;
    RawPeer peer(*test.server);
    peer.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\nGET /hello HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_THAT(peer.read_until("hello"), testing::EndsWith("hello"));
}

// Goal: a peer that stops reading costs its own coroutine and nothing else; after write_timeout it is closed.
TEST(Http1Stream, ClosesAPeerThatReadsNothing) {
    ServerConfig config;
    config.write_timeout = std::chrono::seconds(1);
    TestServer test(config, 1);
    RawPeer peer(*test.server);
    peer.send("GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_TRUE(eventually([&] { return test.counts.open == 1; }));
    Client other(*Url::parse(test.url()));
    EXPECT_EQ(other.request("GET", "/hello")->status, 200);
    EXPECT_TRUE(eventually([&] { return test.counts.ended == 1; }));
}

TEST(Http1Stream, ServesAThousandSubscribersThatVanish) {
    TestServer test;
    std::vector<RawPeer> peers;
    for (int i = 0; i < 1000; ++i) {
        peers.emplace_back(*test.server);
        peers.back().send(subscribe);
    }
    for (auto& peer : peers)
        ASSERT_THAT(peer.read_until("first"), testing::HasSubstr("first"));
    EXPECT_EQ(test.counts.open, 1000);
    for (int i = 0; i < 500; ++i)
        peers.pop_back();
    EXPECT_TRUE(eventually([&] { return test.counts.ended >= 500; }));
    test.server->stop(std::chrono::milliseconds(2000));
    EXPECT_EQ(test.counts.ended, 1000);
    EXPECT_EQ(test.counts.open, 0);
}

TEST(Http1Stream, ClientReadsAnEventStreamToItsEnd) {
    TestServer test;
    Client client(*Url::parse(test.url()));
    SseParser parser;
    int events = 0;
    const auto count = [&](const SseEvent& event) { events += event.data == "one"; };
    const auto status = client.stream(
        "/pieces", {}, std::chrono::seconds(5), [](const ClientResponse& head) { return head.status == 200; },
        [&](std::string_view bytes) { return parser.feed(bytes, count); });
    EXPECT_TRUE(status);
    EXPECT_EQ(events, 3);
}

TEST(Http1Stream, ClientGivesUpAnIdleStreamAndCanBeAborted) {
    TestServer test;
    Client client(*Url::parse(test.url()));
    const auto head = [](const ClientResponse&) { return true; };
    const auto bytes = [](std::string_view) { return true; };
    auto idle = client.stream("/wait", {}, std::chrono::milliseconds(50), head, bytes);
    ASSERT_FALSE(idle);
    EXPECT_EQ(idle.error().code, Errc::deadline);
    std::thread other([&] {
        EXPECT_TRUE(eventually([&] { return test.counts.open == 1; }));
        client.abort();
    });
    EXPECT_TRUE(eventually([&] { return test.counts.open == 0; }));
    auto aborted = client.stream("/wait", {}, std::chrono::seconds(10), head, bytes);
    other.join();
    ASSERT_FALSE(aborted);
    EXPECT_EQ(aborted.error().code, Errc::stopped);
}

}  // namespace
}  // namespace ark::net
