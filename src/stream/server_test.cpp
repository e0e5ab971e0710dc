#include "stream/testing/served.hpp"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

// The stream behind the real server, over sockets.
namespace ark::stream {
namespace {

using testing::append_events;
using testing::event;
using testing::MemoryJournal;
using testing::Served;
using testing::trace_number;
using testing::Watchers;

constexpr std::chrono::seconds patience{60};

/// Cheap: there are many.
std::string reason_of(const net::SseEvent& frame) {
    static constexpr std::string_view member = "\"reason\":\"";
    const auto at = frame.data.find(member);
    if (at == std::string::npos) return {};
    const auto begin = at + member.size();
    return frame.data.substr(begin, frame.data.find('"', begin) - begin);
}

/// Reasons by watcher, and who is live.
struct Seen {
    std::map<std::size_t, std::vector<std::string>> reasons;
    std::map<std::size_t, int> syncs;
    std::map<std::size_t, int> byes;
    std::size_t events = 0;

    Watchers::OnEvent take() {
        return [this](std::size_t watcher, const net::SseEvent& frame) {
            if (frame.type == "event") {
                reasons[watcher].push_back(reason_of(frame));
                ++events;
            }
            if (frame.type == "sync") ++syncs[watcher];
            if (frame.type == "bye") ++byes[watcher];
        };
    }
};

TEST(StreamServer, StreamsOverRealSockets) {
    MemoryJournal journal;
    append_events(journal, {event("Old", trace_number(1), "s")});
    Served served(journal);
    Watchers watchers(served.port());
    ASSERT_EQ(watchers.add("topics=event&since=start"), 0);
    ASSERT_EQ(watchers.add("topics=event"), 1);
    Seen seen;
    ASSERT_TRUE(watchers.until([&] { return seen.syncs.size() == 2; }, seen.take(), patience));
    append_events(journal, {event("New", trace_number(1), "s")});
    ASSERT_TRUE(watchers.until([&] { return seen.events == 3; }, seen.take(), patience));
    EXPECT_EQ(seen.reasons[0], (std::vector<std::string>{"Old", "New"}));
    EXPECT_EQ(seen.reasons[1], (std::vector<std::string>{"New"}));
    served.stream->stop();
    ASSERT_TRUE(watchers.until([&] { return watchers.ended(0) && watchers.ended(1); }, seen.take(), patience));
    EXPECT_EQ(seen.byes[0], 1);
    EXPECT_EQ(seen.byes[1], 1);
}

// Goal: exactly once and in order over sockets, with clients that vanish at any byte and a broker that restarts.
TEST(StreamServer, ResumesExactlyWhenConnectionsBreak) {
    MemoryJournal journal;
    Random random(11);
    std::vector<std::string> appended;
    const auto append = [&](std::uint64_t count) {
        std::vector<otlp::LogRecord> records;
        for (std::uint64_t i = 0; i < count; ++i) {
            appended.push_back("E" + std::to_string(appended.size()));
            records.push_back(event(appended.back(), trace_number(1), "s"));
        }
        append_events(journal, records);
    };
    append(20);
    std::vector<std::string> got;
    std::string last_id;
    for (int life = 0; life < 3; ++life) {
        StreamConfig config;
        config.ring_bytes = 8 << 10;
        Served served(journal, config);
        for (int visit = 0; visit < 15; ++visit) {
            Watchers watchers(served.port());
            ASSERT_EQ(watchers.add("topics=event&since=start", last_id, 4096), 0);
            Seen seen;
            const auto wanted = random.below(60);
            for (int i = 0; i < 4; ++i) {
                append(1 + random.below(30));
                watchers.until([&] { return seen.events >= wanted; }, seen.take(), std::chrono::seconds(0));
            }
            static_cast<void>(
                watchers.until([&] { return seen.events >= std::min<std::size_t>(wanted, 1); }, seen.take(), patience));
            for (auto& reason : seen.reasons[0])
                got.push_back(std::move(reason));
            if (!watchers.last_id(0).empty()) last_id = watchers.last_id(0);
        }
    }
    Served served(journal);
    Watchers watchers(served.port());
    ASSERT_EQ(watchers.add("topics=event", last_id), 0);
    Seen seen;
    ASSERT_TRUE(watchers.until([&] { return got.size() + seen.events >= appended.size(); }, seen.take(), patience));
    for (auto& reason : seen.reasons[0])
        got.push_back(std::move(reason));
    ASSERT_EQ(got.size(), appended.size());
    EXPECT_EQ(got, appended);
}

// Goal: thousands of subscribers, each on a session of its own, each sees its own and nothing else; idle ones cost
// little.
TEST(StreamServer, FiveThousandSubscribersOnSessionsOfTheirOwn) {
    MemoryJournal journal;
    StreamConfig config;
    config.sync_every = std::chrono::seconds(60);
    Served served(journal, config);
    const auto count = Watchers::affordable(5000);
    Watchers watchers(served.port());
    Seen seen;
    ASSERT_EQ(watchers.add("topics=event&session=warm"), 0);
    ASSERT_TRUE(watchers.until([&] { return seen.syncs.size() == 1; }, seen.take(), patience));
    const auto before = Served::resident_bytes();
    for (std::size_t i = 1; i <= count; ++i) {
        ASSERT_EQ(watchers.add("topics=event&session=s-" + std::to_string(i)), static_cast<int>(i));
        if (i % 100 == 0) watchers.until([&] { return seen.syncs.size() > i; }, seen.take(), patience);
    }
    ASSERT_TRUE(watchers.until([&] { return seen.syncs.size() == count + 1; }, seen.take(), patience));
    const auto each = (Served::resident_bytes() - before) / count;
    std::printf("%zu idle subscribers, each on a filter of its own: %zu bytes each, with the test's side of it\n",
                count, each);
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LE(each, 8u << 10);
#endif
    EXPECT_EQ(served.stream->status().subscribers, count + 1);
    for (int round = 0; round < 2; ++round) {
        for (std::size_t first = 1; first <= count; first += 100) {
            std::vector<otlp::LogRecord> records;
            for (auto i = first; i < first + 100 && i <= count; ++i) {
                records.push_back(event("E" + std::to_string(i), trace_number(i), "s-" + std::to_string(i)));
            }
            append_events(journal, records);
        }
    }
    ASSERT_TRUE(watchers.until([&] { return seen.events >= 2 * count; }, seen.take(), patience));
    EXPECT_EQ(seen.events, 2 * count);
    for (std::size_t i = 1; i <= count; ++i) {
        ASSERT_EQ(seen.reasons[i], (std::vector<std::string>(2, "E" + std::to_string(i))));
    }
    EXPECT_TRUE(seen.reasons[0].empty());
}

// Goal: readers that take nothing cost next to nothing, are closed, and miss nothing when they come back.
TEST(StreamServer, StuckReadersCostLittleAndAreClosed) {
    MemoryJournal journal;
    const std::string padding(1000, 'x');
    constexpr std::size_t items = 8'000;
    for (std::size_t i = 0; i < items; i += 100) {
        std::vector<otlp::LogRecord> records;
        for (auto n = i; n < i + 100; ++n) {
            records.push_back(
                event("E" + std::to_string(n), trace_number(1), "s", {{"padding", otlp::Value(padding)}}));
        }
        append_events(journal, records);
    }
    net::ServerConfig server;
    server.write_timeout = std::chrono::seconds(2);
    Served served(journal, {}, server);
    constexpr std::size_t count = 20;
    const auto before = Served::resident_bytes();
    Watchers watchers(served.port());
    for (std::size_t i = 0; i < count; ++i)
        ASSERT_EQ(watchers.add("topics=event&view=full&since=start", "", 4096), static_cast<int>(i));
    std::size_t most = 0;
    const auto deadline = system_clock().monotonic_nanos() + 60'000'000'000;
    while (served.stream->status().slow_closed_total < count && system_clock().monotonic_nanos() < deadline) {
        most = std::max(most, Served::resident_bytes());
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_EQ(served.stream->status().slow_closed_total, count);
    const auto each = (std::max(most, before) - before) / count;
    std::printf("%zu stuck readers of 9 MB: %zu KB each at most\n", count, each >> 10);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    EXPECT_LE(each, 400u << 10);
#endif
    // What the kernel had taken arrives; the rest comes on return.
    Seen seen;
    ASSERT_TRUE(watchers.until([&] { return watchers.ended(7); }, seen.take(), patience));
    const auto first = seen.reasons[7].size();
    ASSERT_LT(first, items);
    const auto again = static_cast<std::size_t>(watchers.add("topics=event&view=full", watchers.last_id(7)));
    ASSERT_TRUE(watchers.until([&] { return first + seen.reasons[again].size() >= items; }, seen.take(), patience));
    EXPECT_EQ(seen.reasons[again].front(), "E" + std::to_string(first));
    EXPECT_EQ(seen.reasons[again].size(), items - first);
}

}  // namespace
}  // namespace ark::stream
