#include "model/facts.hpp"

#include <initializer_list>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace ark::model {
namespace {

using Attributes = std::initializer_list<std::pair<std::string_view, ValueView>>;

ValueView text(std::string_view value) {
    return ValueView::of_string(value);
}
ValueView number(std::int64_t value) {
    return ValueView::of_integer(value);
}
ValueView real(double value) {
    return ValueView::of_real(value);
}
ValueView truth(bool value) {
    return ValueView::of_boolean(value);
}

Facts facts_of(std::string_view name, Attributes attributes, Facts::Of of = Facts::Of::span,
               std::string_view scope = "") {
    Facts facts;
    facts.begin({}, {});
    facts.begin_item(name, scope, of);
    for (const auto& [key, value] : attributes)
        facts.add(key, value);
    facts.finish();
    return facts;
}

TEST(Facts, ReadsGenAiUnderOldAndNewNames) {
    const auto now = facts_of("chat m", {{"gen_ai.operation.name", text("chat")},
                                         {"gen_ai.provider.name", text("openai")},
                                         {"gen_ai.request.model", text("gpt-x")},
                                         {"gen_ai.response.model", text("gpt-x-2026")},
                                         {"gen_ai.conversation.id", text("c-1")},
                                         {"gen_ai.usage.input_tokens", number(120)},
                                         {"gen_ai.usage.output_tokens", number(30)},
                                         {"gen_ai.usage.cache_read.input_tokens", number(100)},
                                         {"gen_ai.usage.reasoning.output_tokens", number(10)},
                                         {"gen_ai.usage.cost", real(0.002)}});
    EXPECT_EQ(now.kind, Kind::llm);
    EXPECT_EQ(now.provider, "openai");
    EXPECT_EQ(now.model, "gpt-x-2026");
    EXPECT_EQ(now.session_id, "c-1");
    EXPECT_EQ(now.session_source, SessionSource::conversation);
    EXPECT_EQ(now.usage, (Usage{120, 30, 100, 0, 10, 0.002}));

    const auto then = facts_of("openai.chat", {{"gen_ai.system", text("openai")},
                                               {"gen_ai.request.model", text("gpt-x")},
                                               {"llm.request.type", text("chat")},
                                               {"gen_ai.usage.prompt_tokens", number(7)},
                                               {"gen_ai.usage.completion_tokens", number(3)}});
    EXPECT_EQ(then.kind, Kind::llm);
    EXPECT_EQ(then.model, "gpt-x");
    EXPECT_EQ(then.usage.input_tokens, 7);
    EXPECT_EQ(then.usage.output_tokens, 3);
}

TEST(Facts, ReadsOpenInference) {
    const auto f = facts_of("ChatCompletion", {{"openinference.span.kind", text("LLM")},
                                               {"llm.model_name", text("m")},
                                               {"llm.token_count.prompt", number(5)},
                                               {"llm.token_count.completion", number(6)},
                                               {"llm.token_count.prompt_details.cache_read", number(4)},
                                               {"llm.cost.prompt", real(0.5)},
                                               {"llm.cost.completion", real(0.25)},
                                               {"input.value", text("hi")},
                                               {"output.value", text("hello")},
                                               {"session.id", text("s")},
                                               {"user.id", text("u")}});
    EXPECT_EQ(f.kind, Kind::llm);
    EXPECT_EQ(f.usage, (Usage{5, 6, 4, 0, 0, 0.75}));
    EXPECT_EQ(f.input, "hi");
    EXPECT_EQ(f.output, "hello");
    EXPECT_EQ(f.session_source, SessionSource::session);
    EXPECT_EQ(f.user_id, "u");
}

TEST(Facts, DecidesTheKind) {
    const struct {
        std::string_view name;
        std::vector<std::pair<std::string_view, std::string_view>> attributes;
        Kind kind;
        bool chain = false;
    } cases[] = {
        {"x", {{"openinference.span.kind", "AGENT"}}, Kind::agent},
        {"x", {{"openinference.span.kind", "RETRIEVER"}}, Kind::memory},
        {"x", {{"openinference.span.kind", "TOOL"}, {"gen_ai.operation.name", "chat"}}, Kind::tool},
        {"x", {{"openinference.span.kind", "CHAIN"}}, Kind::other, true},
        {"x", {{"openinference.span.kind", "CHAIN"}, {"gen_ai.operation.name", "invoke_workflow"}}, Kind::query},
        {"x", {{"openinference.span.kind", "GUARDRAIL"}}, Kind::other},
        {"x", {{"gen_ai.operation.name", "execute_tool"}}, Kind::tool},
        {"x", {{"gen_ai.operation.name", "invoke_agent"}}, Kind::agent},
        {"x", {{"gen_ai.operation.name", "embeddings"}}, Kind::llm},
        {"x", {{"gen_ai.operation.name", "search_memory"}}, Kind::memory},
        {"x", {{"gen_ai.operation.name", "create_agent"}}, Kind::other},
        {"x", {{"langfuse.observation.type", "generation"}}, Kind::llm},
        {"x", {{"traceloop.span.kind", "workflow"}}, Kind::query},
        {"x", {{"langsmith.span.kind", "tool"}}, Kind::tool},
        {"x", {{"lmnr.span.type", "LLM"}}, Kind::llm},
        {"x", {{"ai.operationId", "ai.toolCall"}}, Kind::tool},
        {"x", {{"ai.operationId", "ai.generateText.doGenerate"}}, Kind::llm},
        {"query.q1", {{"openinference.span.kind", "CHAIN"}, {"query.name", "q1"}}, Kind::query},
        {"team.ns/t", {{"openinference.span.kind", "CHAIN"}, {"query.name", "q1"}, {"team.name", "t"}}, Kind::team},
        {"target.t", {{"query.name", "q1"}, {"target.type", "agent"}}, Kind::other},
        {"turn.0", {{"query.name", "q1"}, {"component", "team.turn"}}, Kind::other},
        {"step", {{"query.name", "q1"}, {"component", "model"}}, Kind::llm},
        {"query.users", {{"db.system", "postgresql"}}, Kind::other},
        {"tools/call t", {{"mcp.method.name", "tools/call"}}, Kind::tool},
        {"tools/list", {{"mcp.method.name", "tools/list"}}, Kind::other},
        {"SendMessage", {{"a2a.method.name", "SendMessage"}}, Kind::a2a},
        {"x", {{"gen_ai.tool.name", "t"}}, Kind::tool},
        {"x", {{"gen_ai.request.model", "m"}, {"gen_ai.system", "openai"}}, Kind::llm},
        {"run clerk", {{"gen_ai.agent.name", "clerk"}}, Kind::agent},
        {"GET /", {{"gen_ai.agent.name", "clerk"}, {"http.request.method", "GET"}}, Kind::other},
        {"GET /", {{"http.request.method", "GET"}, {"component", "agent"}, {"model", "m"}, {"tool", "t"}}, Kind::other},
    };
    for (const auto& c : cases) {
        Facts facts;
        facts.begin({}, {});
        facts.begin_item(c.name, "", Facts::Of::span);
        for (const auto& [key, value] : c.attributes)
            facts.add(key, text(value));
        facts.finish();
        const auto what = std::string(c.name) + " " + std::string(c.attributes[0].second);
        EXPECT_EQ(name(facts.kind), name(c.kind)) << what;
        EXPECT_EQ(facts.chain, c.chain) << what;
    }
}

TEST(Facts, NamesAgentsAndToolsByTheirSpans) {
    EXPECT_EQ(facts_of("invoke_agent clerk", {{"gen_ai.operation.name", text("invoke_agent")}}).agent, "clerk");
    EXPECT_EQ(facts_of("AgentExecutor", {{"openinference.span.kind", text("AGENT")}}).agent, "AgentExecutor");
    EXPECT_EQ(facts_of("execute_tool tides", {{"gen_ai.operation.name", text("execute_tool")}}).tool, "tides");
    EXPECT_EQ(
        facts_of("tides.tool", {{"traceloop.span.kind", text("tool")}, {"traceloop.entity.name", text("tides")}}).tool,
        "tides");
    EXPECT_EQ(facts_of("chat m", {{"gen_ai.operation.name", text("chat")}}).agent, "");
    EXPECT_EQ(facts_of("AgentExecutionStart", {{"ark.kind", text("agent")}}, Facts::Of::event).agent, "");
}

TEST(Facts, RanksTheSourcesOfASession) {
    auto f = facts_of(
        "x", {{"gen_ai.conversation.id", text("c")}, {"ark.session.id", text("a")}, {"session.id", text("s")}});
    EXPECT_EQ(f.session_id, "a");
    EXPECT_EQ(f.session_source, SessionSource::ark);
    EXPECT_EQ(f.conversation_id, "c");
    f = facts_of("x", {{"gen_ai.conversation.id", text("c")}, {"langfuse.session.id", text("s")}});
    EXPECT_EQ(f.session_id, "s");

    f = facts_of("x", {{"langfuse.session.id", text("l")}, {"session.id", text("s")}});
    EXPECT_EQ(f.session_id, "s");

    Facts resource;
    resource.begin({}, {});
    resource.add_resource("ark.session.id", text("of-resource"));
    Facts item = resource;
    item.begin_item("x", "", Facts::Of::span);
    item.add("session.id", text("s"));
    item.finish();
    EXPECT_EQ(item.session_id, "of-resource");  // the stronger key
    item = resource;
    item.begin_item("x", "", Facts::Of::span);
    item.add("ark.session.id", text("of-item"));
    item.finish();
    EXPECT_EQ(item.session_id, "of-item");  // the same key, nearer
}

TEST(Facts, ItemBeatsResourceAndTheFirstOfEqualsWins) {
    Facts f;
    f.begin({}, {});
    f.add_resource("gen_ai.agent.name", text("of-resource"));
    f.begin_item("x", "", Facts::Of::span);
    f.add("agent.name", text("first"));
    f.add("agent.name", text("second"));
    f.finish();
    EXPECT_EQ(f.agent, "first");
}

TEST(Facts, AddsCachedTokensOnlyWhereTheyAreCertainlyApart) {
    const struct {
        std::int64_t input, output, total, read, write, expected;
    } cases[] = {
        {100, 10, 0, 80, 0, 100},    // nothing is certain: as the conventions say
        {100, 10, 110, 80, 0, 100},  // the total proves that they are included
        {100, 10, 190, 80, 0, 180},  // the total proves that they are apart
        {20, 10, 0, 80, 5, 105},     // more cached than input: apart
        {0, 10, 0, 80, 0, 80},
    };
    for (const auto& c : cases) {
        Facts f;
        f.begin({}, {});
        f.add("gen_ai.usage.input_tokens", number(c.input));
        f.add("gen_ai.usage.output_tokens", number(c.output));
        if (c.total != 0) f.add("gen_ai.usage.total_tokens", number(c.total));
        f.add("gen_ai.usage.cache_read.input_tokens", number(c.read));
        f.add("gen_ai.usage.cache_creation.input_tokens", number(c.write));
        f.finish();
        EXPECT_EQ(f.usage.input_tokens, c.expected) << c.input << " " << c.total << " " << c.read;
        EXPECT_EQ(f.usage.cache_read_tokens, c.read);
    }
}

TEST(Facts, ReadsNumbersInAnyTypeAndIgnoresNonsense) {
    const auto f = facts_of("x", {{"gen_ai.usage.input_tokens", text("12")},
                                  {"gen_ai.usage.output_tokens", real(3)},
                                  {"gen_ai.usage.cost", text("0.5")},
                                  {"gen_ai.usage.reasoning_tokens", truth(true)},
                                  {"gen_ai.usage.cached_tokens", number(-4)},
                                  {"gen_ai.response.model", number(7)},
                                  {"gen_ai.request.model", text("m")},
                                  {"gen_ai.agent.name", text("")},
                                  {"agent.name", text("a")}});
    EXPECT_EQ(f.usage, (Usage{12, 3, 0, 0, 0, 0.5}));
    EXPECT_EQ(f.model, "m");
    EXPECT_EQ(f.agent, "a");
}

TEST(Facts, ReadsLangfusesObjectsOfNumbers) {
    const auto f = facts_of(
        "x", {{"langfuse.observation.usage_details",
               text(R"({"input": 20, "output": 5, "input_cached_tokens": 80, "total": 105, "nested": {"input": 7}})")},
              {"langfuse.observation.cost_details", text(R"({"input":0.25,"output":0.5})")}});
    EXPECT_EQ(f.usage, (Usage{100, 5, 80, 0, 0, 0.75}));
    for (const auto* broken :
         {"", "{", "[1,2]", "7", R"({"input")", R"({"input":)", R"({"input":-)", R"("\)", "}}{{"}) {
        EXPECT_EQ(facts_of("x", {{"langfuse.observation.usage_details", text(broken)}}).usage, Usage{}) << broken;
    }
}

TEST(Facts, FillsTheMissingHalfFromTheTotal) {
    EXPECT_EQ(facts_of("x", {{"tokens.total", number(10)}, {"tokens.completion", number(4)}}).usage.input_tokens, 6);
    EXPECT_EQ(facts_of("x", {{"tokens.total", number(10)}, {"tokens.prompt", number(4)}}).usage.output_tokens, 6);
}

TEST(Facts, ReadsTheDataOfEvents) {
    const auto f = facts_of("ToolCallComplete",
                            {{"queryId", text("q-id")},
                             {"queryName", text("q")},
                             {"queryNamespace", text("lab")},
                             {"sessionId", text("s-42")},
                             {"conversationId", text("c-9")},
                             {"toolName", text("tide-table")},
                             {"toolId", text("call_1")},
                             {"parameters", text("{}")},
                             {"durationMs", text("87.31")},
                             {"error", text("boom")},
                             {"parentSpanId", text("00f067aa0ba902b7")}},
                            Facts::Of::event);
    EXPECT_EQ(f.query_id, "q-id");
    EXPECT_EQ(f.query_name, "q");
    EXPECT_EQ(f.query_namespace, "lab");
    EXPECT_EQ(f.session_id, "s-42");
    EXPECT_EQ(f.session_source, SessionSource::ark);
    EXPECT_EQ(f.conversation_id, "c-9");
    EXPECT_EQ(f.tool, "tide-table");
    EXPECT_EQ(f.tool_call_id, "call_1");
    EXPECT_EQ(f.input, "{}");
    EXPECT_EQ(f.duration_nanos, 87'310'000);
    EXPECT_TRUE(f.failed);
    EXPECT_EQ(f.error_message, "boom");
    EXPECT_EQ(f.parent_span_id, "00f067aa0ba902b7");
}

TEST(Facts, ReadsDurationsOfEveryAge) {
    const struct {
        ValueView value;
        std::int64_t nanos;
    } cases[] = {{number(2), 2'000'000'000},       {real(0.5), 500'000'000},     {text("1.5"), 1'500'000'000},
                 {text("1m2.5s"), 62'500'000'000}, {text("85.2ms"), 85'200'000}, {text("soon"), -1}};
    for (const auto& c : cases) {
        EXPECT_EQ(facts_of("x", {{"duration", c.value}}, Facts::Of::event).duration_nanos, c.nanos);
    }
}

TEST(Facts, KnowsFailure) {
    EXPECT_TRUE(facts_of("x", {{"error", truth(true)}}).failed);
    EXPECT_FALSE(facts_of("x", {{"error", truth(false)}}).failed);
    EXPECT_FALSE(facts_of("x", {{"error", text("false")}}).failed);
    EXPECT_TRUE(facts_of("x", {{"error.type", text("timeout")}}).failed);
    EXPECT_TRUE(facts_of("x", {{"success", text("false")}}, Facts::Of::event).failed);
    EXPECT_TRUE(facts_of("x", {{"success", truth(false)}}, Facts::Of::event).failed);
    EXPECT_FALSE(facts_of("x", {{"success", truth(true)}}, Facts::Of::event).failed);
    EXPECT_TRUE(facts_of("x", {{"hasError", truth(true)}}, Facts::Of::event).failed);
    EXPECT_TRUE(facts_of("x", {{"langfuse.observation.level", text("ERROR")}}).failed);
}

TEST(Facts, RecognisesSnapshotsOfRunningSpans) {
    const auto logfire = facts_of(
        "x", {{"logfire.span_type", text("pending_span")}, {"logfire.pending_parent_id", text("00f067aa0ba902b7")}});
    EXPECT_EQ(logfire.pending, static_cast<std::uint8_t>(Pending::child_id));
    EXPECT_EQ(logfire.parent_span_id, "00f067aa0ba902b7");
    EXPECT_EQ(facts_of("x", {{"agentops.in-flight", truth(true)}}).pending, static_cast<std::uint8_t>(Pending::own_id));
    EXPECT_EQ(facts_of("x", {{"ark.span.pending", truth(true)}}).pending, static_cast<std::uint8_t>(Pending::own_id));
    EXPECT_EQ(facts_of("x", {{"logfire.span_type", text("span")}}).pending, 0);
}

TEST(Facts, KnowsWhoSendsEventsItself) {
    EXPECT_TRUE(facts_of("x", {}, Facts::Of::span, "ark/controller").explicit_events);
    EXPECT_TRUE(facts_of("x", {{"ark.events", truth(true)}}).explicit_events);
    EXPECT_FALSE(facts_of("x", {{"ark.events", truth(false)}}, Facts::Of::span, "ark/controller").explicit_events);
    EXPECT_FALSE(facts_of("x", {}, Facts::Of::span, "openai").explicit_events);
}

TEST(Facts, InfrastructureIsNotAgentic) {
    EXPECT_FALSE(facts_of("GET /", {{"http.request.method", text("GET")}, {"service.name", text("web")}}).agentic);
    EXPECT_TRUE(facts_of("GET /", {{"session.id", text("s")}}).agentic);
    EXPECT_TRUE(facts_of("x", {{"openinference.span.kind", text("CHAIN")}}).agentic);
}

}  // namespace
}  // namespace ark::model
