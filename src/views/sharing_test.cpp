#include "views/fold.hpp"
#include "views/testing/folding.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

/// Traces that more than one query shares.
namespace ark::views {
namespace {

using model::Kind;
using testing::count;
using testing::Folding;
using testing::Make;
using testing::test_name;

// An outer query calls a model, then an agent elsewhere that answers it as a query of its own: of the called one only
// the topmost span says whose it is, as an engine behind another's face does.
Make outer() {
    return Make::span(1, 1, 0, 10, 60)
        .kind(Kind::query)
        .query("outer", "ask")
        .session("s1")
        .input("What?")
        .output("42");
}
Make outer_agent() {
    return Make::span(1, 2, 1, 11, 59).kind(Kind::agent).agent("planner").tokens(100, 10);
}
Make outer_call() {
    return Make::span(1, 3, 2, 12, 14).kind(Kind::llm).model("gpt").tokens(100, 10);
}
Make face() {
    return Make::span(1, 4, 2, 15, 50).named("A2A call").kind(Kind::tool).tool("delegate");
}
Make inner() {
    return Make::span(1, 5, 4, 16, 49).kind(Kind::query).query("inner", "delegated").input("Which?").output("That.");
}
Make inner_agent() {
    return Make::span(1, 6, 5, 17, 48).kind(Kind::agent).agent("expert").tokens(7, 3);
}
Make inner_call() {
    return Make::span(1, 7, 6, 18, 20).kind(Kind::llm).model("claude").tokens(7, 3).failed();
}

std::vector<Make> nested() {
    return {outer(), outer_agent(), outer_call(), face(), inner(), inner_agent(), inner_call()};
}

void expect_nested(const Folding& f) {
    const auto trace = f.trace(1);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->spans, 7u);
    EXPECT_EQ(trace->query_id, "outer");
    EXPECT_EQ(trace->usage.total().input_tokens, 107);

    const auto outer = f.query("outer");
    ASSERT_TRUE(outer);
    EXPECT_EQ(outer->name, "ask");
    EXPECT_EQ(outer->spans, 4u);
    EXPECT_EQ(outer->errors, 0u);
    EXPECT_EQ(outer->state, State::done);
    EXPECT_EQ(outer->start, Make::seconds(10));
    EXPECT_EQ(outer->end, Make::seconds(60));
    EXPECT_EQ(outer->input, "What?");
    EXPECT_EQ(outer->output, "42");
    EXPECT_EQ(outer->usage.own.input_tokens, 100);
    EXPECT_FALSE(outer->usage.rolled_up.any());
    EXPECT_EQ(outer->agents.size(), 1u);
    EXPECT_EQ(count(outer->agents, "planner"), 1u);
    EXPECT_EQ(count(outer->models, "gpt"), 1u);
    EXPECT_EQ(outer->models.size(), 1u);
    EXPECT_EQ(outer->traces.size(), 1u);
    EXPECT_EQ(outer->session_id, "s1");

    const auto inner = f.query("inner");
    ASSERT_TRUE(inner);
    EXPECT_EQ(inner->name, "delegated");
    EXPECT_EQ(inner->spans, 3u);
    EXPECT_EQ(inner->errors, 1u);
    EXPECT_EQ(inner->state, State::done);
    EXPECT_EQ(inner->start, Make::seconds(16));
    EXPECT_EQ(inner->end, Make::seconds(49));
    EXPECT_EQ(inner->input, "Which?");
    EXPECT_EQ(inner->output, "That.");
    EXPECT_EQ(inner->usage.own.input_tokens, 7);
    EXPECT_FALSE(inner->usage.rolled_up.any());
    EXPECT_EQ(inner->agents.size(), 1u);
    EXPECT_EQ(count(inner->agents, "expert"), 1u);
    EXPECT_EQ(count(inner->models, "claude"), 1u);
    EXPECT_EQ(inner->traces.size(), 1u);
    EXPECT_EQ(inner->session_id, "s1");

