#include "items/filter.hpp"

#include "items/test_batches.hpp"

#include <functional>
#include <string>

#include <gtest/gtest.h>

namespace ark::items {
namespace {

/// Matches of the events of one span: "s" for its start, "e" for its end, "." for a sent event.
std::string matched(const model::Batch& batch, const Filter& filter, const Context& context = {}) {
    std::string matches;
    each_item(batch, [&](const Item& item) {
        for_each_event(item, true, [&](const Event& event) {
            if (matches_event(filter, event, context)) matches += ".se"[static_cast<std::size_t>(event.part)];
        });
    });
    return matches;
}

bool span_matches(const model::Batch& batch, const Filter& filter, const Context& context = {}) {
    bool matches = false;
    each_item(batch, [&](const Item& item) { matches = matches_other(filter, item, context); });
    return matches;
}

model::Batch span_of_tool(std::uint32_t status = 0) {
    auto one = span("x", {{"gen_ai.operation.name", "execute_tool"},
                          {"gen_ai.tool.name", "tides"},
                          {"gen_ai.agent.name", "clerk"},
                          {"ark.query.id", "q-id"},
                          {"ark.query.name", "q"},
                          {"session.id", "s"}});
    one.status_code = status;
    return traces({}, {one});
}

Filter with(const std::function<void(Filter&)>& set) {
    Filter filter;
    set(filter);
    return filter;
}

TEST(Filter, ReasonsNarrowWhereSpansAreListedAlone) {
    const auto found = [](const model::Batch& batch, const char* reason) {
        bool all = true;
        const auto filter = with([&](Filter& f) { f.reasons = {reason}; });
        each_item(batch, [&](const Item& item) { all = has_reason(filter, item); });
        return all;
    };
    EXPECT_TRUE(found(span_of_tool(), "ToolCall*"));
    EXPECT_TRUE(found(span_of_tool(), "ToolCallStart"));
    EXPECT_TRUE(found(span_of_tool(2), "ToolCallError"));
    EXPECT_FALSE(found(span_of_tool(), "ToolCallError"));
    EXPECT_FALSE(found(traces({}, {span("x", {})}), "ToolCall*"));
    EXPECT_TRUE(span_matches(span_of_tool(), with([](Filter& f) { f.reasons = {"LLMCallStart"}; })));
}

TEST(Filter, MessagesAndChunksAreOfTheirQueryAndConversation) {
    const std::vector<std::string> texts = {R"({"role":"user"})"};
    const auto payload = encode_messages("c", "q-id", std::chrono::seconds(0), texts);
    const auto message = batch_of(model::BatchKind::messages, payload.view(), 1);
    EXPECT_TRUE(span_matches(message, with([](Filter& f) { f.query = "q-id"; })));
    EXPECT_FALSE(span_matches(message, with([](Filter& f) { f.query = "other"; })));
    EXPECT_FALSE(span_matches(message, with([](Filter& f) { f.failed = true; })));
    Context context;
    context.session_id = "s";
    EXPECT_TRUE(span_matches(message, with([](Filter& f) { f.session = "s"; }), context));
    const auto says = [&](const char* text) {
        const auto expression = Expression::compile(text);
        return expression && span_matches(message, with([&](Filter& f) { f.expression = *expression; }));
    };
    EXPECT_TRUE(says("type == 'message' && conversation == 'c' && message.contains('user')"));
    EXPECT_FALSE(says("type == 'chunk'"));
}

TEST(Filter, EachCriterionNarrows) {
    const struct {
        Filter filter;
        std::string matches;
    } cases[] = {
        {{}, "se"},
        {with([](Filter& f) { f.session = "s"; }), "se"},
        {with([](Filter& f) { f.session = "t"; }), ""},
        {with([](Filter& f) { f.query = "q-id"; }), "se"},
        {with([](Filter& f) { f.query = "q"; }), "se"},
        {with([](Filter& f) { f.query = "p"; }), ""},
        {with([](Filter& f) { f.trace = trace_id(1); }), "se"},
        {with([](Filter& f) { f.trace = trace_id(2); }), ""},
        {with([](Filter& f) { f.agent = "clerk"; }), "se"},
        {with([](Filter& f) { f.agent = "cler"; }), ""},
        {with([](Filter& f) { f.team = "crew"; }), ""},
        {with([](Filter& f) { f.tool = "tides"; }), "se"},
        {with([](Filter& f) { f.model = "m"; }), ""},
        {with([](Filter& f) { f.component = model::Kind::tool; }), "se"},
        {with([](Filter& f) { f.component = model::Kind::llm; }), ""},
        {with([](Filter& f) { f.failed = true; }), "e"},
        {with([](Filter& f) { f.failed = false; }), "s"},
        {with([](Filter& f) { f.from = UnixNanos{20}; }), "e"},
        {with([](Filter& f) { f.until = UnixNanos{20}; }), "s"},
        {with([](Filter& f) { f.reasons = {"ToolCallError"}; }), "e"},
        {with([](Filter& f) { f.reasons = {"ToolCall*"}; }), "se"},
        {with([](Filter& f) {
             f.reasons = {"LLMCall*", "ToolCallStart"};
         }),
         "s"},
        {with([](Filter& f) { f.reasons = {"*"}; }), "se"},
        {with([](Filter& f) { f.reasons = {"LLMCall*"}; }), ""},
    };
    for (const auto& c : cases)
        EXPECT_EQ(matched(span_of_tool(2), c.filter), c.matches) << c.filter.key();
}

TEST(Filter, ReasonsAnswerToEveryName) {
    const auto batch = logs({}, {log("MemoryAddMessagesStart", {})});
    for (const auto* wanted : {"MemoryAddMessagesStart", "MemoryStoreStart", "MemoryAdd*", "MemoryStore*"}) {
        EXPECT_EQ(matched(batch, with([&](Filter& f) { f.reasons = {wanted}; })), ".") << wanted;
    }
    EXPECT_EQ(
        matched(logs({}, {log("QueryExecutionStart", {})}), with([](Filter& f) { f.reasons = {"ResolveStart"}; })),
        ".");
    EXPECT_EQ(matched(batch, with([](Filter& f) { f.reasons = {"MemoryRetrieve*"}; })), "");
}

TEST(Filter, SurroundingsFillWhatTheItemDoesNotSay) {
    const auto bare = traces({}, {span("x", {{"gen_ai.operation.name", "chat"}})});
    Context context;
    context.session_id = "s";
    context.query_name = "q";
    context.agent = "clerk";
    context.team = "crew";
    EXPECT_TRUE(span_matches(bare, with([](Filter& f) { f.session = "s"; }), context));
    EXPECT_TRUE(span_matches(bare, with([](Filter& f) { f.query = "q"; }), context));
    EXPECT_TRUE(span_matches(bare, with([](Filter& f) { f.agent = "clerk"; }), context));
    EXPECT_TRUE(span_matches(bare, with([](Filter& f) { f.team = "crew"; }), context));
    EXPECT_FALSE(span_matches(bare, with([](Filter& f) { f.session = "s"; })));
}

TEST(Filter, TheTracesSessionAndTheItemsAgentWin) {
    Context context;
    context.session_id = "of-trace";
    context.agent = "of-trace";
    EXPECT_TRUE(span_matches(span_of_tool(), with([](Filter& f) { f.session = "of-trace"; }), context));
    EXPECT_FALSE(span_matches(span_of_tool(), with([](Filter& f) { f.session = "s"; }), context));
    EXPECT_TRUE(span_matches(span_of_tool(), with([](Filter& f) { f.agent = "clerk"; }), context));
    EXPECT_FALSE(span_matches(span_of_tool(), with([](Filter& f) { f.agent = "of-trace"; }), context));
}

TEST(Filter, EqualFiltersHaveEqualKeys) {
    const auto a = with([](Filter& f) { f.reasons = {"A", "B", "A"}; });
    const auto b = with([](Filter& f) { f.reasons = {"B", "A"}; });
    EXPECT_EQ(a.key(), b.key());
    EXPECT_TRUE(Filter{}.empty());
    EXPECT_EQ(Filter{}.key(), "");
    EXPECT_FALSE(a.empty());
    const auto tricky = with([](Filter& f) { f.session = "x;q1:y"; });
    const auto plain = with([](Filter& f) { f.session = "x", f.query = "y"; });
    EXPECT_NE(tricky.key(), plain.key());
}

}  // namespace
}  // namespace ark::items
