#include "net/http2_peer.hpp"

#include <thread>

#include <gmock/gmock.h>

namespace ark::net {
namespace {

using testing::HasSubstr;

TEST(Http2, AnswersManyStreamsOfOneConnection) {
    TestServer test;
    Http2Peer peer(*test.server);
    const std::string body = "body";
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 100; ++i)
        ids.push_back(peer.request("POST", "/echo", {}, &body));
    for (const auto id : ids) {
        EXPECT_EQ(peer.answer(id).status, 200);
        EXPECT_EQ(peer.answer(id).body, "body");
        EXPECT_EQ(peer.answer(id).fields.find("content-length"), "4");
    }
    EXPECT_EQ(peer.answer(peer.request("GET", "/segment/a%2Fb/of/c?x=1")).body, "a/b;c;");
    EXPECT_EQ(test.server->counters().connections_total, 1u);
}

TEST(Http2, UnderstandsAPrefaceThatComesInPieces) {
    TestServer test;
    RawPeer peer(*test.server);
    for (const char c : std::string_view("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"))
        peer.send({&c, 1});
    peer.send(std::string_view("\0\0\0\4\0\0\0\0\0", 9));
    EXPECT_THAT(peer.read_until(std::string_view("\0\0\0\4\1\0\0\0\0", 9)),
                testing::SizeIs(testing::Ge(9u)));  // SETTINGS ack
}

TEST(Http2, CarriesBodiesBeyondTheWindows) {
    TestServer test;
    Http2Peer peer(*test.server);
    const std::string body(1u << 20, 'b');
    std::vector<std::int32_t> ids;
    for (int i = 0; i < 40; ++i)
        ids.push_back(peer.request("POST", "/echo", {}, &body));
    for (const auto id : ids)
        EXPECT_EQ(peer.answer(id).body.size(), body.size());
}

TEST(Http2, RefusesBodiesBeyondTheHandlersLimit) {
    TestServer test;
    Http2Peer peer(*test.server);
    const std::string body((1u << 20) + 1, 'b');
    EXPECT_EQ(peer.answer(peer.request("POST", "/echo", {}, &body)).status, 413);
    Fields fields;
    fields.add("content-length", std::to_string(body.size()));
    EXPECT_EQ(peer.answer(peer.request("POST", "/echo", fields, &body)).status, 413);
    EXPECT_EQ(peer.answer(peer.request("POST", "/purse", {}, &body)).status, 503);
    EXPECT_EQ(peer.answer(peer.request("POST", "/unread", {}, &body)).status, 202);
    EXPECT_EQ(peer.answer(peer.request("GET", "/hello")).body, "hello");
}

TEST(Http2, RefusesBadHeads) {
    TestServer test;
    Http2Peer peer(*test.server);
    EXPECT_EQ(peer.answer(peer.request("GET", "/%zz")).status, 400);
    EXPECT_EQ(peer.answer(peer.request("BREW", "/hello")).status, 501);
    EXPECT_EQ(peer.answer(peer.request("GET", "/nope")).status, 404);
    EXPECT_EQ(peer.answer(peer.request("DELETE", "/hello")).fields.find("allow"), "GET, HEAD, OPTIONS");
    Fields large;
    for (int i = 0; i < 20; ++i)
        large.add("x-large-" + std::to_string(i), std::string(3000, 'x'));
    EXPECT_EQ(peer.answer(peer.request("GET", "/hello", large)).status, 200);
}

TEST(Http2, AnswersForHandlersThatFail) {
    TestServer test;
    Http2Peer peer(*test.server);
    EXPECT_EQ(peer.answer(peer.request("GET", "/throw")).status, 500);
    EXPECT_EQ(peer.answer(peer.request("GET", "/nothing")).status, 500);
    EXPECT_EQ(peer.answer(peer.request("HEAD", "/hello")).body, "");
}

TEST(Http2, StreamsAnswers) {
    TestServer test;
    Http2Peer peer(*test.server);
    const auto& answer = peer.answer(peer.request("GET", "/pieces"));
    EXPECT_EQ(answer.body, "data: one\n\ndata: one\n\ndata: one\n\n");
    EXPECT_EQ(answer.fields.find("content-type"), "text/event-stream");
    EXPECT_EQ(answer.error, NGHTTP2_NO_ERROR);
}

TEST(Http2, TellsTheHandlerWhenAStreamIsResetOrTheConnectionEnds) {
    TestServer test;
    {
        Http2Peer peer(*test.server);
        const auto first = peer.request("GET", "/wait");
        const auto second = peer.request("GET", "/wait");
        EXPECT_TRUE(
            peer.until([&] { return !peer.answers[first].body.empty() && !peer.answers[second].body.empty(); }));
        peer.reset(first);
        EXPECT_TRUE(eventually([&] { return test.counts.ended == 1; }));
        EXPECT_EQ(peer.answer(peer.request("GET", "/hello")).body, "hello");
    }
    EXPECT_TRUE(eventually([&] { return test.counts.ended == 2; }));
    EXPECT_EQ(test.counts.told, 2);
}

// Goal: a stream whose window stays shut waits alone, costs no memory, and is reset after write_timeout.
TEST(Http2, ResetsAStreamWhoseWindowStaysShut) {
    ServerConfig config;
    config.write_timeout = std::chrono::seconds(1);
    TestServer test(config, 1);
    Http2Peer peer(*test.server, false);
    const auto id = peer.request("GET", "/flood");
    EXPECT_TRUE(peer.until([&] { return peer.answers[id].body.size() == 65'535; }));
    EXPECT_EQ(peer.answer(id).error, NGHTTP2_CANCEL);
    EXPECT_TRUE(eventually([&] { return test.counts.ended == 1; }));
}

TEST(Http2, GivesUpOnABodyThatStopsComing) {
    ServerConfig config;
    config.body_timeout = std::chrono::seconds(1);
    TestServer test(config);
    Http2Peer peer(*test.server);
    const std::string part = "part";
    EXPECT_EQ(peer.answer(peer.request("POST", "/echo", {}, &part, false)).status, 504);
}

TEST(Http2, HandsOutABodyAsItComes) {
    TestServer test;
    Http2Peer peer(*test.server);
    const std::string part = "part";
    const auto open = peer.request("POST", "/piecewise", {}, &part, false);
    EXPECT_TRUE(eventually([&] { return test.counts.body_bytes == part.size(); }));
    EXPECT_EQ(peer.answer(open).status, 504);
    const std::string large(3u << 20, 'x');
    EXPECT_EQ(peer.answer(peer.request("POST", "/piecewise", {}, &large)).body.size(), large.size());
}

TEST(Http2, CalmsAPeerThatResetsItsStreams) {
    TestServer test;
    Http2Peer peer(*test.server);
    for (int i = 0; i < 1001; ++i)
        peer.reset(peer.request("GET", "/wait"));
    EXPECT_TRUE(peer.until([&] { return peer.going_away; }));
    EXPECT_EQ(peer.goaway_error, NGHTTP2_ENHANCE_YOUR_CALM);
    EXPECT_TRUE(eventually([&] { return test.server->counters().connections_open == 0; }));
    EXPECT_EQ(test.counts.open, 0);
}

TEST(Http2, ClosesAnIdleConnection) {
    ServerConfig config;
    config.idle_timeout = std::chrono::seconds(1);
    TestServer test(config);
    Http2Peer peer(*test.server);
    peer.answer(peer.request("GET", "/hello"));
    EXPECT_TRUE(peer.until([&] { return peer.going_away; }));
    EXPECT_EQ(peer.goaway_error, NGHTTP2_NO_ERROR);
}

TEST(Http2, StopEndsStreamsAndSaysGoaway) {
    TestServer test;
    Http2Peer peer(*test.server);
    const auto id = peer.request("GET", "/wait");
    EXPECT_TRUE(peer.until([&] { return !peer.answers[id].body.empty(); }));
    const std::string part = "part";
    peer.request("POST", "/echo", {}, &part, false);
    EXPECT_TRUE(eventually([&] { return test.server->counters().requests_total == 2; }));
    test.server->stop(std::chrono::milliseconds(50));
    EXPECT_EQ(test.counts.ended, 1);
    EXPECT_EQ(test.server->counters().connections_open, 0u);
    EXPECT_TRUE(peer.until([&] { return peer.going_away; }));
}

TEST(Http2, CarriesGrpcFramingAndTrailers) {
    TestServer test;
    Http2Peer peer(*test.server);
    Fields fields;
    fields.add("content-type", "application/grpc");
    fields.add("te", "trailers");
    const auto message = grpc::frame("ping");
    const auto& answer = peer.answer(peer.request("POST", "/test.Service/Echo", fields, &message));
    EXPECT_EQ(answer.body, message);
    EXPECT_EQ(answer.fields.find("grpc-status"), "0");
    const auto failing = grpc::frame("fail");
    const auto& failed = peer.answer(peer.request("POST", "/test.Service/Echo", fields, &failing));
    EXPECT_EQ(failed.status, 200);
    EXPECT_EQ(failed.fields.find("grpc-status"), "14");
    EXPECT_EQ(failed.fields.find("grpc-message"), "100%25 busy%0A");
    EXPECT_EQ(failed.fields.find("grpc-status-details-bin"), "CA7/");
    EXPECT_EQ(peer.answer(peer.request("POST", "/test.Service/None", fields, &message)).fields.find("grpc-status"),
              "12");
}

}  // namespace
}  // namespace ark::net
