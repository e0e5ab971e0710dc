#include "reference/testing/store_world.hpp"

#include <atomic>
#include <string>

namespace ark::reference {
namespace {

using std::chrono::milliseconds;
using testing::StoreWorld;

constexpr milliseconds patience{5000};

std::string event_of(int number, const std::string& query = "q") {
    return R"({"data":{"queryId":")" + query + R"(","n":)" + std::to_string(number) + "}}";
}

/// Opens a watch on the net thread.
awaitable<std::unique_ptr<Watch>> open(Store& store, Kind kind, Filter filter, Start start) {
    auto watch = co_await store.watch("default", kind, std::move(filter), start, 0);
    EXPECT_TRUE(watch);
    co_return watch ? std::move(*watch) : nullptr;
}

struct Seen {
    std::vector<std::uint64_t> sequences;
    std::vector<std::string> texts;
    std::string bytes;
    std::size_t replayed = 0;
};

/// Reads until `count` items came.
awaitable<Seen> read(Watch& watch, std::size_t count) {
    Seen seen;
    while (seen.sequences.size() < count) {
        const auto frames = co_await watch.next(patience);
        if (!frames || frames->items.empty()) break;
        for (const auto& item : frames->items) {
            seen.sequences.push_back(item.sequence);
            seen.texts.emplace_back(item.json);
        }
        seen.bytes += frames->bytes;
        if (frames->replayed) seen.replayed += frames->items.size();
    }
    co_return seen;
}

std::vector<std::uint64_t> numbers(std::uint64_t first, std::uint64_t last) {
    std::vector<std::uint64_t> out;
    for (auto n = first; n <= last; ++n)
        out.push_back(n);
    return out;
}

/// Destroys the watch where it lives.
awaitable<bool> close(std::unique_ptr<Watch> watch) {
    watch.reset();
    co_return true;
}

TEST(Watch, ReplaysThenFollows) {
    StoreWorld world;
    for (int i = 1; i <= 5; ++i)
        world.add_event(event_of(i));
    auto watch = world.run(open(*world.store, Kind::events, {}, {Start::At::behind, 2}));
    auto seen = world.run(read(*watch, 3));
    EXPECT_EQ(seen.sequences, numbers(3, 5));
    EXPECT_EQ(seen.replayed, 3u);
    EXPECT_EQ(seen.bytes.substr(0, 13), "id: 3\ndata: {");
    world.add_event(event_of(6));
    seen = world.run(read(*watch, 1));
    EXPECT_EQ(seen.sequences, numbers(6, 6));
    EXPECT_EQ(seen.replayed, 0u);
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

TEST(Watch, SeesOnlyWhatPassesItsFilter) {
    StoreWorld world;
    Filter filter;
    filter.query = "b";
    auto watch = world.run(open(*world.store, Kind::events, filter, {}));
    world.add_event(event_of(1, "a"));
    world.add_event(event_of(2, "b"));
    world.add_event(event_of(3, "a"));
    world.add_event(event_of(4, "b"));
    const auto seen = world.run(read(*watch, 2));
    EXPECT_EQ(seen.sequences, (std::vector<std::uint64_t>{2, 4}));
    const auto nothing = world.run(watch->next(milliseconds(1)));
    ASSERT_TRUE(nothing);
    EXPECT_TRUE(nothing->items.empty());
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

TEST(Watch, GoesOnBehindAPurge) {
    StoreWorld world;
    world.add_event(event_of(1));
    auto watch = world.run(open(*world.store, Kind::events, {}, {Start::At::beginning, 0}));
    EXPECT_EQ(world.run(read(*watch, 1)).sequences, numbers(1, 1));
    world.add_deletion(Kind::events);
    world.add_event(event_of(2));
    const auto seen = world.run(read(*watch, 1));
    EXPECT_EQ(seen.sequences, numbers(1, 1)) << "numbered anew";
    EXPECT_NE(seen.texts.at(0).find("\"n\":2"), std::string::npos);
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

TEST(Watch, EndsWhenTheStoreStops) {
    StoreWorld world;
    auto watch = world.run(open(*world.store, Kind::messages, {}, {}));
    world.store->stop();
    const auto end = world.run(watch->next(patience));
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Errc::closed);
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

// Goal: no hole and no repeat, for readers that begin anywhere, some of them slow, while items pour in.
TEST(Watch, MissesNothingUnderLoad) {
    StoreWorld world;
    constexpr std::uint64_t total = 3000;
    constexpr std::size_t readers = 24;
    for (int i = 1; i <= 300; ++i)
        world.add_event(event_of(i));
    std::vector<std::future<std::vector<std::uint64_t>>> results;
    const auto reader = [](StoreWorld& its, std::uint64_t behind, bool slow) -> awaitable<std::vector<std::uint64_t>> {
        const Start start{Start::At::behind, behind};
        Filter all;
        auto watch = co_await open(*its.store, Kind::events, std::move(all), start);
        std::vector<std::uint64_t> sequences;
        asio::steady_timer timer(co_await asio::this_coro::executor);
        while (sequences.empty() || sequences.back() < total) {
            const auto frames = co_await watch->next(patience);
            if (!frames || frames->items.empty()) break;
            for (const auto& item : frames->items)
                sequences.push_back(item.sequence);
            if (!slow) continue;
            timer.expires_after(milliseconds(5));
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_return sequences;
    };
    for (std::size_t i = 0; i < readers; ++i)
        results.push_back(world.start(reader(world, i * 10, i % 3 == 0)));
    for (int i = 301; i <= static_cast<int>(total); ++i)
        world.add_event(event_of(i));
    for (std::size_t i = 0; i < readers; ++i)
        EXPECT_EQ(results[i].get(), numbers(i * 10 + 1, total)) << "reader " << i;
    EXPECT_EQ(world.store->status().watchers, 0u);
    EXPECT_EQ(world.store->status().live_bytes, 0u);
}

// Goal: who is served seldom is not sent a piece for each time that the store was read.
TEST(Watch, SmallPiecesArePutTogether) {
    StoreWorld world;
    auto first = world.run(open(*world.store, Kind::events, {}, {}));
    constexpr int total = 40;
    for (int i = 1; i <= total; ++i) {
        world.add_event(event_of(i));
        EXPECT_EQ(world.run(read(*first, 1)).sequences.size(), 1u);
    }
    auto second = world.run(open(*world.store, Kind::events, {}, {Start::At::beginning, 0}));
    std::vector<std::uint64_t> sequences;
    std::string bytes;
    std::size_t pieces = 0;
    while (sequences.size() < total) {
        const auto frames = world.run(second->next(patience));
        ASSERT_TRUE(frames);
        ASSERT_FALSE(frames->items.empty());
        ++pieces;
        bytes += frames->bytes;
        for (const auto& item : frames->items) {
            sequences.push_back(item.sequence);
            EXPECT_NE(bytes.find("\ndata: " + std::string(item.json) + "\n\n"), std::string::npos);
        }
    }
    EXPECT_EQ(sequences, numbers(1, total));
    EXPECT_LE(pieces, 4u);
    EXPECT_TRUE(world.run(close(std::move(first))));
    EXPECT_TRUE(world.run(close(std::move(second))));
    EXPECT_EQ(world.store->status().live_bytes, 0u);
}

// Goal: ids are escaped where they need it; lists and watchers show the same.
TEST(Watch, OfMessagesWhateverTheirIdsAre) {
    StoreWorld world;
    auto watch = world.run(open(*world.store, Kind::messages, {}, {}));
    const std::string long_id(300, 'i');
    world.add_messages("plain", "", {R"({"a":"x"})", "2"});
    world.add_messages("c\"\n1", long_id, {"[]"});
    world.add_messages("", "q\\", {"null"});
    const auto seen = world.run(read(*watch, 4));
    ASSERT_EQ(seen.texts.size(), 4u);
    const std::vector<std::string> expected = {
        R"(","conversation_id":"plain","query_id":"","message":{"a":"x"},"sequence":1})",
        R"(","conversation_id":"plain","query_id":"","message":2,"sequence":2})",
        R"(","conversation_id":"c\"\n1","query_id":")" + long_id + R"(","message":[],"sequence":3})",
        R"(","conversation_id":"","query_id":"q\\","message":null,"sequence":4})",
    };
    const auto page = world.page(Kind::messages);
    ASSERT_EQ(page.rows.size(), 4u);
    constexpr std::size_t time_end = std::string_view(R"({"timestamp":"2023-11-14T22:13:20.000Z)").size();
    for (std::size_t i = 0; i < expected.size(); ++i) {
        EXPECT_TRUE(seen.texts[i].starts_with(R"({"timestamp":"2)")) << seen.texts[i];
        EXPECT_EQ(seen.texts[i].substr(time_end), expected[i]);
        EXPECT_EQ(page.rows[i].json, seen.texts[i]);
    }
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

// Goal: a watcher that falls behind gets everything, in order, in pieces that grow, and what is read ahead for it has a
// bound. Method: megabytes of large items at once, and a reader that takes a piece now and
// then.
TEST(Watch, CatchesUpInLargePieces) {
    StoreWorld world;
    auto watch = world.run(open(*world.store, Kind::messages, {}, {}));
    constexpr int batches = 12, of_batch = 400;
    for (int i = 0; i < batches; ++i) {
        std::vector<std::string> texts;
        for (int j = 0; j < of_batch; ++j)
            texts.push_back('"' + std::to_string(i * of_batch + j + 1) + std::string(2000, 'x') + '"');
        world.add_messages("c", "q", texts);
    }
    constexpr std::uint64_t group_bytes = 256u << 10, piece = 1200u << 10;
    std::uint64_t last = 0;
    while (last < batches * of_batch) {
        const auto frames = world.run(watch->next(patience));
        ASSERT_TRUE(frames);
        ASSERT_FALSE(frames->items.empty());
        EXPECT_LE(frames->bytes.size(), piece);
        EXPECT_LE(world.store->status().live_bytes, group_bytes + 3 * piece);
        for (const auto& item : frames->items) {
            ASSERT_EQ(item.sequence, ++last);
            ASSERT_NE(item.json.find("\"message\":\"" + std::to_string(last) + "x"), std::string_view::npos);
        }
    }
    EXPECT_TRUE(world.run(close(std::move(watch))));
    EXPECT_EQ(world.store->status().live_bytes, 0u);
}

// Goal: more watchers than have a turn together, of several subjects: everybody gets everything, in order.
TEST(Watch, EverybodyHasATurn) {
    StoreWorld world;
    constexpr std::size_t watchers = 100;
    constexpr std::uint64_t total = 200;
    const auto reader = [](StoreWorld& its, bool filtered) -> awaitable<std::vector<std::uint64_t>> {
        Filter filter;
        if (filtered) filter.query = "q";
        const Start start{Start::At::beginning, 0};
        auto watch = co_await open(*its.store, Kind::events, std::move(filter), start);
        auto seen = co_await read(*watch, total);
        co_return seen.sequences;
    };
    std::vector<std::future<std::vector<std::uint64_t>>> results;
    for (std::size_t i = 0; i < watchers; ++i)
        results.push_back(world.start(reader(world, i % 10 == 0)));
    for (int i = 1; i <= static_cast<int>(total); ++i)
        world.add_event(event_of(i));
    for (auto& result : results)
        EXPECT_EQ(result.get(), numbers(1, total));
    EXPECT_EQ(world.store->status().watchers, 0u);
}

TEST(Watch, EndsWhenItIsCancelled) {
    StoreWorld world;
    auto watch = world.run(open(*world.store, Kind::events, {}, {}));
    auto waiting = world.start(watch->next(patience));
    const auto cancel = [](Watch& its) -> awaitable<bool> {
        its.cancel();
        co_return true;
    };
    EXPECT_TRUE(world.run(cancel(*watch)));
    const auto end = waiting.get();
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Errc::closed);
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

TEST(Watch, WhatStillWaitsEndsWithTheStore) {
    auto world = std::make_unique<StoreWorld>();
    const auto wait = [](StoreWorld& its) -> awaitable<bool> {
        Filter all;
        const Start live;
        auto watch = co_await open(*its.store, Kind::events, std::move(all), live);
        const auto frames = co_await watch->next(std::chrono::hours(1));
        co_return static_cast<bool>(frames);
    };
    auto waiting = world->start(wait(*world));
    while (world->store->status().watchers == 0)
        std::this_thread::sleep_for(milliseconds(1));
    world.reset();
}

TEST(Watch, OfSpansOfATraceAndOfAQuerysChunks) {
    StoreWorld world;
    otlp::Span span;
    span.trace_id.bytes[0] = 1;
    span.span_id.bytes[0] = 1;
    auto other = span;
    other.trace_id.bytes[0] = 2;
    world.add_spans({other, span});
    Filter of_trace;
    of_trace.trace = span.trace_id;
    auto watch = world.run(open(*world.store, Kind::spans, of_trace, {Start::At::beginning, 0}));
    EXPECT_EQ(world.run(read(*watch, 1)).sequences, numbers(2, 2));
    world.add_spans({other, other, span});
    EXPECT_EQ(world.run(read(*watch, 1)).sequences, numbers(5, 5));
    EXPECT_TRUE(world.run(close(std::move(watch))));

    Filter of_query;
    of_query.query = "q";
    auto chunks = world.run(open(*world.store, Kind::chunks, of_query, {}));
    world.add_chunks("q", {R"({"a":1})", "2"});
    world.add_chunks("other", {"3"});
    world.add_completion("q");
    const auto seen = world.run(read(*chunks, 3));
    EXPECT_EQ(seen.texts, (std::vector<std::string>{R"({"a":1})", "2", R"("[DONE]")"}));
    EXPECT_TRUE(world.run(close(std::move(chunks))));
}

TEST(Watch, FinishedChunksRemainAsOneAnswer) {
    StoreWorld world;
    const auto piece = [](const std::string& text) {
        return R"({"id":"x","choices":[{"index":0,"delta":{"content":")" + text + R"("}}]})";
    };
    world.add_chunks("q", {piece("Hel"), piece("lo")});
    world.add_chunks("q", {piece("!")});
    world.add_completion("q");
    world.clock.advance_ms(3'600'001);
    world.add_chunks("later", {"1"});
    EXPECT_EQ(world.page(Kind::chunks).total, 1u) << "compacted away";
    EXPECT_EQ(*world.store->stream_state("default", "q"), StreamState::complete);
    Filter filter;
    filter.query = "q";
    auto watch = world.run(open(*world.store, Kind::chunks, filter, {Start::At::beginning, 0}));
    const auto seen = world.run(read(*watch, 2));
    ASSERT_EQ(seen.texts.size(), 2u);
    EXPECT_EQ(seen.texts[0], R"({"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"Hello!"},)"
                             R"("finish_reason":"stop"}]})");
    EXPECT_EQ(seen.texts[1], R"("[DONE]")");
    EXPECT_EQ(seen.replayed, 2u);
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

