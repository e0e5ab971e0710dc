#include "net/sse.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace ark::net {
namespace {

struct Parsed {
    std::vector<std::string> events;  // type|data|id
    std::string last_id;
    long retry = -1;
    friend bool operator==(const Parsed&, const Parsed&) = default;
};

Parsed parse(std::string_view text, std::size_t step) {
    Parsed parsed;
    SseParser parser;
    const auto note = [&](const SseEvent& event) {
        parsed.events.push_back(event.type + "|" + event.data + "|" + event.id);
    };
    for (std::size_t i = 0; i < text.size(); i += step)
        EXPECT_TRUE(parser.feed(text.substr(i, step), note));
    parsed.last_id = parser.last_id();
    parsed.retry = parser.retry_ms();
    return parsed;
}

struct Case {
    std::string_view wire;
    Parsed expected;
};

// Goal: the standard's rules, however the bytes are cut.
TEST(SseParser, FollowsTheStandardAtEveryCut) {
    const Case cases[] = {
        {"data: a\ndata: b\n\n", {{"message|a\nb|"}, "", -1}},
        {"data\n\n", {{"message||"}, "", -1}},
        {"data:\ndata:\n\n", {{"message|\n|"}, "", -1}},
        {"id: 7\n\n", {{}, "7", -1}},
        {"event: x\n\ndata: y\n\n", {{"message|y|"}, "", -1}},
        {"data:x\n\ndata: x\n\ndata:  x\n\n", {{"message|x|", "message|x|", "message| x|"}, "", -1}},
        {"event: a\nevent: b\ndata: 1\nid: 1\n\ndata: 2\n\n", {{"b|1|1", "message|2|1"}, "1", -1}},
        {"id: 1\ndata: x\n\nid\ndata: y\n\n", {{"message|x|1", "message|y|"}, "", -1}},
        {"data: x\r\n\r\ndata: y\r\rdata: z\n\n", {{"message|x|", "message|y|", "message|z|"}, "", -1}},
        {": comment\n:\nretry: 250\nretry: 1x\nData: no\nfoo: bar\n\n", {{}, "", 250}},
        {"\xEF\xBB\xBF"
         "data: bom\n\n",
         {{"message|bom|"}, "", -1}},
        {"data: incomplete\n", {{}, "", -1}},
        {std::string_view("id: a\0b\ndata: x\n\n", 17), {{"message|x|"}, "", -1}},
    };
    for (const auto& c : cases) {
        for (std::size_t step = 1; step <= c.wire.size(); ++step) {
            const auto parsed = parse(c.wire, step);
            EXPECT_EQ(parsed.events, c.expected.events) << c.wire;
            EXPECT_EQ(parsed.last_id, c.expected.last_id) << c.wire;
            EXPECT_EQ(parsed.retry, c.expected.retry) << c.wire;
        }
    }
}

TEST(SseParser, RefusesLinesAndEventsBeyondTheLimit) {
    const auto ignore = [](const SseEvent&) {};
    SseParser line(10);
    EXPECT_TRUE(line.feed("data: 1234", ignore));
    EXPECT_FALSE(line.feed("5", ignore));
    SseParser event(10);
    EXPECT_FALSE(event.feed("data: 123\ndata: 456\ndata: 789\ndata: 0\n", ignore));
}

TEST(Sse, WritesWhatTheParserReads) {
    std::string out;
    append_sse(out, "", "", "{}");
    append_sse(out, "span", "5f0c9a11-000000000000002a", "{\"a\":1}");
    EXPECT_EQ(out, "data: {}\n\nevent: span\ndata: {\"a\":1}\nid: 5f0c9a11-000000000000002a\n\n");
    EXPECT_EQ(parse(out, 3).events,
              (std::vector<std::string>{"message|{}|", "span|{\"a\":1}|5f0c9a11-000000000000002a"}));
}

}  // namespace
}  // namespace ark::net