    const auto session = f.session("s1");
    ASSERT_TRUE(session);
    EXPECT_EQ(session->queries, 2u);
    EXPECT_EQ(session->traces, 1u);
    EXPECT_EQ(session->spans, 7u);
    EXPECT_EQ(session->usage.total().input_tokens, 107);
}

class NestedInAnyOrder : public ::testing::TestWithParam<int> {};

// Goal: both queries have their own rows, whatever the order of arrival, and restarts change nothing.
// Method: random orders of seven spans, each in a drain of its own, with a restart somewhere; then all in one drain.
TEST_P(NestedInAnyOrder, EachQueryHasARowOfItsOwn) {
    std::mt19937 random(static_cast<unsigned>(GetParam()));
    for (int round = 0; round < 4; ++round) {
        auto spans = nested();
        std::shuffle(spans.begin(), spans.end(), random);
        const auto restart = random() % spans.size();
        Folding f(test_name());
        for (std::size_t i = 0; i < spans.size(); ++i) {
            f.add(spans[i]);
            f.commit();
            if (i == restart) f.reopen();
        }
        expect_nested(f);
        Folding whole(test_name() + "whole");
        for (const auto& span : spans)
            whole.add(span);
        whole.commit();
        expect_nested(whole);
        EXPECT_EQ(f.fingerprint(), whole.fingerprint());
        if (HasFailure()) return;
    }
}
INSTANTIATE_TEST_SUITE_P(Sharing, NestedInAnyOrder, ::testing::Range(0, 6));

class RandomTraces : public ::testing::TestWithParam<int> {};

// Goal: what is stored does not depend on where drains end, on restarts or on what was let go of in between.
// Method: random forests of spans of five queries in three traces, sent in random order with snapshots, events, changed
// parents, duplicates and questions; folded item by item with restarts and no hot state, in random drains, and at once.
// The sums of all queries are those of all traces.
TEST_P(RandomTraces, AreFoldedAlikeHoweverDrained) {
    std::mt19937 random(static_cast<unsigned>(GetParam()) + 1000);
    const auto pick = [&](unsigned n) { return static_cast<std::uint8_t>(random() % n); };
    static const char* const ids[] = {"q1", "q2", "q3", "q4", "q5"};
    static const char* const words[] = {"a", "b", "c"};
    std::vector<Make> items;
    for (int i = 0; i < 60; ++i) {
        const auto trace = static_cast<std::uint8_t>(1 + pick(3));
        const auto id = static_cast<std::uint8_t>(1 + pick(20));
        const auto parent = static_cast<std::uint8_t>(pick(4) == 0 ? pick(21) : id / 2);
        const auto start = 100 + pick(50);
        static constexpr Kind kinds[] = {Kind::query, Kind::agent, Kind::llm, Kind::tool, Kind::other};
        const auto kind = kinds[pick(5)];
        auto item = pick(4) == 0 ? Make::event(pick(2) == 0 ? "AgentExecutionStart" : "AgentExecutionComplete", start)
                                       .of(trace, id, parent)
                                       .agent(words[pick(3)])
                                 : Make::span(trace, id, parent, start, pick(5) == 0 ? 0 : start + pick(40)).kind(kind);
        if (kind == Kind::agent) item.agent(words[pick(3)]);
        if (kind == Kind::tool) item.tool(words[pick(3)]);
        if (kind == Kind::llm) item.model(words[pick(3)]);
        if (pick(2) == 0) item.tokens(1 + pick(9), pick(9));
        if (pick(3) == 0) item.query(ids[pick(5)], pick(2) == 0 ? "named" : "");
        if (pick(6) == 0) item.session(words[pick(3)]);
        if (pick(6) == 0) item.input(words[pick(3)]).output(words[pick(3)]);
        if (pick(6) == 0) item.conversation(words[pick(3)]);
        if (pick(8) == 0) item.failed();
        items.push_back(item);
        if (pick(10) == 0) {
            auto question = Make::event(pick(2) == 0 ? "QuestionAsked" : "QuestionAnswered", start).of(trace, id);
            items.push_back(question.question(words[pick(3)]));
        }
    }
    Folding whole(test_name() + "whole"), single(test_name() + "single", 0), some(test_name() + "some");
    for (const auto& item : items) {
        whole.add(item);
        single.add(item);
        single.commit();
        if (random() % 10 == 0) single.reopen();
        some.add(item);
        if (random() % 5 == 0) some.commit();
    }
    whole.commit();
    single.commit();
    some.commit();
    EXPECT_EQ(whole.fingerprint(), single.fingerprint());
    EXPECT_EQ(whole.fingerprint(), some.fingerprint());

    std::uint64_t spans = 0, own = 0, by_query = 0, own_by_query = 0;
    std::vector<std::string> queries(ids, ids + 5);
    for (std::uint8_t n = 1; n <= 3; ++n) {
        const auto trace = whole.trace(n);
        if (!trace || trace->query_id.empty()) continue;
        spans += trace->spans;
        own += static_cast<std::uint64_t>(trace->usage.own.input_tokens);
        queries.push_back(testing::trace_id(n).hex());
    }
    for (const auto& id : queries) {
        const auto query = whole.query(id);
        if (!query || query->id != id) continue;
        by_query += query->spans;
        own_by_query += static_cast<std::uint64_t>(query->usage.own.input_tokens);
        for (const auto* names : {&query->agents, &query->tools, &query->models})
            for (const auto& name : *names)
                EXPECT_LT(name.count, 1000u);
    }
    EXPECT_EQ(spans, by_query);
    EXPECT_EQ(own, own_by_query);
}
INSTANTIATE_TEST_SUITE_P(Sharing, RandomTraces, ::testing::Range(0, 30));

TEST(Sharing, ARunningInnerQueryHasAStateOfItsOwn) {
    Folding f(test_name());
    f.add_all({Make::event("QueryExecutionStart", 10).of(1, 1).query("outer").session("s1"),
               Make::event("QueryExecutionStart", 16).of(1, 5, 4).query("inner"),
               Make::event("ToolCallStart", 17).of(1, 6, 5).tool("search"),
               Make::event("QuestionAsked", 18).of(1, 6).query("inner").question("n")});
    EXPECT_EQ(f.query("outer")->state, State::running);
    EXPECT_EQ(f.query("inner")->state, State::waiting);
    EXPECT_EQ(f.query("inner")->events, 3u);
    EXPECT_EQ(f.query("inner")->open_spans, 2u);
    EXPECT_EQ(f.query("outer")->open_spans, 1u);
    f.reopen();
    f.add_all({Make::event("QuestionAnswered", 19).of(1, 6).query("inner").question("n"),
               Make::event("ToolCallComplete", 20).of(1, 6).tool("search"),
               Make::event("QueryExecutionError", 21).of(1, 5).query("inner")});
    EXPECT_EQ(f.query("inner")->state, State::error);
    EXPECT_EQ(f.query("outer")->state, State::running);
    f.add_all({Make::event("QueryExecutionComplete", 30).of(1, 1).query("outer")});
    EXPECT_EQ(f.query("outer")->state, State::done);
    EXPECT_EQ(f.query("inner")->state, State::error);
    EXPECT_EQ(f.query("inner")->end, Make::seconds(21));
    EXPECT_EQ(f.session("s1")->queries, 2u);
}

TEST(Sharing, UsageThatAnOuterSpanReportsOfInnerModelCallsCountsOnce) {
    Folding f(test_name());
    f.add_all({outer().tokens(7, 3), Make::span(1, 2, 1, 11, 59), face(), inner(), inner_agent(), inner_call()});
    EXPECT_FALSE(f.query("outer")->usage.total().any());
    EXPECT_EQ(f.query("inner")->usage.own.input_tokens, 7);
    EXPECT_EQ(f.session("s1")->usage.total().input_tokens, 7);
}

TEST(Sharing, NoMoreQueriesThanSoMany) {
    Folding f(test_name());
    std::vector<std::string> ids;
    for (int i = 0; i < 300; ++i)
        ids.push_back("q" + std::to_string(i));
    for (int i = 0; i < 300; ++i)
        f.add(Make::span(1, static_cast<std::uint8_t>(i % 250 + 1), 0, 10, 20)
                  .kind(Kind::agent)
                  .query(ids[static_cast<std::size_t>(i)]));
    f.commit();
    EXPECT_TRUE(f.query("q254"));
    EXPECT_FALSE(f.query("q255"));
    EXPECT_EQ(f.trace(1)->spans, 250u);
}

}  // namespace
}  // namespace ark::views
