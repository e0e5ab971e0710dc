#include "stream/stream.hpp"

#include "codec/json_value.hpp"
#include "items/expression.hpp"
#include "stream/testing/world.hpp"

#include <set>

#include <gtest/gtest.h>

namespace ark::stream {
namespace {

using testing::append_events;
using testing::append_spans;
using testing::event;
using testing::trace_number;
using testing::World;

codec::JsonValue json(const std::string& text) {
    auto parsed = codec::JsonValue::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed ? std::move(*parsed) : codec::JsonValue{};
}

std::vector<std::string> reasons(const std::vector<net::SseEvent>& events) {
    std::vector<std::string> found;
    for (const auto& frame : events)
        found.emplace_back(json(frame.data)["reason"].text());
    return found;
}

StreamConfig quick() {
    StreamConfig config;
    config.sync_every = std::chrono::milliseconds(100);
    return config;
}

void append_numbered(World& world, int first, int count, const std::string& session = "s") {
    for (int i = first; i < first + count; ++i) {
        append_events(world.journal, {event("E" + std::to_string(i), trace_number(1), session)});
    }
}

TEST(Stream, BeginsWithRetryIdAndSync) {
    World world;
    append_numbered(world, 0, 3);
    auto& peer = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    EXPECT_EQ(peer.status, 200);
    EXPECT_EQ(peer.fields.find("content-type"), "text/event-stream");
    EXPECT_EQ(peer.fields.find("cache-control"), "no-store");
    EXPECT_EQ(peer.fields.find("x-accel-buffering"), "no");
    EXPECT_GT(peer.retry_ms(), 0);
    EXPECT_EQ(peer.last_id(), world.cursor(3).text());
    EXPECT_FALSE(peer.saw("event"));
    append_numbered(world, 3, 1);
    ASSERT_TRUE(world.until([&] { return peer.saw("event"); }));
    EXPECT_EQ(peer.of("event")[0].id, world.cursor(4).text());
    EXPECT_EQ(reasons(peer.of("event")), std::vector<std::string>{"E3"});
}

TEST(Stream, HistoryThenSyncThenLiveWithoutHoleOrRepeat) {
    World world;
    append_numbered(world, 0, 500);
    auto& peer = world.subscribe("topics=event&since=start");
    append_numbered(world, 500, 100);
    ASSERT_TRUE(world.until([&] { return peer.of("event").size() >= 600; }));
    append_numbered(world, 600, 10);
    ASSERT_TRUE(world.until([&] { return peer.of("event").size() >= 610; }));
    const auto seen = reasons(peer.of("event"));
    ASSERT_EQ(seen.size(), 610u);
    for (std::size_t i = 0; i < seen.size(); ++i)
        ASSERT_EQ(seen[i], "E" + std::to_string(i));
    EXPECT_EQ(peer.of("sync").size(), 1u);
}

TEST(Stream, CommitsAreNotPutOffWhileSomebodyLooks) {
    World world;
    append_numbered(world, 0, 5);
    EXPECT_EQ(world.views.hurried(), Offset{0});
    auto& peer = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    append_numbered(world, 5, 1);
    ASSERT_TRUE(world.until([&] { return world.views.hurried() == world.journal.end(); }));
}

TEST(Stream, ShowsNothingBeforeItIsFolded) {
    testing::MemoryJournal journal;
    runtime::IoPool pool(1);
    runtime::WorkPool work(1);
    testing::FakeViews views(journal);
    auto stream = Stream::create({}, pool, work, journal, views, system_clock());
    testing::FakeExchange peer(pool.context(0), "topics=event");
    runtime::Scope scope(pool.context(0).get_executor());
    scope.spawn(stream->serve(peer, "default"));
    append_events(journal, {event("E0", trace_number(1))});
    pool.context(0).run_for(std::chrono::milliseconds(150));
    EXPECT_TRUE(peer.saw("sync"));
    EXPECT_FALSE(peer.saw("event"));
    views.fold();
    pool.context(0).run_for(std::chrono::milliseconds(50));
    EXPECT_TRUE(peer.saw("event"));
    peer.leave();
    pool.context(0).run_for(std::chrono::milliseconds(20));
    EXPECT_EQ(scope.active(), 0u);
}

TEST(Stream, CursorAheadOfTheFoldWaitsForIt) {
    testing::MemoryJournal journal;
    runtime::IoPool pool(1);
    runtime::WorkPool work(1);
    testing::FakeViews views(journal);
    auto stream = Stream::create({}, pool, work, journal, views, system_clock());
    for (int i = 0; i < 5; ++i)
        append_events(journal, {event("E" + std::to_string(i), trace_number(1))});
    testing::FakeExchange peer(pool.context(0), "topics=event&since=" + Cursor{journal.epoch(), Offset{3}}.text());
    runtime::Scope scope(pool.context(0).get_executor());
    scope.spawn(stream->serve(peer, "default"));
    pool.context(0).run_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(peer.saw("sync"));
    views.fold();
    pool.context(0).run_for(std::chrono::milliseconds(50));
    EXPECT_EQ(reasons(peer.of("event")), (std::vector<std::string>{"E3", "E4"}));
    peer.leave();
    pool.context(0).run_for(std::chrono::milliseconds(20));
    EXPECT_EQ(scope.active(), 0u);
}

// Goal: every item once, in order, however often the client comes and goes and the broker restarts.
// Method: a client that leaves after a random number of frames and comes back with its last id, while items arrive;
// every few rounds the stream is a new one over the same journal.
TEST(Stream, ResumesExactlyAcrossDisconnectsAndRestarts) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(seed);
        Random random(seed);
        testing::MemoryJournal journal;
        std::vector<std::string> appended;
        std::vector<std::string> seen;
        std::string last_id;
        const auto append = [&](std::uint64_t count) {
            std::vector<otlp::LogRecord> records;
            for (std::uint64_t i = 0; i < count; ++i) {
                appended.push_back("E" + std::to_string(appended.size()));
                records.push_back(event(appended.back(), trace_number(1), "s"));
            }
            append_events(journal, records);
        };
        append(50);
        for (int life = 0; life < 4; ++life) {
            StreamConfig config = quick();
            config.ring_bytes = 4096;  // falling out of the ring is part of it
            World world(config, &journal);
            for (int visit = 0; visit < 12; ++visit) {
                auto& peer = world.subscribe("topics=event&since=start", last_id);
                const auto wanted = random.below(40);
                for (int i = 0; i < 10 && peer.of("event").size() < wanted; ++i) {
                    append(1 + random.below(6));
                    if (random.chance(0.3)) peer.stall();
                    world.run_for(std::chrono::milliseconds(random.below(3)));
                    if (random.chance(0.6)) peer.go_on();
                }
                peer.leave();
                for (const auto& reason : reasons(peer.of("event")))
                    seen.push_back(reason);
                if (!peer.last_id().empty()) last_id = peer.last_id();  // it may have left before the first byte
            }
            auto& peer = world.subscribe("topics=event", last_id);
            ASSERT_TRUE(world.until([&] { return seen.size() + peer.of("event").size() >= appended.size(); }));
            for (const auto& reason : reasons(peer.of("event")))
                seen.push_back(reason);
            if (!peer.last_id().empty()) last_id = peer.last_id();
        }
        for (std::size_t i = 0; i < seen.size(); ++i)
            ASSERT_EQ(seen[i], i < appended.size() ? appended[i] : "nothing more");
        EXPECT_EQ(seen.size(), appended.size());
    }
}

