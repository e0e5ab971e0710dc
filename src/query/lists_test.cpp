#include "query/reads.hpp"
#include "query/testing/asking.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

namespace ark::query {
namespace {

using testing::Asking;

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t epoch_nanos = 1'700'000'000 * second;

// A tool call by the GenAI conventions: two derived events.
otlp::Span tool_span(std::uint64_t number, const std::string& tool) {
    otlp::Span span;
    span.trace_id = testing::trace_id(1);
    span.span_id = testing::span_id(number);
    span.name = "execute_tool " + tool;
    span.start = UnixNanos{epoch_nanos + number * second};
    span.end = span.start + second / 2;
    span.attributes = {{"gen_ai.operation.name", "execute_tool"}, {"gen_ai.tool.name", tool}};
    return span;
}

otlp::LogRecord event(std::uint64_t number, const std::string& reason) {
    otlp::LogRecord record;
    record.time = UnixNanos{epoch_nanos + number * second};
    record.event_name = reason;
    return record;
}

std::vector<std::string> ids(const codec::JsonValue& page) {
    std::vector<std::string> out;
    for (const auto& item : page["items"].array())
        out.emplace_back(item["id"].text());
    return out;
}

// Follows nextCursor to the end.
std::vector<std::string> all_pages(Asking& ask, const std::string& target) {
    std::vector<std::string> out;
    std::string cursor;
    for (int pages = 0; pages < 10'000; ++pages) {
        const auto page = ask.json(target + (cursor.empty() ? "" : "&cursor=" + cursor));
        const auto some = ids(page);
        out.insert(out.end(), some.begin(), some.end());
        if (page["nextCursor"].is_null()) return out;
        cursor = page["nextCursor"].text();
    }
    ADD_FAILURE() << "the list does not end";
    return out;
}

// Three batches: spans (two events each), an event, spans of somebody else, spans.
void fill(Asking& ask) {
    ask.journal.put_spans({tool_span(1, "hammer"), tool_span(2, "saw"), tool_span(3, "hammer")});
    ask.journal.put_events({event(4, "ToolCallStart"), event(5, "Custom")});
    ask.journal.put_spans({tool_span(6, "hammer"), tool_span(7, "hammer")}, "other");
    ask.journal.put_spans({tool_span(8, "saw")});
}

// Goal: paging shows every event exactly once, whatever the page size, and one order is the reverse of the other.
TEST(ListEvents, PagesHoldEveryEventOnce) {
    Asking ask;
    fill(ask);
    const auto oldest_first = all_pages(ask, "/v1/events?order=asc&limit=1000");
    ASSERT_EQ(oldest_first.size(), 10u);  // 4 spans with two events each, 2 events
    EXPECT_EQ(std::set(oldest_first.begin(), oldest_first.end()).size(), 10u);
    for (int limit = 1; limit <= 11; ++limit) {
        const auto some = "&limit=" + std::to_string(limit);
        EXPECT_EQ(all_pages(ask, "/v1/events?order=asc" + some), oldest_first) << limit;
        auto newest_first = all_pages(ask, "/v1/events?order=desc" + some);
        std::reverse(newest_first.begin(), newest_first.end());
        EXPECT_EQ(newest_first, oldest_first) << limit;
    }
}

TEST(ListEvents, TheBudgetMakesPartialPagesThatGoOn) {
    Asking ask;
    fill(ask);
    const auto all = all_pages(ask, "/v1/events?order=asc&tool=saw");
    ASSERT_EQ(all.size(), 4u);
    ask.config.scan_items_max = 1;  // a batch a page
    const auto page = ask.json("/v1/events?order=asc&tool=saw");
    EXPECT_TRUE(page["partial"].boolean());
    EXPECT_FALSE(page["nextCursor"].is_null());
    EXPECT_EQ(all_pages(ask, "/v1/events?order=asc&tool=saw"), all);
    auto back = all_pages(ask, "/v1/events?tool=saw");
    std::reverse(back.begin(), back.end());
    EXPECT_EQ(back, all);
}

TEST(ListEvents, NewestFirstDoesNotShiftWhileItIsPaged) {
    Asking ask;
    fill(ask);
    const auto first = ask.json("/v1/events?limit=3");
    ask.journal.put_spans({tool_span(9, "saw")});
    const auto second_page = ask.json("/v1/events?limit=3&cursor=" + std::string(first["nextCursor"].text()));
    EXPECT_EQ(second_page["watchCursor"].text(), first["watchCursor"].text());
    const auto a = ids(first);
    for (const auto& id : ids(second_page))
        EXPECT_EQ(std::count(a.begin(), a.end(), id), 0) << id;
}

TEST(ListEvents, FiltersAndSearches) {
    Asking ask;
    fill(ask);
    EXPECT_EQ(all_pages(ask, "/v1/events?tool=hammer").size(), 4u);
    EXPECT_EQ(all_pages(ask, "/v1/events?reason=ToolCallComplete").size(), 4u);
    EXPECT_EQ(all_pages(ask, "/v1/events?reason=ToolCall*&tool=saw").size(), 4u);
    EXPECT_EQ(all_pages(ask, "/v1/events?q=CUSTOM").size(), 1u);
    EXPECT_EQ(all_pages(ask, "/v1/events?q=Saw").size(), 4u);
    EXPECT_EQ(all_pages(ask, "/v1/events?from=2023-11-14T22:13:28Z").size(), 2u);
    EXPECT_EQ(all_pages(ask, "/v1/events?q=nothing").size(), 0u);
}

TEST(ListEvents, AProducerWithItsOwnEventsHasNoDerivedOnes) {
    Asking ask;
    fill(ask);
    ask.views.derives = false;
    EXPECT_EQ(all_pages(ask, "/v1/events?order=asc").size(), 2u);
}

TEST(ListEvents, OfASessionAreFoundNotScanned) {
    Asking ask;
    fill(ask);
    ask.views.context.session_id = "s";
    ask.views.session_items["s"] = {Offset{1}, Offset{4}, Offset{7}};
    const auto all = all_pages(ask, "/v1/events?session=s&order=asc&limit=2");
    EXPECT_EQ(all.size(), 5u);
    auto back = all_pages(ask, "/v1/events?session=s&limit=2");
    std::reverse(back.begin(), back.end());
    EXPECT_EQ(back, all);
    EXPECT_EQ(all_pages(ask, "/v1/events?session=unknown").size(), 0u);
}

TEST(ListEvents, OtherTenantsSeeTheirOwn) {
    Asking ask;
    fill(ask);
    ask.tenant = "other";
    EXPECT_EQ(all_pages(ask, "/v1/events?order=asc").size(), 4u);
    EXPECT_EQ(all_pages(ask, "/v1/spans?order=asc").size(), 2u);
    ask.tenant = "nobody";
    EXPECT_EQ(ask.json("/v1/events?count=true")["total"].integer(-1), 0);
}

TEST(ListEvents, CountsWithinTheBudget) {
    Asking ask;
    fill(ask);
    auto page = ask.json("/v1/events?limit=1&count=true");
    EXPECT_EQ(page["total"].integer(), 10);
    EXPECT_FALSE(page["countIsEstimate"].boolean(true));
    ask.config.scan_items_max = 1;
    page = ask.json("/v1/events?limit=1&count=true");
    EXPECT_TRUE(page["countIsEstimate"].boolean());
}

TEST(ListEvents, RefusesCursorsOfAnotherHistory) {
    Asking ask;
    fill(ask);
    const ItemPosition position{Epoch{8}, Offset{1}, 0, Offset{5}};
    const auto token = make_page_token(fingerprint("/v1/events", "default", *net::Query::parse("")), position.text());
    EXPECT_EQ(ask.problem("/v1/events?cursor=" + token), ProblemKind::cursor_expired);
    EXPECT_EQ(ask.problem("/v1/spans?cursor=" + token), ProblemKind::cursor_mismatch);
    EXPECT_EQ(ask.problem("/v1/events?cursor=abc"), ProblemKind::cursor_invalid);
}

TEST(ListSpans, ShowsSpansOnly) {
    Asking ask;
    fill(ask);
    const auto page = ask.json("/v1/spans?order=asc&view=full");
    ASSERT_EQ(page["items"].size(), 4u);
    EXPECT_EQ(page["items"][0]["name"].text(), "execute_tool hammer");
    EXPECT_EQ(page["items"][0]["attributes"]["gen_ai.tool.name"].text(), "hammer");
    EXPECT_EQ(ask.json("/v1/spans?tool=saw")["items"].size(), 2u);
}

TEST(OneEvent, IsFoundByTheIdOfItsList) {
    Asking ask;
    fill(ask);
    for (const auto& id : all_pages(ask, "/v1/events?limit=1000"))
        EXPECT_EQ(ask.json("/v1/events/" + id)["id"].text(), id);
    EXPECT_EQ(ask.problem("/v1/events/nonsense"), ProblemKind::invalid_parameter);
    EXPECT_EQ(ask.problem("/v1/events/00000007-00000000000000ff"), ProblemKind::not_found);
    EXPECT_EQ(ask.problem("/v1/events/00000008-0000000000000000s"), ProblemKind::not_found);
    EXPECT_EQ(ask.problem("/v1/events/00000007-0000000000000003s"), ProblemKind::not_found);  // sent, not derived
    EXPECT_EQ(ask.problem("/v1/events/00000007-0000000000000005s"), ProblemKind::not_found);  // another tenant's
    ask.views.derives = false;
    EXPECT_EQ(ask.problem("/v1/events/00000007-0000000000000000s"), ProblemKind::not_found);
    ask.journal.expire_before(Offset{3});
    EXPECT_EQ(ask.problem("/v1/events/00000007-0000000000000000s"), ProblemKind::expired);
}

TEST(OneSpan, SaysWhenThePayloadIsMissing) {
    Asking ask;
    fill(ask);
    auto known = testing::entry(2, 0, 0, 1, model::Kind::tool, "execute_tool saw");
    known.offset = Offset{1};
    auto open = testing::entry(77, 0, 0, 0, model::Kind::tool, "execute_tool drill");
    open.offset = Offset{3};
    open.open = true;
    ask.views.spans = {known, open};
    const auto trace = testing::trace_id(1).hex();
    const auto url = [&](std::uint64_t span) { return "/v1/spans/" + trace + "/" + testing::span_id(span).hex(); };
    EXPECT_EQ(ask.json(url(2))["attributes"]["gen_ai.tool.name"].text(), "saw");
    EXPECT_EQ(ask.json(url(77))["payload"].text(), "pending");
    EXPECT_EQ(ask.problem(url(99)), ProblemKind::not_found);
    EXPECT_EQ(ask.problem("/v1/spans/" + trace + "/12"), ProblemKind::invalid_parameter);
    ask.journal.expire_before(Offset{3});
    EXPECT_EQ(ask.json(url(2))["payload"].text(), "expired");
}

TEST(OneTrace, HasItsSpansLiteFullAndAsOtlp) {
    Asking ask;
    fill(ask);
    views::TraceRow row;
    row.id = testing::trace_id(1);
    ask.views.trace_rows = {row};
    for (const std::uint64_t i : {0, 1, 7}) {
        ask.views.spans.push_back(testing::entry(i == 7 ? 8 : i + 1, 0, i, 1, model::Kind::tool, "x"));
        ask.views.spans.back().offset = Offset{i};
    }
    const auto url = "/v1/traces/" + row.id.hex();
    const auto lite = ask.json(url);
    EXPECT_EQ(lite["spans"].size(), 3u);
    EXPECT_TRUE(lite["complete"].boolean());
    EXPECT_FALSE(ask.json(url + "?limit=2")["complete"].boolean(true));
    const auto full = ask.json(url + "?view=full");
    ASSERT_EQ(full["spans"].size(), 3u);
    EXPECT_EQ(full["spans"][1]["attributes"]["gen_ai.tool.name"].text(), "saw");
    const auto otlp = ask.json(url + "?format=otlp");
    std::size_t count = 0;
    for (const auto& group : otlp["resourceSpans"].array())
        count += group["scopeSpans"][0]["spans"].size();
    EXPECT_EQ(count, 3u);
    EXPECT_EQ(ask.problem(url + "?format=jaeger"), ProblemKind::invalid_parameter);
    EXPECT_EQ(ask.problem("/v1/traces/" + testing::trace_id(2).hex()), ProblemKind::not_found);
    EXPECT_EQ(ask.problem("/v1/traces/zz"), ProblemKind::invalid_parameter);
}

TEST(ListSessions, PagesAndCounts) {
    Asking ask;
    for (int i = 0; i < 25; ++i) {
        views::SessionRow row;
        row.id = "s-" + std::to_string(i);
        ask.views.session_rows.push_back(row);
    }
    EXPECT_EQ(all_pages(ask, "/v1/sessions?limit=10").size(), 25u);
    const auto page = ask.json("/v1/sessions?limit=10&count=true&status=active&agent=a");
    EXPECT_EQ(page["total"].integer(), 25);
    EXPECT_EQ(ask.views.last_request.agent, "a");
    EXPECT_EQ(ask.views.last_request.state, views::State::running);
    EXPECT_EQ(ask.problem("/v1/sessions?reason=x"), ProblemKind::unknown_parameter);
    EXPECT_EQ(ask.json("/v1/sessions/s-3")["id"].text(), "s-3");
    EXPECT_EQ(ask.problem("/v1/sessions/none"), ProblemKind::not_found);
}

TEST(Facets, CountValuesOfTracesAndEvents) {
    Asking ask;
    fill(ask);
    views::TraceRow row;
    row.agents = {{"planner", 3}, {"writer", 1}};
    row.by_kind[4] = 5;
    row.state = views::State::error;
    ask.views.trace_rows = {row, row};
    const auto agents = ask.json("/v1/facets?field=agent");
    EXPECT_EQ(agents["values"][0]["value"].text(), "planner");
    EXPECT_EQ(agents["values"][0]["count"].integer(), 6);
    EXPECT_TRUE(agents["complete"].boolean());
    EXPECT_FALSE(ask.json("/v1/facets?field=agent&limit=1")["complete"].boolean(true));
    EXPECT_EQ(ask.json("/v1/facets?field=component")["values"][0]["value"].text(), "llm");
    EXPECT_EQ(ask.json("/v1/facets?field=status")["values"][0]["count"].integer(), 2);
    const auto reasons = ask.json("/v1/facets?field=reason");
    EXPECT_EQ(reasons["values"][0]["value"].text(), "ToolCallStart");
    EXPECT_EQ(reasons["values"][0]["count"].integer(), 5);
    EXPECT_EQ(ask.problem("/v1/facets?field=colour"), ProblemKind::invalid_parameter);
    EXPECT_EQ(ask.problem("/v1/facets"), ProblemKind::invalid_parameter);
}

}  // namespace
}  // namespace ark::query
