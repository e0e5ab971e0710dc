#include "reference/testing/store_world.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

namespace ark::reference {
namespace {

using std::chrono::seconds;
using testing::StoreWorld;

/// What the store promises, as plainly as possible: vectors, and a look at everything each time.
class Model {
public:
    struct Item {
        std::uint64_t sequence = 0;
        std::string conversation, query, session;
        std::uint64_t ends_ms = 0;
        bool completes = false;
    };

    explicit Model(const KeepConfig& keep) : keep_(keep) {}

    void begin(std::uint64_t now_ms) {
        now_ms_ = now_ms;
        for (auto& [kind, items] : items_)
            std::erase_if(items, [&](const Item& item) { return item.ends_ms != 0 && item.ends_ms <= now_ms; });
        for (auto it = finished_.begin(); it != finished_.end();) {
            if (it->second + 3'600'000 > now_ms) {
                ++it;
                continue;
            }
            drop(Kind::chunks, [&](const Item& item) { return item.query == it->first; });
            compacted_.insert(it->first);
            it = finished_.erase(it);
        }
    }
    void add(Kind kind, Item item) {
        item.sequence = ++last_[kind];
        items_[kind].push_back(item);
        const auto max = kind == Kind::messages ? keep_.messages_max : kind == Kind::events ? keep_.events_max : 0;
        if (max > 0 && items_[kind].size() > max) items_[kind].erase(items_[kind].begin());
    }
    void complete(const std::string& query) {
        if (finished_.contains(query) || count_of(query) == 0) return;
        Item item;
        item.query = query;
        item.completes = true;
        add(Kind::chunks, item);
        finished_[query] = now_ms_;
    }
    template <class Match>
    void drop(Kind kind, const Match& match) {
        std::erase_if(items_[kind], match);
    }
    void purge(Kind kind) {
        items_[kind].clear();
        last_[kind] = 0;
        if (kind != Kind::chunks) return;
        finished_.clear();
        compacted_.clear();
    }
    std::vector<std::uint64_t> find(Kind kind, const Filter& filter, std::uint64_t now_ms) {
        std::vector<std::uint64_t> found;
        const auto same = [](const std::string& wanted, const std::string& has) {
            return wanted.empty() || wanted == has;
        };
        for (const auto& item : items_[kind]) {
            if (item.ends_ms != 0 && item.ends_ms <= now_ms) continue;
            if (kind == Kind::messages && !same(filter.conversation, item.conversation)) continue;
            if (!same(filter.query, item.query)) continue;
            if (kind == Kind::events && !same(filter.session, item.session)) continue;
            found.push_back(item.sequence);
        }
        return found;
    }
    std::vector<Conversation> conversations(std::uint64_t now_ms) {
        std::vector<Conversation> list;
        std::map<std::string, std::set<std::string>> queries;
        for (const auto& item : items_[Kind::messages]) {
            if (item.ends_ms != 0 && item.ends_ms <= now_ms) continue;
            auto known = std::find_if(list.begin(), list.end(), [&](auto& its) { return its.id == item.conversation; });
            if (known == list.end()) known = list.insert(list.end(), Conversation{item.conversation, 0, 0});
            ++known->messages;
            queries[item.conversation].insert(item.query);
            known->queries = queries[item.conversation].size();
        }
        return list;
    }
    StreamState state(const std::string& query) {
        if (finished_.contains(query)) return StreamState::complete;
        if (count_of(query) > 0) return StreamState::open;
        return compacted_.contains(query) ? StreamState::complete : StreamState::none;
    }

private:
    std::size_t count_of(const std::string& query) {
        const auto& chunks = items_[Kind::chunks];
        return static_cast<std::size_t>(
            std::count_if(chunks.begin(), chunks.end(), [&](const Item& item) { return item.query == query; }));
    }