TEST(Stream, DerivedEventsShareOneIdSoThatAResumeLosesNoHalf) {
    World world;
    auto& peer = world.subscribe("topics=event,span");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    append_spans(world.journal, {testing::tool_span(trace_number(1), SpanId{{1}}, "s", "search")});
    ASSERT_TRUE(world.until([&] { return peer.saw("span"); }));
    const auto start = world.cursor(0).text();
    ASSERT_EQ(peer.of("event").size(), 2u);
    EXPECT_EQ(reasons(peer.of("event")), (std::vector<std::string>{"ToolCallStart", "ToolCallComplete"}));
    EXPECT_EQ(peer.of("event")[0].id, start);
    EXPECT_EQ(peer.of("event")[1].id, start);
    EXPECT_EQ(peer.of("span")[0].id, world.cursor(1).text());
}

TEST(Stream, ExpiredCursorGetsAGapAndTheOldest) {
    World world;
    append_numbered(world, 0, 20);
    world.journal.expire_before(Offset{12});
    auto& peer = world.subscribe("topics=event", world.cursor(5).text());
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    ASSERT_EQ(peer.events.front().type, "gap");
    const auto gap = json(peer.events.front().data);
    EXPECT_EQ(gap["reason"].text(), "retention");
    EXPECT_EQ(gap["from"].text(), world.cursor(5).text());
    EXPECT_EQ(gap["to"].text(), world.cursor(12).text());
    EXPECT_EQ(reasons(peer.of("event")).front(), "E12");
    EXPECT_EQ(peer.of("event").size(), 8u);
}

