#include "query/answer.hpp"

#include "codec/compression.hpp"
#include "query/otlp_subset.hpp"
#include "query/replay.hpp"
#include "query/testing/asking.hpp"

#include <gtest/gtest.h>

namespace ark::query {
namespace {

TEST(Answer, NegotiatesGzip) {
    EXPECT_TRUE(accepts_gzip("gzip"));
    EXPECT_TRUE(accepts_gzip("br, gzip;q=0.5, deflate"));
    EXPECT_TRUE(accepts_gzip("*"));
    EXPECT_FALSE(accepts_gzip(""));
    EXPECT_FALSE(accepts_gzip("br"));
    EXPECT_FALSE(accepts_gzip("gzip;q=0"));
    EXPECT_FALSE(accepts_gzip("*, gzip; q=0.0"));
}

TEST(Answer, CompressesAndValidates) {
    net::RequestHead head;
    head.fields.add("accept-encoding", "gzip");
    Body body;
    body.text.assign(5000, 'x');
    body.validator = true;
    const auto response = answer(head, body, 1024);
    EXPECT_EQ(response.fields.find("content-encoding"), "gzip");
    const auto plain = codec::gunzip(response.body, {});
    ASSERT_TRUE(plain);
    EXPECT_EQ(plain->view(), body.text);

    head.fields.add("if-none-match", response.fields.find("etag"));
    const auto unchanged = answer(head, body, 1024);
    EXPECT_EQ(unchanged.status, 304);
    EXPECT_TRUE(unchanged.body.empty());

    Body small;
    small.text = "{}";
    EXPECT_FALSE(answer(head, small, 1024).fields.has("content-encoding"));
}

TEST(Answer, LinksToTheNextPage) {
    constexpr std::string_view known[] = {"session", "cursor", "limit"};
    const auto params = Params::read("session=a%20b&cursor=old&limit=2", known);
    ASSERT_TRUE(params);
    net::RequestHead head;
    head.target = "/v1/events?session=a%20b&cursor=old&limit=2";
    net::Response response;
    add_next_link(head, *params, "new", response);
    EXPECT_EQ(response.fields.find("link"), "</v1/events?session=a%20b&limit=2&cursor=new>; rel=\"next\"");
}

TEST(Answer, TakesHarmlessRequestIdsOnly) {
    EXPECT_EQ(usable_request_id("abc-1_2.3"), "abc-1_2.3");
    EXPECT_EQ(usable_request_id("a b"), "");
    EXPECT_EQ(usable_request_id(std::string(65, 'a')), "");
}

TEST(OtlpSubset, KeepsResourceScopeAndBytes) {
    otlp::Span span;
    span.trace_id = testing::trace_id(1);
    span.span_id = testing::span_id(1);
    span.name = "one";
    auto other = span;
    other.span_id = testing::span_id(2);
    const auto sent = otlp::encode_traces({{"service.name", "a"}}, {"scope", "1"}, {span, other});
    OtlpSubset subset;
    ASSERT_TRUE(otlp::for_each_span(sent, [&](const otlp::SpanView& view) {
        subset.add(view);
        return true;
    }));
    std::vector<std::string> wires;
    const auto rebuilt = subset.finish();
    ASSERT_TRUE(otlp::for_each_span(rebuilt, [&](const otlp::SpanView& view) {
        EXPECT_EQ(view.scope->name, "scope");
        model::AttributeView attribute;
        auto attributes = view.resource->attributes();
        EXPECT_TRUE(attributes.next(attribute));
        EXPECT_EQ(attribute.value.text, "a");
        wires.emplace_back(view.wire);
        return true;
    }));
    std::vector<std::string> originals;
    ASSERT_TRUE(otlp::for_each_span(sent, [&](const otlp::SpanView& view) {
        originals.emplace_back(view.wire);
        return true;
    }));
    EXPECT_EQ(wires, originals);
}

TEST(Replay, KeepsTheTimingDividedBySpeed) {
    using std::chrono::milliseconds;
    std::vector<ReplayEntry> entries;
    for (const std::uint64_t ms : {0, 100, 10'100, 10'100})
        entries.push_back({UnixNanos{1 + ms * 1'000'000}, Offset{0}, 0, {}});
    const auto due = [&](Pace pace) {
        set_due(entries, pace);
        std::vector<long> out;
        for (const auto& entry : entries)
            out.push_back(std::chrono::duration_cast<milliseconds>(entry.due).count());
        return out;
    };
    EXPECT_EQ(due({1, {}}), (std::vector<long>{0, 100, 10'100, 10'100}));
    EXPECT_EQ(due({10, {}}), (std::vector<long>{0, 10, 1010, 1010}));
    EXPECT_EQ(due({0, {}}), (std::vector<long>{0, 0, 0, 0}));
    EXPECT_EQ(due({1, milliseconds(500)}), (std::vector<long>{0, 100, 600, 600}));
}

}  // namespace
}  // namespace ark::query
