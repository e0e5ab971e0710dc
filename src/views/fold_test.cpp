#include "views/fold.hpp"

#include "views/testing/folding.hpp"

#include <gtest/gtest.h>

namespace ark::views {
namespace {

using model::Kind;
using model::SessionSource;
using testing::count;
using testing::Folding;
using testing::Make;
using testing::test_name;

Make root(std::uint8_t trace = 1) {
    return Make::span(trace, 1, 0, 10, 60)
        .named("answer")
        .kind(Kind::query)
        .input("What is it?")
        .output("42")
        .tokens(100, 10);
}
Make agent(std::uint8_t trace = 1) {
    return Make::span(trace, 2, 1, 11, 50).named("invoke_agent").kind(Kind::agent).agent("planner").tokens(100, 10);
}
Make call(std::uint8_t trace = 1) {
    return Make::span(trace, 3, 2, 12, 20).named("chat").kind(Kind::llm).model("gpt").tokens(100, 10).session("s1");
}
Make tool(std::uint8_t trace = 1) {
    return Make::span(trace, 4, 2, 21, 22).named("execute_tool").kind(Kind::tool).tool("search").failed();
}

void expect_whole(const Folding& f) {
    const auto trace = f.trace(1);
    ASSERT_TRUE(trace);
    EXPECT_EQ(trace->name, "answer");
    EXPECT_EQ(trace->spans, 4u);
    EXPECT_EQ(trace->open_spans, 0u);
    EXPECT_EQ(trace->errors, 1u);
    EXPECT_EQ(trace->state, State::done);
    EXPECT_EQ(trace->start, Make::seconds(10));
    EXPECT_EQ(trace->end, Make::seconds(60));
    EXPECT_EQ(trace->session_id, "s1");
    EXPECT_EQ(trace->query_id, trace->id.hex());
    EXPECT_EQ(trace->query_name, "answer");
    EXPECT_EQ(count(trace->agents, "planner"), 1u);
    EXPECT_EQ(count(trace->tools, "search"), 1u);
    EXPECT_EQ(count(trace->models, "gpt"), 1u);
    EXPECT_EQ(trace->usage.own.input_tokens, 100);
    EXPECT_FALSE(trace->usage.rolled_up.any());

    const auto session = f.session("s1");
    ASSERT_TRUE(session);
    EXPECT_EQ(session->name, "What is it?");
    EXPECT_EQ(session->state, State::idle);
    EXPECT_EQ(session->queries, 1u);
    EXPECT_EQ(session->traces, 1u);
    EXPECT_EQ(session->spans, 4u);
    EXPECT_EQ(session->usage.total().input_tokens, 100);
    EXPECT_EQ(count(session->tools, "search"), 1u);

    const auto query = f.query(trace->query_id);
    ASSERT_TRUE(query);
    EXPECT_EQ(query->input, "What is it?");
    EXPECT_EQ(query->output, "42");
    EXPECT_EQ(query->state, State::done);
    EXPECT_EQ(query->session_id, "s1");
    ASSERT_EQ(query->traces.size(), 1u);
    EXPECT_EQ(query->spans, 4u);
}

class AnyOrder : public ::testing::TestWithParam<int> {};

// Goal: the rows of a trace do not depend on the order in which its spans arrive, nor on restarts in between.
// Method: all 24 orders of four spans, each span in a drain of its own, a restart after the second.
TEST_P(AnyOrder, OfSpansGivesTheSameRows) {
    std::vector<Make> spans{root(), agent(), call(), tool()};
    std::vector<std::size_t> order{0, 1, 2, 3};
    for (int i = 0; i < GetParam(); ++i)
        std::next_permutation(order.begin(), order.end());
    Folding f(test_name());
    for (std::size_t i = 0; i < order.size(); ++i) {
        f.add(spans[order[i]]);
        f.commit();
        if (i == 1) f.reopen();
    }
    expect_whole(f);
}

INSTANTIATE_TEST_SUITE_P(Fold, AnyOrder, ::testing::Range(0, 24));

TEST(Fold, CountsASpanSentTwiceOnceAndKeepsTheLaterOne) {
    Folding f(test_name());
    f.add_all({root(), agent(), call(), tool()});
    f.reopen();
    f.add_all({tool(), call().tokens(300, 30), root()});
    const auto trace = f.trace(1);
    EXPECT_EQ(trace->spans, 4u);
    EXPECT_EQ(trace->errors, 1u);
    EXPECT_EQ(count(trace->tools, "search"), 1u);
    EXPECT_EQ(trace->usage.own.input_tokens, 300);
    EXPECT_EQ(f.session("s1")->usage.own.input_tokens, 300);
    EXPECT_EQ(f.session("s1")->spans, 4u);
}

TEST(Fold, MovesATraceToTheSessionOfAStrongerSource) {
    Folding f(test_name());
    f.add_all({Make::span(1, 3, 1, 12, 20)
                   .kind(Kind::llm)
                   .session("weak", SessionSource::conversation)
                   .conversation("weak")});
    EXPECT_EQ(f.session("weak")->traces, 1u);
    f.reopen();
    f.add_all({Make::span(1, 4, 1, 12, 20).kind(Kind::llm).session("strong", SessionSource::ark),
               Make::span(1, 5, 1, 12, 20).kind(Kind::llm).session("other", SessionSource::session)});
    EXPECT_EQ(f.session("weak")->traces, 0u);
    EXPECT_EQ(f.session("weak")->spans, 0u);
    EXPECT_EQ(f.session("weak")->queries, 0u);
    EXPECT_TRUE(f.session("weak")->conversations.empty());
    EXPECT_EQ(f.session("other")->traces, 0u);
    const auto strong = f.session("strong");
    EXPECT_EQ(strong->traces, 1u);
    EXPECT_EQ(strong->spans, 3u);
    EXPECT_EQ(strong->queries, 1u);
    ASSERT_EQ(strong->conversations.size(), 1u);
    EXPECT_EQ(f.trace(1)->session_id, "strong");
}

TEST(Fold, OfEqualSourcesTheEarlierSessionStays) {
    Folding f(test_name());
    f.add_all({Make::span(1, 3, 1, 12, 20).session("first"), Make::span(1, 4, 1, 1, 2).session("second")});
    EXPECT_EQ(f.trace(1)->session_id, "first");
}

TEST(Fold, JoinsTracesAndEventsByQueryId) {
    Folding f(test_name());
    f.add_all({Make::event("QueryExecutionStart", 1).query("q-1", "ask").session("s1"),
               Make::span(1, 1, 0, 2, 5).kind(Kind::agent).agent("a").query("q-1"),
               Make::span(2, 1, 0, 6, 7).kind(Kind::agent).agent("b").query("q-1")});
    const auto running = f.query("q-1");
    ASSERT_TRUE(running);
    EXPECT_EQ(running->name, "ask");
    EXPECT_EQ(running->traces.size(), 2u);
    EXPECT_EQ(running->spans, 2u);
    EXPECT_EQ(running->events, 1u);
    EXPECT_EQ(running->session_id, "s1");
    // Traces without a session of their own follow their query.
    EXPECT_EQ(f.trace(1)->session_id, "s1");
    EXPECT_EQ(f.session("s1")->traces, 2u);
    EXPECT_EQ(f.session("s1")->queries, 1u);
    EXPECT_EQ(f.query("ask")->id, "q-1");
}

TEST(Fold, TracesFollowTheirQueryIntoASessionThatIsLearntLater) {
    Folding f(test_name());
    f.add_all({Make::span(1, 1, 0, 2, 5).kind(Kind::agent).agent("a").query("q-1")});
    f.reopen();
    f.add_all({Make::event("QueryExecutionComplete", 6).query("q-1").session("s1")});
    EXPECT_EQ(f.trace(1)->session_id, "s1");
    EXPECT_EQ(f.session("s1")->traces, 1u);
    EXPECT_EQ(f.session("s1")->spans, 1u);
}

TEST(Fold, KnowsAQueryByNameUntilItsIdIsSaid) {
    Folding f(test_name());
    f.add_all({Make::event("QueryExecutionStart", 1).query("", "ask").session("s1")});
    EXPECT_EQ(f.query("ask")->id, "ask");
    f.reopen();
    f.add_all({Make::span(1, 1, 0, 2, 5).kind(Kind::agent).query("q-1", "ask").session("s1")});
    EXPECT_EQ(f.query("ask")->id, "q-1");
    EXPECT_EQ(f.query("q-1")->traces.size(), 1u);
    EXPECT_EQ(f.session("s1")->queries, 1u);
}

TEST(Fold, AnImplicitQueryGivesWayToANamedOne) {
    Folding f(test_name());
    f.add_all({Make::span(1, 2, 1, 2, 5).kind(Kind::llm).session("s1")});
    const auto implicit = testing::trace_id(1).hex();
    ASSERT_TRUE(f.query(implicit));
    f.add_all({Make::span(1, 1, 0, 1, 6).kind(Kind::query).query("q-1", "ask")});
    EXPECT_FALSE(f.query(implicit));
    EXPECT_EQ(f.query("q-1")->spans, 2u);
    EXPECT_EQ(f.query("q-1")->session_id, "s1");
    EXPECT_EQ(f.session("s1")->queries, 1u);
    EXPECT_EQ(f.fold->progress().queries, 1u);
}

TEST(Fold, ShowsASpanFromItsStartEventUntilItArrives) {
    Folding f(test_name());
    f.add_all({Make::event("ToolCallStart", 5).of(1, 4, 2).tool("search").session("s1")});
    auto trace = f.trace(1);
    EXPECT_EQ(trace->spans, 1u);
    EXPECT_EQ(trace->open_spans, 1u);
    EXPECT_EQ(trace->state, State::running);
    EXPECT_EQ(f.session("s1")->state, State::running);
    f.reopen();
    f.add_all({Make::span(1, 4, 2, 5, 9).kind(Kind::tool).tool("search")});
    trace = f.trace(1);
    EXPECT_EQ(trace->spans, 1u);
    EXPECT_EQ(trace->open_spans, 0u);
    EXPECT_EQ(trace->events, 1u);
    EXPECT_EQ(count(trace->tools, "search"), 1u);
    EXPECT_TRUE(f.stories->find(StoryKey::of_trace(1, testing::trace_id(1)))->evented(testing::span_id(4)));
}

TEST(Fold, ClosesASpanThatNeverComesByItsEndEventInEitherOrder) {
    for (const bool end_first : {false, true}) {
        Folding f(test_name());
        const auto start = Make::event("ToolCallStart", 5).of(1, 4).tool("search");
        const auto end = Make::event("ToolCallError", 9).of(1, 4).tool("search");
        f.add_all({end_first ? end : start, end_first ? start : end});
        const auto trace = f.trace(1);
        EXPECT_EQ(trace->open_spans, 0u);
        EXPECT_EQ(trace->spans, 1u);
        EXPECT_EQ(trace->errors, 1u);
        EXPECT_EQ(trace->state, State::error);
        const auto key = StoryKey::of_trace(1, testing::trace_id(1));
        const auto* span = f.stories->find(key)->spans().find(testing::span_id(4));
        EXPECT_EQ(span->start, Make::seconds(5).value());
        EXPECT_EQ(span->end, Make::seconds(9).value());
    }
}

TEST(Fold, APendingSnapshotIsOpenAndALateOneChangesNothing) {
    Folding f(test_name());
    f.add_all({Make::span(1, 1, 0, 5, 0)});
    EXPECT_EQ(f.trace(1)->open_spans, 1u);
    f.add_all({Make::span(1, 1, 0, 5, 9), Make::span(1, 1, 0, 5, 0)});
    EXPECT_EQ(f.trace(1)->open_spans, 0u);
    EXPECT_EQ(f.trace(1)->spans, 1u);
}

TEST(Fold, CallsAnOpenSpanInterruptedWhenItsProducerIsSilent) {
    Folding f(test_name());
    f.add_all({Make::event("AgentExecutionStart", 5).of(1, 4).agent("a").session("s1")});
    EXPECT_EQ(f.trace(1, 304)->state, State::running);
    EXPECT_EQ(f.trace(1, 306)->state, State::interrupted);
    EXPECT_EQ(f.session("s1", 306)->state, State::interrupted);
    f.add_all({Make::span(1, 9, 4, 100, 200)});
    EXPECT_EQ(f.trace(1, 306)->state, State::running);
}

TEST(Fold, WaitsWhileAQuestionIsPending) {
    Folding f(test_name());
    f.add_all({Make::event("QueryExecutionStart", 1).query("q-1").session("s1"),
               Make::event("QuestionAsked", 2).query("q-1").question("n-1")});
    EXPECT_EQ(f.query("q-1")->state, State::waiting);
    EXPECT_EQ(f.session("s1")->state, State::waiting);
    EXPECT_EQ(f.session("s1")->pending_questions, 1u);
    f.reopen();
    f.add_all({Make::event("QuestionAnswered", 3).query("q-1").question("n-1")});
    EXPECT_EQ(f.session("s1")->pending_questions, 0u);
    EXPECT_EQ(f.query("q-1")->state, State::running);
    f.add_all({Make::event("QueryExecutionComplete", 4).query("q-1")});
    EXPECT_EQ(f.query("q-1")->state, State::done);
    EXPECT_EQ(f.session("s1")->state, State::idle);
}

TEST(Fold, AnAnswerBeforeItsQuestionLeavesNothingPending) {
    Folding f(test_name());
    f.add_all({Make::event("QuestionAnswered", 3).session("s1").question("n-1"),
               Make::event("QuestionAsked", 2).session("s1").question("n-1")});
    EXPECT_EQ(f.session("s1")->pending_questions, 0u);
}

TEST(Fold, TellsAQueryFromEventsAloneAndFromSpansOnceThereAre) {
    Folding f(test_name());
    f.add_all({Make::event("QueryExecutionStart", 1).query("q-1", "ask").session("s1"),
               Make::event("ToolCallStart", 2).query("q-1", "ask").tool("search"),
               Make::event("ToolCallComplete", 3).query("q-1", "ask").tool("search"),
               Make::event("TeamExecutionComplete", 4).query("q-1", "ask").tokens(50, 5),
               Make::event("QueryExecutionComplete", 5).query("q-1", "ask")});
    auto query = f.query("q-1");
    EXPECT_EQ(query->state, State::done);
    EXPECT_EQ(query->events, 5u);
    EXPECT_EQ(query->spans, 0u);
    EXPECT_EQ(count(query->tools, "search"), 1u);
    EXPECT_EQ(query->usage.rolled_up.input_tokens, 50);
    f.reopen();
    f.add_all({Make::span(1, 1, 0, 2, 3).kind(Kind::tool).tool("search").query("q-1"),
               Make::span(1, 2, 1, 2, 3).kind(Kind::llm).model("m").tokens(50, 5)});
    query = f.query("q-1");
    EXPECT_EQ(count(query->tools, "search"), 1u);
    EXPECT_EQ(query->usage.total().input_tokens, 50);
    EXPECT_EQ(query->events, 5u);
}

TEST(Fold, CountsUsageOfEnclosingSpansOnlyWhereNoModelCallIsBelow) {
    Folding f(test_name());
    f.add_all({Make::span(1, 9, 2, 3, 4).kind(Kind::llm).tokens(10, 1),    // below agent 2
               Make::span(1, 5, 3, 3, 4).kind(Kind::agent).tokens(7, 0),   // below agent 3, which says 20 in all
               Make::span(1, 3, 1, 2, 5).kind(Kind::agent).tokens(20, 2),  // no model call visible below
               Make::span(1, 2, 1, 2, 5).kind(Kind::agent).tokens(10, 1),
               Make::span(1, 1, 0, 1, 6).kind(Kind::query).tokens(30, 3)});
    const auto trace = f.trace(1);
    EXPECT_EQ(trace->usage.own.input_tokens, 10);
    EXPECT_EQ(trace->usage.rolled_up.input_tokens, 20);
    EXPECT_EQ(trace->usage.total().output_tokens, 3);
}

TEST(Fold, KeepsTenantsApart) {
    Folding f(test_name());
    f.add(root().session("s1"), "default");
    f.add(root().session("s1"), "other");
    f.commit();
    EXPECT_EQ(f.trace(1)->spans, 1u);
    EXPECT_EQ(f.session("s1")->traces, 1u);
    EXPECT_EQ(f.fold->progress().traces, 2u);
    EXPECT_EQ(f.fold->progress().sessions, 2u);
}

TEST(Fold, IgnoresCyclesOfParents) {
    Folding f(test_name());
    f.add_all({Make::span(1, 1, 2, 1, 2).kind(Kind::agent).tokens(5, 5),
               Make::span(1, 2, 1, 1, 2).kind(Kind::agent).tokens(5, 5),
               Make::span(1, 3, 3, 1, 2).kind(Kind::llm).tokens(1, 1)});
    EXPECT_EQ(f.trace(1)->spans, 3u);
}

}  // namespace
}  // namespace ark::views