TEST(Stream, RetentionThatPassesAReaderInItsHistoryIsAGap) {
    World world;
    append_numbered(world, 0, 3000);
    auto& peer = world.prepare("topics=event&since=start&view=full");
    peer.stall();
    world.serve(peer);
    world.run_for(std::chrono::milliseconds(30));
    world.journal.expire_before(Offset{2900});
    peer.go_on();
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    const auto gaps = peer.of("gap");
    ASSERT_EQ(gaps.size(), 1u);
    EXPECT_EQ(json(gaps[0].data)["reason"].text(), "retention");
    EXPECT_EQ(json(gaps[0].data)["to"].text(), world.cursor(2900).text());
    EXPECT_EQ(reasons(peer.of("event")).back(), "E2999");
}

TEST(Stream, CursorOfAnotherHistoryGetsAGapAndTheOldest) {
    World world;
    append_numbered(world, 0, 4);
    const auto other_epoch = Cursor{Epoch{99}, Offset{2}}.text();
    for (const auto& id : {other_epoch, world.cursor(1000).text(), std::string("not one of ours")}) {
        auto& peer = world.subscribe("topics=event", id);
        ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
        EXPECT_EQ(peer.events.front().type, "gap");
        EXPECT_EQ(json(peer.events.front().data)["reason"].text(), "epoch");
        EXPECT_EQ(peer.of("event").size(), 4u);
    }
    EXPECT_EQ(world.stream->status().gaps_total, 3u);
}