TEST(Watch, OfSessionsTellsEachAsItIs) {
    StoreWorld world;
    const auto event = [](const std::string& session, const std::string& reason) {
        return R"({"data":{"queryId":"u","sessionId":")" + session + R"(","queryName":"n"},"reason":")" + reason +
               R"("})";
    };
    world.add_event(event("a", "QueryExecutionStart"));
    world.add_event(event("b", "QueryExecutionStart"));
    world.add_event(event("a", "QueryExecutionComplete"));
    auto watch = world.run(open(*world.store, Kind::sessions, {}, {Start::At::beginning, 0}));
    auto seen = world.run(read(*watch, 2));
    ASSERT_EQ(seen.texts.size(), 2u);
    EXPECT_EQ(seen.texts[0].substr(0, 29), R"({"sessionId":"b","session":{")");
    EXPECT_NE(seen.texts[1].find(R"("status":"idle")"), std::string::npos);
    EXPECT_EQ(seen.sequences.back(), 3u);
    world.add_event(event("b", "AgentExecutionError"));
    seen = world.run(read(*watch, 1));
    EXPECT_NE(seen.texts.at(0).find(R"("status":"error","errorCount":1)"), std::string::npos);
    EXPECT_TRUE(world.run(close(std::move(watch))));
}

}  // namespace
}  // namespace ark::reference
