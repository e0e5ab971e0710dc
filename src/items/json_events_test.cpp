#include "items/json_events.hpp"

#include "codec/json_value.hpp"
#include "items/test_batches.hpp"

#include <string>

#include <gtest/gtest.h>

namespace ark::items {
namespace {

constexpr UnixNanos now{1'750'000'000'000'000'000};

Result<JsonEvents> read(std::string_view json) {
    return events_from_json(json, now);
}

model::Batch batch_of_json(std::string_view json) {
    auto events = read(json);
    EXPECT_TRUE(events) << (events ? "" : events.error().message());
    if (!events) return batch_of(model::BatchKind::logs, "", 0);
    return batch_of(model::BatchKind::logs, events->payload.view(), events->count);
}

// What comes in, as it goes out again: same members, whatever their order.
void expect_round_trip(std::string_view sent, std::string_view expected) {
    each_item(batch_of_json(sent), [&](const Item& item) {
        for_each_event(item, true, [&](const Event& event) {
            std::string out;
            codec::JsonWriter json(out);
            write_json_event(json, event, Context{});
            EXPECT_EQ(out, expected);
        });
    });
}

constexpr std::string_view tool_event =
    R"js({"timestamp":"2026-07-23T10:00:01.123456789Z","eventType":"Normal","reason":"ToolCallComplete",)js"
    R"js("message":"done (100%)","data":{"queryId":"6b1c","queryName":"q-tides","sessionId":"s-42",)js"
    R"js("toolName":"tides",)js"
    R"js("parameters":"{\"port\":\"Dover\"}","durationMs":"87.31","traceId":"4bf92f3577b34da6a3ce929d0e0e4736",)js"
    R"js("spanId":"00f067aa0ba902b7"},"ttl_seconds":2592000})js";

TEST(JsonEvents, BecomeItemsWithFacts) {
    each_item(batch_of_json(tool_event), [](const Item& item) {
        EXPECT_EQ(item.type, ItemType::event);
        EXPECT_EQ(item.reason, "ToolCallComplete");
        EXPECT_EQ(to_rfc3339(item.time), "2026-07-23T10:00:01.123456789Z");
        EXPECT_EQ(item.trace_id.hex(), "4bf92f3577b34da6a3ce929d0e0e4736");
        EXPECT_EQ(item.span_id.hex(), "00f067aa0ba902b7");
        EXPECT_EQ(item.facts.query_id, "6b1c");
        EXPECT_EQ(item.facts.session_id, "s-42");
        EXPECT_EQ(item.facts.tool, "tides");
        EXPECT_EQ(item.facts.duration_nanos, 87'310'000);
        EXPECT_EQ(item.level, model::Level::normal);
    });
}

TEST(JsonEvents, ManyComeAsAnArray) {
    const auto events = read(R"([{"data":{"queryId":"a"},"timestamp":"2026-01-01T00:00:02Z"},
                                 {"data":{"queryId":"b"},"timestamp":"2026-01-01T00:00:01Z"}])");
    ASSERT_TRUE(events);
    EXPECT_EQ(events->count, 2u);
    EXPECT_EQ(to_rfc3339(events->time_min), "2026-01-01T00:00:01.000Z");
    EXPECT_EQ(to_rfc3339(events->time_max), "2026-01-01T00:00:02.000Z");
    const auto none = read("[]");
    ASSERT_TRUE(none);
    EXPECT_EQ(none->count, 0u);
}

TEST(JsonEvents, WithoutATimeHappenNow) {
    each_item(batch_of_json(R"({"data":{"queryId":"a"}})"), [](const Item& item) {
        EXPECT_EQ(item.time, now);
        EXPECT_EQ(item.reason, unnamed_event);
    });
}

TEST(JsonEvents, AreRefusedWholeWithThePlace) {
    const std::pair<std::string_view, std::string_view> cases[] = {
        {R"({"data":{}})", "event.data.queryId: must be a non-empty text"},
        {R"({"data":{"queryId":7}})", "event.data.queryId"},
        {R"({"data":[]})", "event.data: must be an object"},
        {R"({})", "event.data: must be an object"},
        {R"([{"data":{"queryId":"a"}},{"data":{"queryId":""}}])", "[1].data.queryId"},
        {R"([1])", "[0]: must be an object"},
        {R"("x")", "event: must be an object"},
    };
    for (const auto& [json, place] : cases) {
        const auto events = read(json);
        ASSERT_FALSE(events) << json;
        EXPECT_EQ(events.error().code, Errc::bad_payload);
        EXPECT_EQ(events.error().context.find(place), 0u) << events.error().context;
    }
    for (const auto* json : {"", "{", "nonsense", R"({"data":{"queryId":"a"}} x)"}) {
        EXPECT_FALSE(read(json)) << json;
    }
}

TEST(JsonEvents, NestingIsBounded) {
    std::string deep = R"({"data":{"queryId":"a","x":)" + std::string(100, '[') + std::string(100, ']') + "}}";
    EXPECT_FALSE(read(deep));
    EXPECT_TRUE(events_from_json(deep, now, 128));
}

TEST(JsonEvents, GoOutAsTheyCameIn) {
    expect_round_trip(
        tool_event,
        R"js({"data":{"queryId":"6b1c","queryName":"q-tides","sessionId":"s-42","toolName":"tides",)js"
        R"js("parameters":"{\"port\":\"Dover\"}","durationMs":"87.31",)js"
        R"js("traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"00f067aa0ba902b7"},)js"
        R"js("timestamp":"2026-07-23T10:00:01.123456789Z","eventType":"Normal","reason":"ToolCallComplete",)js"
        R"js("message":"done (100%)"})js");
    // Members of any name and type, times in another form, a reason of another version.
    expect_round_trip(
        R"js({"timestamp":"2026-07-23T12:00:01+02:00","eventType":"Warning",)js"
        R"js("reason":"ResolveError","extra":{"a":[1,2.5,null]},)js"
        R"js("data":{"queryId":"q","n":-3,"f":0.25,"b":true,"o":{"k":"v"},"big":18446744073709551615}})js",
        R"js({"data":{"queryId":"q","n":-3,"f":0.25,"b":true,"o":{"k":"v"},"big":18446744073709551616},)js"
        R"js("timestamp":"2026-07-23T12:00:01+02:00","extra":{"a":[1,2.5,null]},)js"
        R"js("eventType":"Warning","reason":"ResolveError"})js");
    // Nothing is said in other words than the sender's.
    expect_round_trip(R"js({"reason":"X","eventType":"Normal","timestamp":"2026-01-01T00:00:01.000Z",)js"
                      R"js("data":{"queryId":"q","agentName":"a","modelName":"m"}})js",
                      R"js({"data":{"queryId":"q","agentName":"a","modelName":"m"},)js"
                      R"js("timestamp":"2026-01-01T00:00:01.000Z","eventType":"Normal","reason":"X"})js");
    expect_round_trip(R"js({"reason":7,"eventType":[],"data":{"queryId":"q"},"timestamp":null})js",
                      R"js({"data":{"queryId":"q"},"reason":7,"eventType":[],"timestamp":null})js");
    // Nothing is added, and what says nothing stays.
    expect_round_trip(R"js({"data":{"queryId":"q"}})js", R"js({"data":{"queryId":"q"}})js");
    expect_round_trip(R"js({"data":{"queryId":"q"},"reason":"Event","eventType":"","message":null})js",
                      R"js({"data":{"queryId":"q"},"reason":"Event","eventType":"","message":null})js");
    expect_round_trip(R"js({"data":{"queryId":"q"},"timestamp":"1970-01-01T00:00:00.000Z"})js",
                      R"js({"data":{"queryId":"q"},"timestamp":"1970-01-01T00:00:00.000Z"})js");
}

TEST(JsonEvents, OtherEventsAreToldInTheSameWords) {
    auto call = span(
        "x", {{"gen_ai.operation.name", "execute_tool"}, {"gen_ai.tool.name", "tides"}, {"error.type", "timeout"}});
    Context context;
    context.session_id = "s";
    context.query_id = "q";
    context.query_name = "qn";
    std::string out;
    each_item(traces({}, {call}), [&](const Item& item) {
        for_each_event(item, true, [&](const Event& event) {
            codec::JsonWriter json(out);
            write_json_event(json, event, context);
            out += "\n";
        });
    });
    EXPECT_EQ(out,
              R"js({"data":{"queryId":"q","queryName":"qn","sessionId":"s","toolName":"tides"},)js"
              R"js("timestamp":"1970-01-01T00:00:00.000000010Z","eventType":"Normal","reason":"ToolCallStart"})js"
              "\n"
              R"js({"data":{"queryId":"q","queryName":"qn","sessionId":"s","toolName":"tides","error":"timeout"},)js"
              R"js("timestamp":"1970-01-01T00:00:00.000000020Z","eventType":"Warning","reason":"ToolCallError"})js"
              "\n");
}

}  // namespace
}  // namespace ark::items