TEST(Stream, SinceADurationBeginsAtWhatWasReceivedThen) {
    World world;
    const auto now = system_clock().now().value();
    for (std::uint64_t age = 100; age > 0; --age) {
        append_events(world.journal, {event("E" + std::to_string(age), trace_number(1))}, "default",
                      UnixNanos{now - age * 60'000'000'000});
    }
    auto& peer = world.subscribe("topics=event&since=-15m30s");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    ASSERT_EQ(peer.of("event").size(), 15u);
    EXPECT_EQ(reasons(peer.of("event")).front(), "E15");
}

TEST(Stream, SnapshotComesFirstAndRowsFollowTheirItems) {
    World world;
    append_numbered(world, 0, 3, "s-1");
    append_events(world.journal, {event("E", trace_number(2), "s-2")});
    auto& peer = world.subscribe("topics=session,trace");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    ASSERT_EQ(peer.of("session").size(), 2u);
    EXPECT_EQ(json(peer.of("session")[0].data)["id"].text(), "s-2");
    const auto row = json(peer.of("session")[1].data);
    EXPECT_EQ(row["id"].text(), "s-1");
    EXPECT_EQ(row["op"].text(), "upsert");
    EXPECT_EQ(row["items"].integer(), 3);
    EXPECT_EQ(row["rev"].text(), world.cursor(3).text());
    EXPECT_EQ(peer.of("trace").size(), 2u);
    append_numbered(world, 3, 2, "s-1");
    ASSERT_TRUE(world.until([&] {
        const auto rows = peer.of("session");
        return rows.size() > 2 && json(rows.back().data)["items"].integer() == 5;
    }));
}

TEST(Stream, RowsConflate) {
    World world;
    auto& peer = world.subscribe("topics=session&snapshot=false");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    for (int i = 0; i < 300; ++i) {
        append_numbered(world, i, 1, "s-1");
        world.run_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(world.until([&] {
        const auto rows = peer.of("session");
        return !rows.empty() && json(rows.back().data)["items"].integer() == 300;
    }));
    EXPECT_LE(peer.of("session").size(), 10u);
}

TEST(Stream, HistorySendsTheRowsItTouched) {
    World world;
    append_numbered(world, 0, 3, "s-1");
    append_events(world.journal, {event("E", trace_number(2), "s-2")});
    auto& peer = world.subscribe("topics=session&snapshot=false&since=" + world.cursor(3).text());
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    ASSERT_EQ(peer.of("session").size(), 1u);
    EXPECT_EQ(json(peer.of("session")[0].data)["id"].text(), "s-2");
}

TEST(Stream, OneTenantSeesNothingOfAnother) {
    World world;
    append_events(world.journal, {event("Theirs", trace_number(1), "s")}, "other");
    auto& peer = world.subscribe("topics=event,session,trace&since=start", "", "mine");
    append_events(world.journal, {event("Theirs", trace_number(1), "s")}, "other");
    append_events(world.journal, {event("Mine", trace_number(2), "t")}, "mine");
    ASSERT_TRUE(world.until([&] { return peer.saw("event") && peer.saw("session"); }));
    EXPECT_EQ(reasons(peer.of("event")), std::vector<std::string>{"Mine"});
    for (const auto& row : peer.of("session"))
        EXPECT_EQ(json(row.data)["id"].text(), "t");
}

// Goal: the index of groups and the sharing of encodings change nothing about who sees what.
// Method: many filters at once, live and from the start, against items::matches on every item.
TEST(Stream, FiltersAgreeWithBruteForce) {
    World world;
    const std::vector<std::string> queries = {"",
                                              "&session=s-1",
                                              "&session=s-2",
                                              "&session=s-9",
                                              "&query=q-1",
                                              "&query=q-2",
                                              "&agent=a-1",
                                              "&tool=t-1",
                                              "&reason=ToolCall*",
                                              "&reason=AgentExecutionStart",
                                              "&component=tool",
                                              "&status=failure",
                                              "&status=success",
                                              "&session=s-1&tool=t-2",
                                              "&trace=" + trace_number(3).hex(),
                                              "&trace=" + trace_number(3).hex() + "&session=s-1"};
    std::vector<testing::FakeExchange*> live;
    for (const auto& query : queries)
        live.push_back(&world.subscribe("topics=event,span,log" + query));
    ASSERT_TRUE(world.until(
        [&] { return std::all_of(live.begin(), live.end(), [](auto* peer) { return peer->saw("sync"); }); }));
    Random random(3);
    const auto pick = [&](const char* prefix, std::uint64_t count) {
        return prefix + std::to_string(random.below(count));
    };
    for (int batch = 0; batch < 60; ++batch) {
        std::vector<otlp::LogRecord> records;
        for (int i = 0; i < 4; ++i) {
            static constexpr const char* names[] = {"ToolCallStart", "ToolCallError", "AgentExecutionStart", "",
                                                    "Custom"};
            otlp::ValueMap attributes;
            if (random.chance(0.5)) attributes.emplace_back("ark.query.id", otlp::Value(pick("q-", 3)));
            if (random.chance(0.5)) attributes.emplace_back("agentName", otlp::Value(pick("a-", 3)));
            if (random.chance(0.5)) attributes.emplace_back("toolName", otlp::Value(pick("t-", 3)));
            const auto trace = random.below(6);
            records.push_back(event(names[random.below(5)], trace_number(trace),
                                    random.chance(0.4) ? "s-" + std::to_string(trace % 3) : "", std::move(attributes)));
        }
        append_events(world.journal, records);
        auto span = testing::tool_span(trace_number(random.below(6)), random.span_id(), pick("s-", 3), pick("t-", 3));
        if (random.chance(0.3)) span.status_code = 2;
        append_spans(world.journal, {std::move(span)});
    }
    const auto end = world.journal.end().value();
    auto& everything = world.subscribe("topics=event,span,log&since=start");
    std::vector<testing::FakeExchange*> past;
    for (const auto& query : queries)
        past.push_back(&world.subscribe("topics=event,span,log&since=start" + query));
    ASSERT_TRUE(world.until([&] {
        return std::all_of(past.begin(), past.end(), [](const auto* peer) { return peer->saw("sync"); }) &&
               everything.saw("sync");
    }));

    // Brute force over the journal with the contexts as they are now.
    for (std::size_t i = 0; i < queries.size(); ++i) {
        SCOPED_TRACE(queries[i]);
        auto parsed = net::Query::parse("x=1" + queries[i]);
        items::Filter filter;
        for (const auto& [name, value] : parsed->items()) {
            if (name == "session") filter.session = value;
            if (name == "query") filter.query = value;
            if (name == "agent") filter.agent = value;
            if (name == "tool") filter.tool = value;
            if (name == "trace") filter.trace = TraceId::from_hex(value);
            if (name == "reason") filter.reasons = {value};
            if (name == "component") filter.component = model::Kind::tool;
            if (name == "status") filter.failed = value == "failure";
        }
        std::multiset<std::string> expected;
        const auto reader = world.journal.reader(Offset{0});
        while (const auto batch = *reader->next()) {
            const auto status = items::for_each_item(*batch, [&](const items::Item& item) {
                if (item.offset >= Offset{end}) return true;
                const auto context = world.views.context_of("default", item);
                const auto add = [&](const char* topic) {
                    expected.insert(topic + std::to_string(item.offset.value()));
                };
                if (item.type == items::ItemType::span && items::matches_other(filter, item, context)) add("span");
                if (item.type == items::ItemType::log) {
                    items::Event as_event;
                    as_event.item = &item;
                    as_event.time = item.time;
                    as_event.failed = item.failed;
                    if (items::matches_event(filter, as_event, context)) add("log");
                }
                items::for_each_event(item, item.facts.agentic, [&](const items::Event& one) {
                    if (items::matches_event(filter, one, context)) add("event");
                });
                return true;
            });
            EXPECT_TRUE(status);
        }
        std::multiset<std::string> got;
        for (const auto& frame : past[i]->events) {
            if (frame.type == "sync") continue;
            const auto id = std::string(json(frame.data)["id"].text());
            const auto cursor = Cursor::parse(std::string_view(id).substr(0, Cursor::text_size));
            if (cursor && cursor->offset < Offset{end}) got.insert(frame.type + std::to_string(cursor->offset.value()));
        }
        EXPECT_EQ(got, expected);
        // Live and history agree where the context did not change in between.
        if (filter.session.empty() && filter.query.empty()) {
            const auto& early = live[i]->events;
            ASSERT_TRUE(world.until([&] { return live[i]->of("event").size() == past[i]->of("event").size(); }))
                << live[i]->of("event").size() << " " << past[i]->of("event").size();
            EXPECT_FALSE(early.empty());
        }
    }
}

TEST(Stream, SubscribersOfOneFilterShareAGroup) {
    World world;
    for (int i = 0; i < 10; ++i)
        world.subscribe("topics=event&session=a");
    world.subscribe("session=a&topics=event");
    world.subscribe("topics=event&session=b");
    ASSERT_TRUE(world.until([&] { return world.stream->status().opened_total == 12; }));
    EXPECT_EQ(world.stream->status().subscribers, 12u);
    EXPECT_EQ(world.stream->status().filters, 2u);
}

// Goal: a filter is paid for once, however many share it, and one that names a session only by that session's items.
// Method: how often expressions were evaluated, over 100 subscribers of one filter and 100 of a session each.
TEST(Stream, FiltersAreEvaluatedOncePerItemAndOnlyWhereTheIndexLeads) {
    World world;
    const auto& evaluated = items::condition_counts().evaluated;
    for (int i = 0; i < 100; ++i) {
        world.subscribe("topics=event&filter=reason.endsWith(%221%22)");
        world.subscribe("topics=event&filter=session==%22s" + std::to_string(i) + "%22%20%26%26%20reason!=%22x%22");
    }
    ASSERT_TRUE(world.until([&] { return world.stream->status().opened_total == 200; }));
    EXPECT_EQ(world.stream->status().filters, 101u);
    auto& last = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return last.saw("sync"); }));
    const auto before = evaluated.load();
    append_numbered(world, 0, 50, "s7");
    ASSERT_TRUE(world.until([&] { return last.of("event").size() == 50; }));
    // 50 by the filter that 100 share, 50 by the one that is about this session, none by the 99 others.
    EXPECT_EQ(evaluated.load() - before, 100u);
}

