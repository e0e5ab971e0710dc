#include "items/items.hpp"

#include "items/open_span.hpp"
#include "items/test_batches.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ark::items {
namespace {

using model::Kind;
using model::Phase;

/// "ToolCallStart@10 ToolCallError@20!" of one span: reason, time in nanoseconds, ! for a failure.
std::string story(const otlp::Span& span, bool derive = true) {
    std::string told;
    each_item(traces({}, {span}), [&](const Item& item) {
        for_each_event(item, derive, [&](const Event& event) {
            if (!told.empty()) told += " ";
            told += std::string(event.reason) + "@" + std::to_string(event.time.value()) + (event.failed ? "!" : "");
        });
    });
    return told;
}

TEST(Items, SpansComeInOrderWithTheFactsOfTheirResource) {
    auto first = span("chat", {{"gen_ai.operation.name", "chat"}, {"gen_ai.request.model", "m"}});
    auto second = span("GET /", {});
    std::vector<std::uint64_t> offsets;
    each_item(traces({{"service.name", "clerk"}, {"ark.session.id", "s"}}, {first, second}), [&](const Item& item) {
        offsets.push_back(item.offset.value());
        EXPECT_EQ(item.type, ItemType::span);
        EXPECT_EQ(item.facts.service, "clerk");
        EXPECT_EQ(item.facts.session_id, "s");
        EXPECT_EQ(item.facts.model, offsets.size() == 1 ? "m" : "");
    });
    EXPECT_EQ(offsets, (std::vector<std::uint64_t>{100, 101}));
}

TEST(Items, AVisitorMayStop) {
    const auto batch = traces({}, {span("a", {}), span("b", {})});
    int seen = 0;
    EXPECT_TRUE(for_each_item(batch, [&](const Item&) { return ++seen < 1; }));
    EXPECT_EQ(seen, 1);
}

TEST(Items, DerivesTheStoryOfASpan) {
    const struct {
        otlp::ValueMap attributes;
        std::uint32_t status;
        std::string story;
    } cases[] = {
        {{{"gen_ai.operation.name", "execute_tool"}}, 0, "ToolCallStart@10 ToolCallComplete@20"},
        {{{"gen_ai.operation.name", "execute_tool"}}, 2, "ToolCallStart@10 ToolCallError@20!"},
        {{{"gen_ai.operation.name", "chat"}, {"error.type", "timeout"}}, 0, "LLMCallStart@10 LLMCallError@20!"},
        {{{"gen_ai.operation.name", "chat"}, {"error.type", "CancelledError"}},
         2,
         "LLMCallStart@10 LLMCallCanceled@20"},
        {{{"gen_ai.operation.name", "invoke_agent"}}, 1, "AgentExecutionStart@10 AgentExecutionComplete@20"},
        {{{"gen_ai.operation.name", "search_memory"}}, 0, "MemoryRetrieveStart@10 MemoryRetrieveComplete@20"},
        {{{"gen_ai.operation.name", "upsert_memory"}}, 0, "MemoryStoreStart@10 MemoryStoreComplete@20"},
        {{{"a2a.method.name", "SendMessage"}}, 0, "A2ACallStart@10 A2ACallComplete@20"},
        {{{"openinference.span.kind", "CHAIN"}}, 0, "QueryExecutionStart@10 QueryExecutionComplete@20"},
        {{{"openinference.span.kind", "EVALUATOR"}}, 0, ""},
        {{{"http.request.method", "GET"}}, 2, ""},
    };
    for (const auto& c : cases) {
        auto one = span("x", c.attributes);
        one.status_code = c.status;
        EXPECT_EQ(story(one), c.story);
        EXPECT_EQ(story(one, false), "");
    }
}

TEST(Items, AChainBelowAnotherSpanIsNoQuery) {
    auto step = span("step", {{"openinference.span.kind", "CHAIN"}});
    step.parent_span_id = span_id(9);
    EXPECT_EQ(story(step), "");
}

TEST(Items, AServersMcpSpanRepeatsNothing) {
    auto call = span("tools/call t", {{"mcp.method.name", "tools/call"}, {"gen_ai.tool.name", "t"}});
    EXPECT_EQ(story(call), "ToolCallStart@10 ToolCallComplete@20");
    call.kind = 2;
    EXPECT_EQ(story(call), "ToolCallStart@10 ToolCallComplete@20");  // alone it is all there is
    call.parent_span_id = span_id(9);
    EXPECT_EQ(story(call), "");
}

TEST(Items, SnapshotsOnlyStart) {
    auto open = span("chat", {{"gen_ai.operation.name", "chat"}});
    open.end = UnixNanos{};
    EXPECT_EQ(story(open), "LLMCallStart@10");

    auto logfire = span("chat", {{"gen_ai.operation.name", "chat"},
                                 {"logfire.span_type", "pending_span"},
                                 {"logfire.pending_parent_id", span_id(7).hex()}});
    logfire.parent_span_id = span_id(5);
    EXPECT_EQ(story(logfire), "LLMCallStart@10");
    each_item(traces({}, {logfire}), [&](const Item& item) {
        EXPECT_EQ(item.span_id, span_id(5));
        EXPECT_EQ(item.parent_span_id, span_id(7));
        EXPECT_EQ(item.end, UnixNanos{});
        const auto opened = open_span(item);
        ASSERT_TRUE(opened);
        EXPECT_EQ(opened->span_id, span_id(5));
        EXPECT_EQ(opened->name, "chat");
    });
}

TEST(Items, EventsHaveCanonicalReasons) {
    const struct {
        std::string sent;
        std::string reason;
        Phase phase;
        Kind kind;
        bool failed;
    } cases[] = {{"ToolCallStart", "ToolCallStart", Phase::start, Kind::tool, false},
                 {"ResolveError", "QueryExecutionError", Phase::error, Kind::query, true},
                 {"A2AExecutionFailed", "A2ACallError", Phase::error, Kind::a2a, true},
                 {"AgentCreationFailed", "AgentCreationFailed", Phase::none, Kind::agent, true},
                 {"ValidationError", "ValidationError", Phase::none, Kind::other, true},
                 {"MyJobComplete", "MyJobComplete", Phase::complete, Kind::other, false},
                 {"gen_ai.evaluation.result", "EvaluationComplete", Phase::complete, Kind::evaluation, false},
                 {"browser.page_view", "browser.page_view", Phase::none, Kind::other, false}};
    for (const auto& c : cases) {
        each_item(logs({}, {log(c.sent, {})}), [&](const Item& item) {
            EXPECT_EQ(item.type, ItemType::event);
            EXPECT_EQ(item.reason, c.reason);
            EXPECT_EQ(item.reason_as_sent, c.sent);
            EXPECT_EQ(item.phase, c.phase);
            EXPECT_EQ(item.facts.kind, c.kind) << c.sent;
            EXPECT_EQ(item.failed, c.failed) << c.sent;
        });
    }
}

TEST(Items, RecordsWithoutANameAreLogsUnlessAnAttributeNamesThem) {
    each_item(logs({}, {log("", {{"model", "m"}})}), [](const Item& item) {
        EXPECT_EQ(item.type, ItemType::log);
        int events = 0;
        for_each_event(item, true, [&](const Event&) { ++events; });
        EXPECT_EQ(events, 0);
    });
    each_item(logs({}, {log("", {{"event.name", "ToolCallStart"}})}), [](const Item& item) {
        EXPECT_EQ(item.type, ItemType::event);
        EXPECT_EQ(item.reason, "ToolCallStart");
    });
}

TEST(Items, ALogAfterAnEventIsClean) {
    std::vector<Item> items;
    each_item(logs({}, {log("ToolCallError", {}), log("", {})}), [&](const Item& item) { items.push_back(item); });
    EXPECT_EQ(items[1].entry, nullptr);
    EXPECT_EQ(items[1].reason, "");
    EXPECT_EQ(items[1].phase, Phase::none);
    EXPECT_FALSE(items[1].failed);
}

TEST(Items, TimeIsTheItemsElseObservedElseReceived) {
    auto record = log("ToolCallStart", {});
    const auto time_of = [&] {
        std::uint64_t time = 0;
        each_item(logs({}, {record}), [&](const Item& item) { time = item.time.value(); });
        return time;
    };
    record.time = UnixNanos{5};
    record.observed = UnixNanos{6};
    EXPECT_EQ(time_of(), 5u);
    record.time = UnixNanos{};
    EXPECT_EQ(time_of(), 6u);
    record.observed = UnixNanos{};
    EXPECT_EQ(time_of(), received.value());
}

TEST(Items, IdsOfEventsAreCursors) {
    each_item(traces({}, {span("x", {{"gen_ai.operation.name", "chat"}})}), [](const Item& item) {
        std::vector<std::string> ids;
        for_each_event(item, true, [&](const Event& event) { ids.push_back(event_id(Epoch{0xab}, event)); });
        EXPECT_EQ(ids, (std::vector<std::string>{"000000ab-0000000000000064s", "000000ab-0000000000000064e"}));
    });
}

TEST(OpenSpan, IsAnnouncedByAStartEvent) {
    auto start = log("ToolCallStart", {{"toolName", "tides"}, {"parentSpanId", span_id(7).hex()}});
    start.trace_id = trace_id(1);
    start.span_id = span_id(5);
    each_item(logs({}, {start}), [](const Item& item) {
        const auto open = open_span(item);
        ASSERT_TRUE(open);
        EXPECT_EQ(open->span_id, span_id(5));
        EXPECT_EQ(open->parent_span_id, span_id(7));
        EXPECT_EQ(open->kind, Kind::tool);
        EXPECT_EQ(open->name, "ToolCall");
        EXPECT_EQ(open->subject, "tides");
        EXPECT_EQ(open->start, item.time);
        EXPECT_FALSE(closed_span(item));
    });
    start.event_name = "ToolCallError";
    each_item(logs({}, {start}), [](const Item& item) {
        EXPECT_FALSE(open_span(item));
        const auto closed = closed_span(item);
        ASSERT_TRUE(closed);
        EXPECT_EQ(closed->span_id, span_id(5));
        EXPECT_TRUE(closed->failed);
    });
}

TEST(OpenSpan, NeedsBothIds) {
    auto start = log("ToolCallStart", {});
    start.span_id = span_id(5);
    each_item(logs({}, {start}), [](const Item& item) { EXPECT_FALSE(open_span(item)); });
    each_item(logs({}, {log("QuestionAsked", {})}), [](const Item& item) { EXPECT_FALSE(open_span(item)); });
    each_item(traces({}, {span("chat", {})}), [](const Item& item) { EXPECT_FALSE(open_span(item)); });
}

}  // namespace
}  // namespace ark::items
