#include "stream/frames.hpp"

#include "codec/json_value.hpp"
#include "net/sse.hpp"

#include <gtest/gtest.h>

namespace ark::stream {
namespace {

std::vector<net::SseEvent> read(std::string_view text) {
    std::vector<net::SseEvent> events;
    net::SseParser parser;
    EXPECT_TRUE(parser.feed(text, [&](const net::SseEvent& event) { events.push_back(event); }));
    return events;
}

TEST(Frames, PreludeSetsRetryAndIdWithoutAnEvent) {
    std::string out;
    append_prelude(out, std::chrono::milliseconds(1900), Cursor{Epoch{7}, Offset{42}});
    net::SseParser parser;
    int events = 0;
    parser.feed(out, [&](const net::SseEvent&) { ++events; });
    EXPECT_EQ(events, 0);
    EXPECT_EQ(parser.retry_ms(), 1900);
    EXPECT_EQ(parser.last_id(), "00000007-000000000000002a");
}

TEST(Frames, SyncAndGapCarryTheIdToGoOnFrom) {
    std::string out;
    append_sync(out, Cursor{Epoch{7}, Offset{5}}, 3);
    Gap gap;
    gap.to = Cursor{Epoch{7}, Offset{9}};
    gap.from = Cursor{Epoch{6}, Offset{1}};
    gap.reason = Gap::Reason::epoch;
    append_gap(out, gap);
    const auto events = read(out);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(events[0].type, "sync");
    EXPECT_EQ(events[0].data, R"({"live":true,"head":"00000007-0000000000000005","lag":3})");
    EXPECT_EQ(events[0].id, "00000007-0000000000000005");
    EXPECT_EQ(events[1].data,
              R"({"from":"00000006-0000000000000001","to":"00000007-0000000000000009","reason":"epoch"})");
    EXPECT_EQ(events[1].id, "00000007-0000000000000009");
}

TEST(Frames, RowsKeepTheirMembersAndTakeTheFramesIdAndRev) {
    std::string out;
    const Correlation::Row row{
        R"({"id":"x","name":"a \"} ,","rev":"old","deep":{"id":[1,{"op":2}],"v":"]"},"n":-1.5,"v":2})", Offset{3}};
    append_row(out, Topic::session, "s\"1", Epoch{7}, row);
    const auto events = read(out);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].type, "session");
    EXPECT_EQ(events[0].id, "");
    EXPECT_EQ(events[0].data, R"({"v":1,"op":"upsert","id":"s\"1","rev":"00000007-0000000000000003",)"
                              R"("name":"a \"} ,","deep":{"id":[1,{"op":2}],"v":"]"},"n":-1.5})");
    ASSERT_TRUE(codec::JsonValue::parse(events[0].data));
}

TEST(Frames, RowsThatAreNoObjectsDoNoHarm) {
    for (const auto* json : {"", "[]", "{}", "{", R"({"a)", R"({"a":)", R"({"a":{)", "null"}) {
        std::string out;
        append_row(out, Topic::trace, "t", Epoch{1}, Correlation::Row{json, Offset{1}});
        EXPECT_EQ(read(out).size(), 1u) << json;
    }
}

TEST(Frames, CountsAndKeepsTheLast) {
    const std::string frames = "id: 1\ndata: a\n\ndata: b\n\nid: 3\ndata: c\n\n";
    EXPECT_EQ(count_frames(frames), 3u);
    EXPECT_EQ(last_frames(frames, 0), "");
    EXPECT_EQ(last_frames(frames, 1), "id: 3\ndata: c\n\n");
    EXPECT_EQ(last_frames(frames, 2), "data: b\n\nid: 3\ndata: c\n\n");
    EXPECT_EQ(last_frames(frames, 3), frames);
    EXPECT_EQ(last_frames(frames, 9), frames);
    EXPECT_EQ(last_frames("", 2), "");
}

}  // namespace
}  // namespace ark::stream