    const KeepConfig keep_;
    std::uint64_t now_ms_ = 0;
    std::map<Kind, std::vector<Item>> items_;
    std::map<Kind, std::uint64_t> last_;
    std::map<std::string, std::uint64_t> finished_;  // by query: when
    std::set<std::string> compacted_;
};

/// Does the same to the store and to the model, by a seed.
class Players {
public:
    Players(unsigned seed, const KeepConfig& keep) : world(keep), model(keep), random_(seed) {}

    void act() {
        world.clock.advance_ms(pick(5) == 0 ? pick(600'000) : pick(3));
        model.begin(now_ms());
        const auto what = pick(100);
        if (what < 30) {
            messages();
        } else if (what < 55) {
            chunks();
        } else if (what < 62) {
            const auto query = id("q");
            world.add_completion(query);
            model.complete(query);
        } else if (what < 88) {
            event();
        } else {
            erase(what);
        }
    }
    void compare() {
        world.settle();
        // Time goes on without anything being appended.
        if (pick(3) == 0) world.clock.advance_ms(pick(120'000));
        for (const auto kind : {Kind::messages, Kind::events, Kind::chunks})
            compare_pages(kind);
        compare_conversations();
        const auto query = id("q");
        const auto state = world.store->stream_state("default", query);
        ASSERT_TRUE(state);
        EXPECT_EQ(*state, model.state(query)) << query;
    }

    StoreWorld world;
    Model model;

private:
    std::uint64_t pick(std::uint64_t n) { return random_() % n; }
    std::uint64_t now_ms() const { return world.clock.now().value() / 1'000'000; }
    std::string id(const char* of) { return of + std::to_string(pick(6)); }
    std::optional<seconds> ttl() { return pick(4) == 0 ? std::optional(seconds(1 + pick(300))) : std::nullopt; }

    void messages() {
        const auto conversation = pick(10) == 0 ? std::string() : id("c");
        const auto query = id("q");
        const auto lives = ttl();
        std::vector<std::string> texts(1 + pick(3), R"({"role":"user"})");
        world.add_messages(conversation, query, texts, lives.value_or(seconds(0)));
        Model::Item item;
        item.conversation = conversation;
        item.query = query;
        item.ends_ms = ends(lives);
        for (std::size_t i = 0; i < texts.size(); ++i)
            model.add(Kind::messages, item);
    }
    void chunks() {
        const auto query = id("q");
        std::vector<std::string> texts(1 + pick(4), "1");
        world.add_chunks(query, texts);
        Model::Item item;
        item.query = query;
        for (std::size_t i = 0; i < texts.size(); ++i)
            model.add(Kind::chunks, item);
    }
    void event() {
        const auto query = id("q");
        const auto session = id("s");
        const auto lives = ttl();
        auto json = R"({"data":{"queryId":")" + query + R"(","sessionId":")" + session + R"(","queryName":"n)" +
                    std::to_string(pick(4)) + R"("},"reason":")" +
                    (pick(2) == 0 ? "QueryExecutionStart" : "ToolError") + '"';
        if (lives) json += ",\"ttl_seconds\":" + std::to_string(lives->count());
        world.add_event(json + "}");
        Model::Item item;
        item.query = query;
        item.session = session;
        item.ends_ms = ends(lives);
        model.add(Kind::events, item);
    }
    void erase(std::uint64_t what) {
        const auto conversation = id("c");
        const auto query = id("q");
        if (what < 91) {
            world.add_deletion(Kind::messages, conversation);
            model.drop(Kind::messages, [&](const auto& item) { return item.conversation == conversation; });
        } else if (what < 94) {
            world.add_deletion(Kind::messages, "", query);
            model.drop(Kind::messages, [&](const auto& item) { return item.query == query; });
        } else if (what < 96) {
            world.add_deletion(Kind::messages, conversation, query);
            model.drop(Kind::messages,
                       [&](const auto& item) { return item.conversation == conversation && item.query == query; });
        } else if (what < 98) {
            world.add_deletion(Kind::events, "", query);
            model.drop(Kind::events, [&](const auto& item) { return item.query == query; });
        } else {
            const auto kind = static_cast<Kind>(1 + pick(3));
            world.add_deletion(kind);
            model.purge(kind);
        }
    }
    std::uint64_t ends(std::optional<seconds> lives) const {
        return lives ? now_ms() + static_cast<std::uint64_t>(lives->count()) * 1000 : 0;
    }

    void compare_pages(Kind kind) {
        Filter filter;
        if (pick(2) == 0) filter.conversation = id("c");
        if (pick(2) == 0) filter.query = id("q");
        if (pick(2) == 0) filter.session = id("s");
        const auto expected = model.find(kind, filter, now_ms());
        const auto after = pick(expected.empty() ? 3 : expected.back() + 2);
        const auto limit = 1 + pick(8);
        const auto page = world.page(kind, filter, after, limit);
        EXPECT_EQ(page.total, expected.size());
        const auto first = std::upper_bound(expected.begin(), expected.end(), after);
        const auto left = static_cast<std::size_t>(expected.end() - first);
        std::vector<std::uint64_t> sequences;
        for (const auto& row : page.rows)
            sequences.push_back(row.sequence);
        const auto last = first + static_cast<std::ptrdiff_t>(std::min<std::size_t>(left, limit));
        EXPECT_EQ(sequences, std::vector<std::uint64_t>(first, last)) << "kind " << static_cast<int>(kind);
        EXPECT_EQ(page.has_more, left > limit);
    }
    void compare_conversations() {
        const auto status = world.store->memory_status("default");
        ASSERT_TRUE(status);
        const auto expected = model.conversations(now_ms());
        ASSERT_EQ(status->conversations.size(), expected.size());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            EXPECT_EQ(status->conversations[i].id, expected[i].id);
            EXPECT_EQ(status->conversations[i].messages, expected[i].messages);
        }
    }

    std::mt19937_64 random_;
};

// Goal: what is folded is what a naive reading of the contract says, whatever comes, and after a restart.
// Method: random operations on both, random looks at both; restarts in between.
TEST(Fold, SaysWhatANaiveModelSays) {
    for (unsigned seed = 1; seed <= 4; ++seed) {
        KeepConfig keep;
        if (seed % 2 == 0) keep.messages_max = keep.events_max = 20;
        Players players(seed, keep);
        for (int i = 0; i < 400; ++i) {
            players.act();
            if (i % 4 == 0) players.compare();
            if (i % 97 == 96) players.world.restart();
            ASSERT_FALSE(::testing::Test::HasFailure()) << "seed " << seed << ", action " << i;
        }
    }
}

// Goal: where drains and restarts fell does not show, and a rebuild says the same.
TEST(Fold, IsTheSameWhenItIsRebuilt) {
    KeepConfig keep;
    keep.messages_max = keep.events_max = 15;
    Players players(7, keep);
    for (int i = 0; i < 300; ++i) {
        players.act();
        if (i % 50 == 49) players.world.restart();
        if (i % 7 == 0) players.world.settle();
    }
    const auto print = players.world.fingerprint();
    players.world.rebuild();
    EXPECT_EQ(players.world.fingerprint(), print);
    players.compare();
}

TEST(Fold, TellsSpansTracesAndSessions) {
    StoreWorld world;
    const auto span = [](std::uint8_t trace, std::uint8_t id, const std::string& session) {
        otlp::Span its;
        its.trace_id.bytes[0] = trace;
        its.span_id.bytes[0] = id;
        its.name = "span " + std::to_string(id);
        its.start = UnixNanos(1'700'000'000'000'000'000);
        its.end = its.start + 5;
        if (!session.empty()) its.attributes.emplace_back("ark.session.id", session);
        return its;
    };
    world.add_spans({span(1, 1, "s1"), span(2, 2, ""), span(1, 3, "s1")});
    world.add_spans({span(1, 4, "s2"), span(3, 5, "s1")});
    world.settle();

    const auto traces = world.store->traces("default", "", std::nullopt, 2);
    ASSERT_TRUE(traces);
    EXPECT_EQ(traces->total, 3u);
    EXPECT_TRUE(traces->has_more);
    ASSERT_EQ(traces->traces.size(), 2u);
    EXPECT_EQ(traces->traces[0].first_sequence, 5u);
    EXPECT_EQ(traces->traces[1].first_sequence, 2u);
    const auto rest = world.store->traces("default", "", 2, 2);
    ASSERT_EQ(rest->traces.size(), 1u);
    EXPECT_EQ(rest->traces[0].spans.size(), 3u);
    EXPECT_EQ(rest->traces[0].spans[0],
              R"({"traceId":"01000000000000000000000000000000","spanId":"0100000000000000","parentSpanId":"",)"
              R"("name":"span 1","kind":"SPAN_KIND_INTERNAL","startTimeUnixNano":"1700000000000000000",)"
              R"("endTimeUnixNano":"1700000000000000005","attributes":[{"key":"ark.session.id","value":)"
              R"({"stringValue":"s1"}}],"status":null,"resource":{"service.name":"svc"}})");

    const auto of_session = world.store->traces("default", "s1", std::nullopt, 10);
    ASSERT_EQ(of_session->traces.size(), 2u);
    EXPECT_EQ(of_session->traces[1].spans.size(), 2u) << "siblings of other sessions are left out";

    world.add_deletion(Kind::spans);
    world.add_spans({span(1, 6, "s1")});
    world.settle();
    const auto anew = world.store->traces("default", "", std::nullopt, 10);
    ASSERT_EQ(anew->traces.size(), 1u);
    EXPECT_EQ(anew->traces[0].first_sequence, 1u) << "a purge starts numbering anew";
    EXPECT_EQ(anew->traces[0].spans.size(), 1u);
    const auto gone = world.store->trace("default", *TraceId::from_hex("02000000000000000000000000000000"));
    ASSERT_TRUE(gone);
    EXPECT_FALSE(gone->has_value());
}

TEST(Fold, KeepsTheNewestSpans) {
    KeepConfig keep;
    keep.spans_max = 5;
    StoreWorld world(keep);
    for (std::uint8_t i = 1; i <= 4; ++i) {
        std::vector<otlp::Span> spans(3);
        for (auto& span : spans) {
            span.trace_id.bytes[0] = i;
            span.span_id.bytes[0] = i;
        }
        world.add_spans(spans);
    }
    world.settle();
    const auto traces = world.store->traces("default", "", std::nullopt, 10);
    ASSERT_TRUE(traces);
    EXPECT_EQ(traces->total, 1u) << "trace 3 lost its first span";
    const auto cut = world.store->trace("default", *TraceId::from_hex("03000000000000000000000000000000"));
    ASSERT_TRUE(*cut);
    EXPECT_EQ((*cut)->spans.size(), 2u);
}

TEST(Fold, TenantsDoNotMeet) {
    StoreWorld world;
    const std::vector<std::string> texts = {"1"};
    world.add(model::BatchKind::messages, items::encode_messages("c", "q", seconds(0), texts), 1, "a");
    world.add(model::BatchKind::messages, items::encode_messages("c", "q", seconds(0), texts), 1, "ab");
    world.settle();
    EXPECT_EQ(world.store->page("a", Kind::messages, {}, 0, 10)->rows.at(0).sequence, 1u);
    EXPECT_EQ(world.store->page("ab", Kind::messages, {}, 0, 10)->rows.at(0).sequence, 1u);
    EXPECT_EQ(world.store->page("b", Kind::messages, {}, 0, 10)->total, 0u);
}

}  // namespace
}  // namespace ark::reference
