#include "codec/json_value.hpp"
#include "items/items.hpp"
#include "items/test_batches.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace ark::items {
namespace {

constexpr Epoch epoch{0xab};

otlp::Span chat() {
    auto one = span("chat m", {{"gen_ai.operation.name", "chat"},
                               {"gen_ai.request.model", "m"},
                               {"gen_ai.provider.name", "openai"},
                               {"gen_ai.agent.name", "clerk"},
                               {"gen_ai.usage.input_tokens", 10},
                               {"gen_ai.usage.output_tokens", 4},
                               {"gen_ai.usage.cache_read.input_tokens", 8},
                               {"gen_ai.usage.cost", 0.5},
                               {"input.value", "hi"},
                               {"output.value", "hello"},
                               {"session.id", "s"}});
    one.parent_span_id = span_id(3);
    one.start = UnixNanos{1'000'000'000};
    one.end = UnixNanos{1'250'000'000};
    one.kind = 3;
    return one;
}

std::vector<std::string> events_of(const model::Batch& batch, Detail detail, const Context& context = {}) {
    std::vector<std::string> lines;
    each_item(batch, [&](const Item& item) {
        for_each_event(item, true, [&](const Event& event) {
            std::string out;
            codec::JsonWriter json(out);
            write_event(json, epoch, event, context, detail);
            lines.push_back(out);
        });
    });
    return lines;
}

std::string span_json(const otlp::Span& one, Detail detail, const Context& context = {},
                      const otlp::ValueMap& resource = {}) {
    std::string out;
    each_item(traces(resource, {one}), [&](const Item& item) {
        codec::JsonWriter json(out);
        write_span(json, epoch, item, context, detail);
    });
    return out;
}

TEST(WriteEvent, TellsASpansStoryInAStableOrder) {
    Context context;
    context.query_id = "q";
    const auto lines = events_of(traces({{"service.name", "svc"}}, {chat()}), Detail::lite, context);
    ASSERT_EQ(lines.size(), 2u);
    const std::string ids = R"js("traceId":"00000000000000000000000000000001","spanId":"0000000000000002",)js"
                            R"js("parentSpanId":"0000000000000003","sessionId":"s","queryId":"q","subject":"m",)js"
                            R"js("agent":"clerk","model":"m","provider":"openai","service":"svc")js";
    EXPECT_EQ(lines[0],
              R"js({"id":"000000ab-0000000000000064s","time":"1970-01-01T00:00:01.000Z","reason":"LLMCallStart",)js"
              R"js("operation":"LLMCall","phase":"start","level":"Normal","component":"llm",)js" +
                  ids + R"js(,"input":"hi","derived":true})js");
    EXPECT_EQ(lines[1],
              R"js({"id":"000000ab-0000000000000064e","time":"1970-01-01T00:00:01.250Z","reason":"LLMCallComplete",)js"
              R"js("operation":"LLMCall","phase":"complete","level":"Normal","component":"llm",)js" +
                  ids +
                  R"js(,"durationMs":250,"tokens":{"input":10,"output":4,"total":14,"cacheRead":8},"costUsd":0.5,)js"
                  R"js("input":"hi","output":"hello","derived":true})js");
}

TEST(WriteEvent, OfAQuerysEndIsTerminalAndSaysWhatFailed) {
    auto query = span("q", {{"openinference.span.kind", "CHAIN"}, {"error.type", "timeout"}});
    query.status_code = 2;
    query.status_message = "took too long";
    const auto lines = events_of(traces({}, {query}), Detail::lite);
    const auto start = codec::JsonValue::parse(lines[0]);
    const auto end = codec::JsonValue::parse(lines[1]);
    ASSERT_TRUE(start && end);
    EXPECT_TRUE((*start)["terminal"].is_null());
    EXPECT_TRUE((*end)["terminal"].boolean());
    EXPECT_TRUE((*end)["failed"].boolean());
    EXPECT_EQ((*end)["level"].text(), "Warning");
    EXPECT_EQ((*end)["error"]["type"].text(), "timeout");
    EXPECT_EQ((*end)["error"]["message"].text(), "took too long");
}

TEST(WriteEvent, ShowsWhatWasSent) {
    auto record =
        log("MemoryAddMessagesComplete",
            {{"queryId", "q"}, {"durationMs", "12.5"}, {"nested", otlp::ValueMap{{"a", otlp::ValueList{1, "two"}}}}});
    record.body = "two messages";
    record.severity_number = 9;
    record.severity_text = "Normal";
    const auto full = codec::JsonValue::parse(events_of(logs({}, {record}), Detail::full).at(0));
    ASSERT_TRUE(full);
    EXPECT_EQ((*full)["reason"].text(), "MemoryStoreComplete");
    EXPECT_EQ((*full)["reasonAsSent"].text(), "MemoryAddMessagesComplete");
    EXPECT_EQ((*full)["message"].text(), "two messages");
    EXPECT_EQ((*full)["durationMs"].real(), 12.5);
    EXPECT_EQ((*full)["severity"].text(), "Normal");
    EXPECT_EQ((*full)["attributes"].dump(), R"js({"queryId":"q","durationMs":"12.5","nested":{"a":[1,"two"]}})js");
    EXPECT_EQ((*full)["scope"]["name"].text(), "test");
    EXPECT_TRUE((*full)["derived"].is_null());
    const auto lite = codec::JsonValue::parse(events_of(logs({}, {record}), Detail::lite).at(0));
    EXPECT_TRUE((*lite)["attributes"].is_null());
}

TEST(WriteSpan, LiteHasPreviewsThatCutNoCharacter) {
    auto one = chat();
    one.attributes = {{"openinference.span.kind", "LLM"}, {"input.value", std::string(255, 'x') + "\u00e9 and more"}};
    const auto lite = codec::JsonValue::parse(span_json(one, Detail::lite));
    ASSERT_TRUE(lite);
    EXPECT_EQ((*lite)["input"].text(), std::string(255, 'x'));
    EXPECT_TRUE((*lite)["attributes"].is_null());
    EXPECT_TRUE((*lite)["resource"].is_null());
}

TEST(WriteSpan, ShowsStructuredContentAsJson) {
    auto one = chat();
    one.attributes = {{"gen_ai.operation.name", "chat"},
                      {"gen_ai.input.messages", otlp::ValueList{otlp::ValueMap{{"role", "user"}}}}};
    const auto lite = codec::JsonValue::parse(span_json(one, Detail::lite));
    ASSERT_TRUE(lite);
    EXPECT_EQ((*lite)["input"].text(), R"js([{"role":"user"}])js");
}

TEST(WriteSpan, FullMissesNothingThatWasSent) {
    auto one = chat();
    one.trace_state = "a=b";
    one.flags = 0x101;
    one.status_code = 1;
    one.dropped_attributes_count = 2;
    one.events = {{UnixNanos{1'100'000'000}, "exception", {{"exception.message", "boom"}}}};
    one.links = {{trace_id(8), span_id(8), {{"why", "retry"}}}};
    const auto full = codec::JsonValue::parse(span_json(one, Detail::full, {}, {{"service.name", "svc"}}));
    ASSERT_TRUE(full);
    const auto& json = *full;
    EXPECT_EQ(json["name"].text(), "chat m");
    EXPECT_EQ(json["kind"].text(), "client");
    EXPECT_EQ(json["component"].text(), "llm");
    EXPECT_EQ(json["start"].text(), "1970-01-01T00:00:01.000Z");
    EXPECT_EQ(json["end"].text(), "1970-01-01T00:00:01.250Z");
    EXPECT_EQ(json["durationMs"].real(), 250);
    EXPECT_EQ(json["status"].text(), "ok");
    EXPECT_EQ(json["attributes"].size(), 11u);
    EXPECT_EQ(
        json["events"].dump(),
        R"js([{"name":"exception","time":"1970-01-01T00:00:01.100Z","attributes":{"exception.message":"boom"}}])js");
    EXPECT_EQ(json["links"].dump(), R"js([{"traceId":"00000000000000000000000000000008","spanId":"0000000000000008",)js"
                                    R"js("attributes":{"why":"retry"}}])js");
    EXPECT_EQ(json["resource"].dump(), R"js({"attributes":{"service.name":"svc"}})js");
    EXPECT_EQ(json["scope"].dump(), R"js({"name":"test","version":"1","attributes":{}})js");
    EXPECT_EQ(json["traceState"].text(), "a=b");
    EXPECT_EQ(json["flags"].integer(), 0x101);
    EXPECT_EQ(json["droppedAttributesCount"].integer(), 2);
}

TEST(WriteSpan, SaysWhatStillRuns) {
    auto one = chat();
    one.end = UnixNanos{};
    const auto open = codec::JsonValue::parse(span_json(one, Detail::lite));
    ASSERT_TRUE(open);
    EXPECT_EQ((*open)["status"].text(), "running");
    EXPECT_TRUE((*open)["end"].is_null());
    EXPECT_TRUE((*open)["durationMs"].is_null());
}

TEST(WriteSpan, TheTracesSessionWins) {
    Context context;
    context.session_id = "of-trace";
    const auto json = codec::JsonValue::parse(span_json(chat(), Detail::lite, context));
    ASSERT_TRUE(json);
    EXPECT_EQ((*json)["sessionId"].text(), "of-trace");
}

TEST(WriteLog, HasSeverityAndBody) {
    auto record = log("", {{"k", "v"}});
    record.severity_number = 17;
    record.severity_text = "ERROR";
    record.body = otlp::ValueMap{{"a", 1}};
    std::string out;
    each_item(logs({}, {record}), [&](const Item& item) {
        codec::JsonWriter json(out);
        write_log(json, epoch, item, {}, Detail::full);
    });
    EXPECT_EQ(out,
              R"js({"id":"000000ab-0000000000000064","time":"1970-01-01T00:00:00.000000015Z","severity":"ERROR",)js"
              R"js("severityNumber":17,"body":{"a":1},"attributes":{"k":"v"},"resource":{"attributes":{}},)js"
              R"js("scope":{"name":"test","version":"1","attributes":{}}})js");
}

}  // namespace
}  // namespace ark::items