TEST(Stream, SlowLosslessReaderFallsOutOfTheRingAndMissesNothing) {
    StreamConfig config;
    config.ring_bytes = 16 << 10;
    World world(config);
    auto& slow = world.subscribe("topics=event");
    auto& fast = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return slow.saw("sync") && fast.saw("sync"); }));
    slow.stall();
    for (int i = 0; i < 2000; i += 10) {
        append_numbered(world, i, 10);
        world.run_for(std::chrono::milliseconds(1));
    }
    ASSERT_TRUE(world.until([&] { return fast.of("event").size() == 2000; }));
    slow.go_on();
    ASSERT_TRUE(world.until([&] { return slow.of("event").size() >= 2000; }));
    const auto seen = reasons(slow.of("event"));
    ASSERT_EQ(seen.size(), 2000u);
    for (std::size_t i = 0; i < seen.size(); ++i)
        ASSERT_EQ(seen[i], "E" + std::to_string(i));
    EXPECT_FALSE(slow.saw("gap"));
}

TEST(Stream, SlowLatestReaderSkipsToTheNewestWithOneGap) {
    StreamConfig config;
    config.ring_bytes = 16 << 10;
    World world(config);
    auto& slow = world.subscribe("topics=event&delivery=latest");
    ASSERT_TRUE(world.until([&] { return slow.saw("sync"); }));
    slow.stall();
    append_numbered(world, 0, 2000);
    world.run_for(std::chrono::milliseconds(300));
    slow.go_on();
    ASSERT_TRUE(world.until([&] { return slow.saw("gap"); }));
    append_numbered(world, 2000, 1);
    ASSERT_TRUE(world.until([&] { return !slow.of("event").empty() && reasons(slow.of("event")).back() == "E2000"; }));
    ASSERT_EQ(slow.of("gap").size(), 1u);
    const auto gap = json(slow.of("gap")[0].data);
    EXPECT_EQ(gap["reason"].text(), "slow_consumer");
    EXPECT_EQ(gap["dropped"].integer() + static_cast<std::int64_t>(slow.of("event").size()), 2001);
}

