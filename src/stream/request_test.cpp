#include "stream/request.hpp"

#include "codec/json_value.hpp"

#include <gtest/gtest.h>

namespace ark::stream {
namespace {

constexpr UnixNanos now{1'700'000'000'000'000'000};

std::variant<StreamRequest, Refusal> parse(std::string_view query, std::string_view last_event_id = "") {
    return parse_request(query, last_event_id, std::chrono::seconds(15), now);
}

StreamRequest accepted(std::string_view query, std::string_view last_event_id = "") {
    auto parsed = parse(query, last_event_id);
    if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
        ADD_FAILURE() << query << " was refused: " << refusal->detail;
        return {};
    }
    return std::get<StreamRequest>(std::move(parsed));
}

Refusal refused(std::string_view query) {
    auto parsed = parse(query);
    if (std::holds_alternative<StreamRequest>(parsed)) {
        ADD_FAILURE() << query << " was accepted";
        return {};
    }
    return std::get<Refusal>(std::move(parsed));
}

TEST(Request, DefaultsAreEventsSessionsAndQueriesFromNow) {
    const auto request = accepted("");
    EXPECT_TRUE(request.topics.has(Topic::event));
    EXPECT_TRUE(request.topics.has(Topic::session));
    EXPECT_TRUE(request.topics.has(Topic::query));
    EXPECT_FALSE(request.topics.has(Topic::span));
    EXPECT_EQ(request.start.at, Start::At::now);
    EXPECT_TRUE(request.snapshot);
    EXPECT_EQ(request.delivery, Delivery::lossless);
    EXPECT_EQ(request.heartbeat, std::chrono::seconds(15));
    EXPECT_TRUE(request.filter.empty());
}

TEST(Request, ReadsEveryParameter) {
    const auto request = accepted(
        "topics=span,log,question&session=s-1&query=q&trace=0AF7651916CD43DD8448EB211C80319C&agent=a&team=t&tool=x&"
        "model=m"
        "&reason=ToolCallStart,LLMCall*&component=tool&status=failure&from=2026-11-20T10:00:00Z&until=2026-11-20T11:00:"
        "00Z"
        "&since=start&snapshot=false&view=full&delivery=latest&rate=20&heartbeat=5s");
    EXPECT_FALSE(request.topics.has(Topic::event));
    EXPECT_TRUE(request.topics.has(Topic::span));
    EXPECT_TRUE(request.topics.has(Topic::question));
    EXPECT_EQ(request.filter.session, "s-1");
    EXPECT_EQ(request.filter.trace->hex(), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(request.filter.reasons.size(), 2u);
    EXPECT_EQ(request.filter.component, model::Kind::tool);
    EXPECT_EQ(request.filter.failed, true);
    EXPECT_EQ(request.start.at, Start::At::oldest);
    EXPECT_FALSE(request.snapshot);
    EXPECT_EQ(request.detail, items::Detail::full);
    EXPECT_EQ(request.delivery, Delivery::latest);
    EXPECT_EQ(request.rate, 20u);
    EXPECT_EQ(request.heartbeat, std::chrono::seconds(5));
}

TEST(Request, SinceTakesCursorTimeAndDuration) {
    EXPECT_EQ(accepted("since=5f0c9a11-000000000000002a").start.cursor.offset, Offset{42});
    EXPECT_EQ(accepted("since=-15m").start.time, UnixNanos{now.value() - 900'000'000'000});
    EXPECT_EQ(accepted("since=2026-11-20T10:00:00Z").start.at, Start::At::time);
    EXPECT_EQ(refused("since=15m").slug, "invalid-parameter");
    EXPECT_EQ(refused("since=").slug, "invalid-parameter");
}

TEST(Request, LastEventIdWinsOverSince) {
    const auto request = accepted("since=start", "00000007-0000000000000005");
    EXPECT_EQ(request.start.at, Start::At::cursor);
    EXPECT_EQ(request.start.cursor.offset, Offset{5});
    EXPECT_TRUE(request.start.resumed);
    EXPECT_EQ(accepted("", "somebody else's id").start.at, Start::At::foreign);
}

TEST(Request, UnknownParametersAreRefusedWithTheNearestKnownOne) {
    const auto refusal = refused("topic=event");
    EXPECT_EQ(refusal.slug, "unknown-parameter");
    EXPECT_EQ(refusal.parameter, "topic");
    EXPECT_EQ(refusal.hint, "did you mean 'topics'?");
    EXPECT_EQ(refused("sesion=x").hint, "did you mean 'session'?");
    EXPECT_EQ(refused("zzzzzzzzzz=x").hint, "");
}

TEST(Request, RefusesWhatItDoesNotUnderstand) {
    for (const auto* query : {"topics=",
                              "topics=event,,span",
                              "topics=spans",
                              "session=",
                              "trace=12",
                              "status=ok",
                              "trace=00000000000000000000000000000000",
                              "component=nothing",
                              "snapshot=1",
                              "view=all",
                              "delivery=fast",
                              "rate=5",
                              "rate=0&delivery=latest",
                              "rate=1e3&delivery=latest",
                              "heartbeat=1ms",
                              "heartbeat=1h",
                              "from=yesterday",
                              "reason=a,,b",
                              "session=a&session=b",
                              "session=%zz",
                              "from=2026-11-20T11:00:00Z&until=2026-11-20T10:00:00Z"}) {
        EXPECT_EQ(refused(query).slug, "invalid-parameter") << query;
    }
}

TEST(Request, ExpressionsArePartOfTheFilter) {
    const auto refusal = refused("filter=raeson%20%3D%3D%20%22tool%22");
    EXPECT_EQ(refusal.slug, "invalid-expression");
    const auto json = codec::JsonValue::parse(refusal.to_json("/v1/stream", 400, "r-1"));
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["errors"][0]["code"].text(), "undeclared_reference");
    EXPECT_EQ((*json)["errors"][0]["column"].integer(), 1);
    EXPECT_EQ((*json)["errors"][0]["suggestion"].text(), "reason");
    EXPECT_EQ(refused("filter=" + std::string(9000, 'a')).slug, "invalid-parameter");

    const auto parsed = parse_request("filter=session%20%3D%3D%20%27s%27%20%26%26%20failed", "",
                                      std::chrono::milliseconds{15'000}, UnixNanos{1});
    const auto* request = std::get_if<StreamRequest>(&parsed);
    ASSERT_NE(request, nullptr);
    EXPECT_EQ(request->filter.session, "s");  // found by the index of groups
    EXPECT_EQ(request->filter.expression->text(), "session == 's' && failed");
}

TEST(Request, RefusalIsAProblemDocument) {
    const auto text = refused("topcs=a").to_json("/v1/stream", 400, "r-1");
    const auto json = codec::JsonValue::parse(text);
    ASSERT_TRUE(json) << text;
    EXPECT_EQ((*json)["type"].text(), "/problems/unknown-parameter");
    EXPECT_EQ((*json)["status"].integer(), 400);
    EXPECT_EQ((*json)["instance"].text(), "/v1/stream");
    EXPECT_EQ((*json)["errors"][0]["parameter"].text(), "topcs");
}

TEST(Request, EqualSelectionsHaveEqualKeys) {
    Selection a;
    a.tenant = "t";
    a.topics.add(Topic::event);
    a.filter.session = "s";
    auto b = a;
    EXPECT_EQ(a.key(), b.key());
    b.topics.add(Topic::span);
    EXPECT_NE(a.key(), b.key());
    b = a;
    b.tenant = "u";
    EXPECT_NE(a.key(), b.key());
    b = a;
    b.detail = items::Detail::full;
    EXPECT_NE(a.key(), b.key());
    b = a;
    b.filter.session = "r";
    EXPECT_NE(a.key(), b.key());
}

}  // namespace
}  // namespace ark::stream
