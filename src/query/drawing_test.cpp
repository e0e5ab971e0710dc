#include "query/skeleton.hpp"
#include "query/testing/asking.hpp"
#include "query/timeline.hpp"

#include <gtest/gtest.h>

namespace ark::query {
namespace {

using model::Kind;
using testing::entry;

constexpr UnixNanos base{1'700'000'000'000'000'000};

Kinds all_kinds() {
    Kinds kinds;
    kinds.fill(true);
    return kinds;
}

TEST(Timeline, ChoosesWhatOverlapsTheWindow) {
    const std::vector<views::SpanEntry> spans{entry(1, 0, 0, 100, Kind::agent, "a"), entry(2, 1, 10, 5, Kind::llm, "b"),
                                              entry(3, 1, 50, 5, Kind::tool, "c"),
                                              entry(4, 1, 99, 50, Kind::tool, "d")};
    const Window window{base + 40'000'000, base + 60'000'000, 10};
    EXPECT_EQ(spans_in(spans, window, all_kinds(), base), (std::vector<std::size_t>{0, 2}));
    Kinds tools{};
    tools[static_cast<std::size_t>(Kind::tool)] = true;
    EXPECT_EQ(spans_in(spans, window, tools, base), (std::vector<std::size_t>{2}));
}

TEST(Timeline, BucketsSayHowManyHowLongHowBad) {
    std::vector<views::SpanEntry> spans;
    for (std::uint64_t i = 0; i < 100; ++i)
        spans.push_back(entry(i + 1, 0, i, i, Kind::llm, "x"));
    spans[55].failed = true;
    const Window window{base, base + 100'000'000, 10};
    const auto lanes = bucketize(spans, spans_in(spans, window, all_kinds(), base), window, base);
    const auto& llm = lanes[static_cast<std::size_t>(Kind::llm)];
    ASSERT_EQ(llm.size(), 10u);
    for (std::uint32_t i = 0; i < 10; ++i) {
        EXPECT_EQ(llm[i], (Bucket{i, 10, (i * 10 + 9) * 1'000'000ull, i == 5 ? SpanStatus::error : SpanStatus::ok}))
            << i;
    }
}

TEST(Timeline, ARunningSpanReachesNow) {
    auto span = entry(1, 0, 0, 0, Kind::agent, "a");
    span.end = UnixNanos{};
    span.open = true;
    const auto now = base + 5'000'000'000;
    EXPECT_EQ(extent_of({span}, now).until, now + 1);
    EXPECT_EQ(duration_nanos(span, now), 5'000'000'000u);
    span.interrupted = true;
    EXPECT_EQ(duration_nanos(span, now), 0u);
    EXPECT_EQ(status_of(span), SpanStatus::interrupted);
}

TEST(Timeline, AnswersExactlyOrInBuckets) {
    testing::Asking ask;
    views::SessionRow row;
    row.id = "s";
    ask.views.session_rows = {row};
    for (std::uint64_t i = 0; i < 5000; ++i)
        ask.views.spans.push_back(entry(i + 1, 0, i, 1, Kind::tool, "t"));
    const auto crowded = ask.json("/v1/sessions/s/timeline?px=100");
    EXPECT_FALSE(crowded["exact"].boolean(true));
    EXPECT_EQ(crowded["lanes"][0]["x"].size(), 100u);
    std::int64_t total = 0;
    for (const auto& count : crowded["lanes"][0]["count"].array())
        total += count.integer();
    EXPECT_EQ(total, 5000);
    const auto window = ask.json("/v1/sessions/s/timeline?from=2023-11-14T22:13:20Z&to=2023-11-14T22:13:20.050Z");
    EXPECT_TRUE(window["exact"].boolean());
    EXPECT_EQ(window["spans"].size(), 50u);
    EXPECT_EQ(ask.json("/v1/sessions/s/timeline?lanes=llm,agent")["count"].integer(-1), 0);
    EXPECT_EQ(ask.problem("/v1/sessions/s/timeline?lanes=wheel"), ProblemKind::invalid_parameter);
    EXPECT_EQ(ask.problem("/v1/sessions/s/timeline?px=0"), ProblemKind::invalid_parameter);
    EXPECT_EQ(ask.problem("/v1/sessions/x/timeline"), ProblemKind::not_found);
}

TEST(Skeleton, LanesFollowParticipants) {
    // query ─ team ─ agent planner ─ llm
    //                agent writer ─ tool ─ (http)
    const std::vector<views::SpanEntry> spans{
        entry(1, 0, 0, 100, Kind::query, "q"),      entry(2, 1, 1, 90, Kind::team, "t"),
        entry(3, 2, 2, 10, Kind::agent, "planner"), entry(4, 3, 3, 5, Kind::llm, "gpt"),
        entry(5, 2, 20, 10, Kind::agent, "writer"), entry(6, 5, 21, 5, Kind::tool, "pen"),
        entry(7, 6, 22, 1, Kind::other, "HTTP"),    entry(8, 99, 50, 1, Kind::tool, "lost"),
        entry(9, 2, 60, 5, Kind::agent, "planner")};
    const auto skeleton = build_skeleton(spans);
    EXPECT_EQ(skeleton.parent, (std::vector<std::int32_t>{-1, 0, 1, 2, 1, 4, 5, -1, 1}));
    EXPECT_EQ(skeleton.lane, (std::vector<std::uint32_t>{1, 2, 3, 3, 4, 4, 4, 0, 3}));
    ASSERT_EQ(skeleton.lanes.size(), 5u);
    EXPECT_EQ(skeleton.lanes[3].name, "planner");
    EXPECT_EQ(skeleton.lanes[3].parent, 2);
    EXPECT_EQ(skeleton.start[1], 1000u);
    EXPECT_EQ(skeleton.duration[0], 100'000);
    EXPECT_EQ(skeleton.names[skeleton.text[8]], "planner");
    EXPECT_EQ(skeleton.names.size(), 8u);
}

TEST(Skeleton, CutsCyclesAndBearsDepth) {
    std::vector<views::SpanEntry> spans{entry(1, 2, 0, 1, Kind::tool, "a"), entry(2, 1, 0, 1, Kind::tool, "b"),
                                        entry(3, 3, 0, 1, Kind::agent, "self")};
    auto skeleton = build_skeleton(spans);
    EXPECT_EQ(skeleton.parent[2], -1);
    EXPECT_TRUE(skeleton.parent[0] == -1 || skeleton.parent[1] == -1);

    spans.clear();
    for (std::uint64_t i = 0; i < 100'000; ++i)
        spans.push_back(entry(i + 1, i + 2, i, 1, Kind::other, "deep"));
    skeleton = build_skeleton(spans);
    EXPECT_EQ(skeleton.parent.front(), 1);
    EXPECT_EQ(skeleton.parent.back(), -1);
}

TEST(Skeleton, FiftyThousandSpansAreAboutAMegabyte) {
    testing::Asking ask;
    views::SessionRow row;
    row.id = "s";
    row.rev = Offset{42};
    ask.views.session_rows = {row};
    for (std::uint64_t i = 0; i < 50'001; ++i) {
        ask.views.spans.push_back(
            entry(i + 1, i == 0 ? 0 : i / 8 + 1, i * 37, 1200, i % 3 == 0 ? Kind::tool : Kind::llm, "chat gpt-4.1"));
    }
    const auto body = ask.get("/v1/sessions/s/skeleton");
    ASSERT_TRUE(body);
    EXPECT_LT((*body).text.size(), 1'600'000u);
    const auto json = ask.json("/v1/sessions/s/skeleton?ids=true&limit=10");
    EXPECT_FALSE(json["complete"].boolean(true));
    for (const auto* column : {"start", "dur", "parent", "lane", "kind", "status", "name", "spanId", "trace"}) {
        EXPECT_EQ(json[column].size(), 10u) << column;
    }
    EXPECT_EQ(json["watchCursor"].text(), "00000007-000000000000002a");
}

}  // namespace
}  // namespace ark::query