TEST(Stream, RateThinsAndCounts) {
    World world;
    auto& peer = world.subscribe("topics=event&delivery=latest&rate=20");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    for (int i = 0; i < 1000; i += 10) {
        append_numbered(world, i, 10);
        world.run_for(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(world.until([&] { return !peer.of("event").empty() && reasons(peer.of("event")).back() == "E999"; }));
    std::int64_t dropped = 0;
    for (const auto& gap : peer.of("gap")) {
        EXPECT_EQ(json(gap.data)["reason"].text(), "rate");
        dropped += json(gap.data)["dropped"].integer();
    }
    EXPECT_EQ(dropped + static_cast<std::int64_t>(peer.of("event").size()), 1000);
    EXPECT_LE(peer.of("event").size(), 60u) << "about 1 s at 20 a second, and what a second may save up";
}

TEST(Stream, IdleSubscribersGetSyncsAndHeartbeats) {
    StreamConfig config;
    config.sync_every = std::chrono::milliseconds(200);
    config.heartbeat = std::chrono::milliseconds(60);
    World world(config);
    auto& peer = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return peer.of("sync").size() >= 3; }));
    EXPECT_GE(peer.heartbeats, 2u);
    append_numbered(world, 0, 1);
    ASSERT_TRUE(world.until([&] { return peer.saw("event"); }));
    const auto count = peer.of("sync").size();
    ASSERT_TRUE(world.until([&] { return peer.of("sync").size() > count; }));
    const auto sync = json(peer.of("sync").back().data);
    EXPECT_EQ(sync["head"].text(), world.cursor(1).text());
    EXPECT_EQ(sync["lag"].integer(), 0);
    EXPECT_TRUE(sync["live"].boolean());
}

