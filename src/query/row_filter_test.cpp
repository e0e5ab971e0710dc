#include "query/row_filter.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ark::query {
namespace {

constexpr std::uint64_t one_second = 1'000'000'000;

views::TraceRow trace_row() {
    views::TraceRow row;
    row.id = *TraceId::from_hex("0123456789abcdef0123456789abcdef");
    row.name = "invoke planner";
    row.service = "shop";
    row.start = UnixNanos{100 * one_second};
    row.end = UnixNanos{102 * one_second + one_second / 2};
    row.spans = 7;
    row.open_spans = 1;
    row.events = 3;
    row.errors = 2;
    row.state = views::State::error;
    row.session_id = "s-1";
    row.query_id = "q-1";
    row.query_name = "tides";
    row.by_kind[static_cast<std::size_t>(model::Kind::tool)] = 4;
    row.agents = {{"planner", 1}, {"researcher", 2}};
    row.tools = {{"search", 4}};
    row.usage.own.input_tokens = 100;
    row.usage.rolled_up.output_tokens = 20;
    row.usage.own.cost_usd = 0.25;
    return row;
}

views::QueryRow query_row() {
    views::QueryRow row;
    row.id = "q-1";
    row.name = "tides";
    row.session_id = "s-1";
    row.state = views::State::running;
    row.start = UnixNanos{100 * one_second};
    row.last_activity = UnixNanos{130 * one_second};
    row.input = "When is high water?";
    row.output = "At noon.";
    row.error = "timeout";
    row.traces.resize(3);
    row.models = {{"gpt-x-mini", 2}};
    return row;
}

views::SessionRow session_row() {
    views::SessionRow row;
    row.id = "s-1";
    row.name = "When is high water?";
    row.state = views::State::running;
    row.start = UnixNanos{100 * one_second};
    row.last_activity = UnixNanos{160 * one_second};
    row.owner = "user-7";
    row.queries = 2;
    row.traces = 5;
    row.pending_questions = 1;
    row.teams = {{"crew", 1}};
    return row;
}

template <class Row>
bool holds(std::string_view text, const Row& row) {
    const auto filter = RowFilter::compile(text);
    EXPECT_TRUE(filter) << text << ": " << filter.error().detail;
    return filter && (*filter).matches(row);
}

TEST(RowFilter, SeesEveryColumnOfATrace) {
    for (const std::string_view text : {
             "id == '0123456789abcdef0123456789abcdef' && name == 'invoke planner'",
             "status == 'error' && failed && errors == 2",
             "session == 's-1' && query == 'q-1' && queryName == 'tides' && service == 'shop'",
             "start == timestamp('1970-01-01T00:01:40Z') && lastActivity == timestamp('1970-01-01T00:01:42.5Z')",
             "durationMs == 2500.0 && lastActivity - start == duration('2.5s')",
             "spans == 7 && openSpans == 1 && events == 3 && traces == 1",
             "'researcher' in agents && agents.size() == 2 && tools == ['search']",
             "components.tool == 4 && components['llm'] == 0",
             "tokens.input == 100 && tokens.output == 20 && tokens.total == 120 && costUsd == 0.25",
             // What a trace has not.
             "owner == '' && input == '' && output == '' && error == '' && queries == 0 && pendingQuestions == 0",
             "teams == [] && models == []",
         })
        EXPECT_TRUE(holds(text, trace_row())) << text;
}

TEST(RowFilter, SeesEveryColumnOfAQuery) {
    for (const std::string_view text : {
             "id == 'q-1' && query == id && name == 'tides' && queryName == name && session == 's-1'",
             "status == 'running' && !failed && traces == 3",
             "input.contains('high water') && output == 'At noon.' && error == 'timeout'",
             "lastActivity - start == duration('30s')",
             "durationMs == 0.0",  // it has not ended
             "models == ['gpt-x-mini'] && service == '' && owner == ''",
         })
        EXPECT_TRUE(holds(text, query_row())) << text;
}

TEST(RowFilter, SeesEveryColumnOfASession) {
    for (const std::string_view text : {
             "id == 's-1' && session == id && name.startsWith('When')",
             "status == 'active'",  // the word that sessions have for running
             "owner == 'user-7' && queries == 2 && traces == 5 && pendingQuestions == 1",
             "durationMs == 60000.0 && 'crew' in teams",
             "query == '' && queryName == '' && input == ''",
         })
        EXPECT_TRUE(holds(text, session_row())) << text;
}

TEST(RowFilter, WhatIsFalseOrAnErrorDoesNotMatch) {
    EXPECT_FALSE(holds("spans > 7", trace_row()));
    EXPECT_FALSE(holds("components['nothing'] == 0", trace_row()));
    EXPECT_FALSE(holds("agents[9] == 'planner'", trace_row()));
    EXPECT_FALSE(holds("1 / queries == 1", trace_row()));
    EXPECT_TRUE(holds("1 / queries == 1 || spans == 7", trace_row()));  // an error that does not decide
}

TEST(RowFilter, SaysWhatIsWrongWithTheText) {
    for (const std::string_view text : {"", "spans >", "spans", "reason == 'x'", "spans + 'many' == 1"}) {
        const auto filter = RowFilter::compile(text);
        ASSERT_FALSE(filter) << text;
        EXPECT_EQ(filter.error().kind, ProblemKind::invalid_expression) << text;
    }
}

using Rows = RowFilter::Rows;

views::ListRequest narrowed(std::string_view text, Rows rows = Rows::traces, views::ListRequest request = {}) {
    const auto filter = RowFilter::compile(text);
    EXPECT_TRUE(filter) << text;
    if (filter) (*filter).narrow(request, rows);
    return request;
}

TEST(RowFilter, NarrowsToWhatTheViewsFindThemselves) {
    const auto found = [](std::string_view text) { return narrowed(text).session + "," + narrowed(text).query; };
    EXPECT_EQ(found("session == 's' && query == 'q' && spans > 1"), "s,q");
    EXPECT_EQ(found("'s' == session"), "s,");
    EXPECT_EQ(found("session == 's' || query == 'q'"), ",");  // either may be false
    EXPECT_EQ(found("session != 's' && query.startsWith('q')"), ",");
    EXPECT_EQ(found("session in ['s', 't']"), ",");
    EXPECT_EQ(found("name == 's'"), ",");
    views::ListRequest given;
    given.session = "given";  // the plain parameter stands; the expression is asked too
    EXPECT_EQ(narrowed("session == 's'", Rows::traces, given).session, "given");
}

TEST(RowFilter, NarrowsToWhatHeadsTell) {
    const auto all =
        narrowed("status == 'error' && failed && 'a' in agents && 't' in tools && 'm' in models && 'c' in teams");
    EXPECT_EQ(all.state, views::State::error);
    EXPECT_EQ(all.failed, true);
    EXPECT_EQ(all.agent + all.tool + all.model + all.team, "atmc");
    EXPECT_EQ(narrowed("!failed").failed, false);
    EXPECT_EQ(narrowed("status == 'active'").state, views::State::running);
    EXPECT_EQ(narrowed("status == 'odd'").state, std::nullopt);
    EXPECT_EQ(narrowed("!('a' in agents) || 'b' in agents").agent, "");
    EXPECT_EQ(narrowed("id == 'x'", Rows::sessions).session, "x");
    EXPECT_EQ(narrowed("id == 'x'", Rows::queries).query, "x");
    EXPECT_EQ(narrowed("id == 'x'").trace, std::nullopt);
    EXPECT_TRUE(narrowed("id == '0123456789abcdef0123456789abcdef'").trace);
    const auto times = narrowed(
        "lastActivity >= timestamp('1970-01-01T00:01:40Z') && start < timestamp('1970-01-01T00:03:20Z') && start > "
        "timestamp(5)");
    EXPECT_EQ(times.from, UnixNanos{100 * one_second});
    EXPECT_EQ(times.until, UnixNanos{200 * one_second + 1});
}

TEST(RowFilter, IsAbsentWithoutTheParameter) {
    constexpr std::string_view known[] = {"filter", "limit"};
    const auto filter_of = [&](std::string_view query) { return row_filter(*Params::read(query, known)); };
    const auto none = filter_of("limit=1");
    ASSERT_TRUE(none);
    EXPECT_FALSE(*none);
    const auto some = filter_of("filter=spans%20%3D%3D%207");
    ASSERT_TRUE(some && *some);
    EXPECT_TRUE((*some)->matches(trace_row()));
    EXPECT_FALSE(filter_of("filter=spns%20%3D%3D%207"));
}

}  // namespace
}  // namespace ark::query