TEST(Stream, SyncMovesTheIdPastWhatDidNotMatch) {
    World world(quick());
    auto& peer = world.subscribe("topics=event&session=nobody");
    append_numbered(world, 0, 10);
    ASSERT_TRUE(world.until([&] { return peer.last_id() == world.cursor(10).text(); }));
    EXPECT_FALSE(peer.saw("event"));
}

TEST(Stream, StopSaysGoodbyeOnce) {
    World world;
    auto& peer = world.subscribe("topics=event");
    auto& stuck = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync") && stuck.saw("sync"); }));
    stuck.stall();
    append_numbered(world, 0, 1);
    world.stream->stop();
    world.stream->stop();
    ASSERT_TRUE(world.until([&] { return peer.finished; }));
    ASSERT_EQ(peer.of("bye").size(), 1u);
    EXPECT_EQ(json(peer.of("bye")[0].data)["reason"].text(), "shutdown");
    EXPECT_GT(json(peer.of("bye")[0].data)["retryMs"].integer(), 0);
    stuck.go_on();
    ASSERT_TRUE(world.until([&] { return stuck.finished; }));
    auto& late = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return late.status == 503; }));
    EXPECT_EQ(world.stream->status().subscribers, 0u);
}

TEST(Stream, RefusesBeforeTheStreamBegins) {
    StreamConfig config;
    config.subscribers_max = 1;
    World world(config);
    auto& bad = world.subscribe("topcs=event");
    ASSERT_TRUE(world.until([&] { return bad.status == 400; }));
    EXPECT_EQ(bad.fields.find("content-type"), "application/problem+json");
    EXPECT_EQ(json(bad.body)["hint"].text(), "did you mean 'topics'?");
    world.subscribe("topics=event");
    auto& second = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return second.status != 0; }));
    EXPECT_EQ(second.status, 503);
    EXPECT_FALSE(second.fields.find("retry-after").empty());
}

TEST(Stream, LeavingFreesTheGroupAtOnce) {
    World world;
    auto& peer = world.subscribe("topics=event");
    ASSERT_TRUE(world.until([&] { return peer.saw("sync"); }));
    peer.leave();
    ASSERT_TRUE(world.until([&] { return world.open() == 0; }));
    EXPECT_EQ(world.stream->status().filters, 0u);
    EXPECT_EQ(world.stream->status().subscribers, 0u);
    auto& again = world.subscribe("topics=event&since=start");
    append_numbered(world, 0, 2);
    ASSERT_TRUE(world.until([&] { return again.of("event").size() == 2; }));
}

}  // namespace
}  // namespace ark::stream
