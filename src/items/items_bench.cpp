#include "items/expression.hpp"
#include "items/items.hpp"
#include "items/json_events.hpp"
#include "otlp/build.hpp"

#include <string>
#include <vector>

#include <benchmark/benchmark.h>

// What opening a batch costs: the follower's price per span, on one core. GenAI spans as in the design (~3.4 KB, 21
// attributes).
namespace ark::items {
namespace {

otlp::Span gen_ai_span(std::uint8_t i) {
    otlp::Span span;
    span.trace_id.bytes.back() = 1;
    span.span_id.bytes.back() = i;
    span.parent_span_id.bytes.back() = 1;
    span.name = "chat gpt-x-mini";
    span.start = UnixNanos{1'700'000'000'000'000'000};
    span.end = UnixNanos{1'700'000'001'000'000'000};
    span.attributes = {{"gen_ai.operation.name", "chat"},
                       {"gen_ai.provider.name", "openai"},
                       {"gen_ai.request.model", "gpt-x-mini"},
                       {"gen_ai.response.model", "gpt-x-mini-2026-07-18"},
                       {"gen_ai.response.id", "chatcmpl-0123456789"},
                       {"gen_ai.response.finish_reasons", otlp::ValueList{"stop"}},
                       {"gen_ai.conversation.id", "conversation-42"},
                       {"gen_ai.agent.name", "tide-clerk"},
                       {"gen_ai.request.temperature", 0.7},
                       {"gen_ai.request.max_tokens", 4096},
                       {"gen_ai.request.top_p", 1.0},
                       {"gen_ai.usage.input_tokens", 812},
                       {"gen_ai.usage.output_tokens", 164},
                       {"gen_ai.usage.cache_read.input_tokens", 512},
                       {"gen_ai.usage.reasoning.output_tokens", 32},
                       {"gen_ai.input.messages", std::string(1800, 'i')},
                       {"gen_ai.output.messages", std::string(900, 'o')},
                       {"server.address", "api.example.com"},
                       {"server.port", 443},
                       {"session.id", "session-42"},
                       {"user.id", "user-7"}};
    return span;
}

otlp::Span http_span(std::uint8_t i) {
    auto span = gen_ai_span(i);
    span.name = "GET";
    span.attributes = {{"http.request.method", "GET"},
                       {"url.full", "https://example.com/"},
                       {"http.response.status_code", 200},
                       {"server.address", "example.com"},
                       {"network.protocol.version", "1.1"}};
    return span;
}

model::Batch batch_of(otlp::Span (*make)(std::uint8_t), std::size_t count) {
    std::vector<otlp::Span> spans;
    for (std::size_t i = 0; i < count; ++i)
        spans.push_back(make(static_cast<std::uint8_t>(i + 1)));
    const otlp::ValueMap resource = {
        {"service.name", "clerk"}, {"service.version", "1"}, {"telemetry.sdk.language", "python"}};
    model::BatchHeader header;
    header.kind = model::BatchKind::traces;
    return {header, Buffer::copy_of(otlp::encode_traces(resource, {"openai", "1"}, spans))};
}

void open_items(benchmark::State& state, otlp::Span (*make)(std::uint8_t)) {
    const auto batch = batch_of(make, 90);
    std::int64_t tokens = 0;
    for (auto _ : state) {
        const auto status = for_each_item(batch, [&](const Item& item) {
            tokens += item.facts.usage.input_tokens;
            return true;
        });
        if (!status) state.SkipWithError("bad payload");
    }
    benchmark::DoNotOptimize(tokens);
    state.SetItemsProcessed(state.iterations() * 90);
}

otlp::Span failed_tool_span(std::uint8_t i) {
    auto span = gen_ai_span(i);
    span.name = "execute_tool search";
    span.status_code = 2;
    span.attributes = {{"gen_ai.operation.name", "execute_tool"},
                       {"gen_ai.tool.name", "search"},
                       {"gen_ai.agent.name", "researcher"},
                       {"gen_ai.conversation.id", "conversation-42"},
                       {"error.type", "timeout"}};
    return span;
}

/// What asking the filter of docs/expressions.md costs for one event, opened already: what a stream pays per event.
void filter_event(benchmark::State& state, std::string_view reason) {
    const auto filter = Expression::compile(R"(reason == "ToolCallError" && agent.startsWith("res"))");
    const auto batch = batch_of(failed_tool_span, 1);
    const Context context;
    bool found = false;
    const auto measure = [&](const Event& event) {
        if (event.reason != reason) return;
        found = true;
        for (auto _ : state)
            benchmark::DoNotOptimize((*filter)->matches(event, context));
    };
    const auto status = for_each_item(batch, [&](const Item& item) {
        for_each_event(item, true, measure);
        return true;
    });
    if (!status || !found) state.SkipWithError("no such event");
    state.SetItemsProcessed(state.iterations());
}

void write_items(benchmark::State& state, Detail detail) {
    const auto batch = batch_of(gen_ai_span, 90);
    const Context context;
    std::string out;
    for (auto _ : state) {
        out.clear();
        const auto status = for_each_item(batch, [&](const Item& item) {
            codec::JsonWriter json(out);
            write_span(json, Epoch{1}, item, context, detail);
            return true;
        });
        if (!status) state.SkipWithError("bad payload");
    }
    state.SetItemsProcessed(state.iterations() * 90);
}

void json_events(benchmark::State& state) {
    std::string text = "[";
    for (int i = 0; i < 64; ++i) {
        if (i != 0) text += ",";
        text += R"js({"timestamp":"2026-07-23T10:00:01.123456789Z","eventType":"Normal","reason":"ToolCallComplete",)js"
                R"js("message":"Tool execution completed successfully (timestamp: 2026-07-23T10:00:01.123400000Z)",)js"
                R"js("data":{"queryId":"6b1c2d3e-0000-4000-8000-000000000000","queryName":"q-tides",)js"
                R"js("queryNamespace":"lab","sessionId":"s-42","conversationId":"c-9","toolName":"tide-table",)js"
                R"js("toolType":"custom","toolId":"call_1",)js"
                R"js("parameters":"{\"port\":\"Dover\"}","durationMs":"87.31","message":"Tool execution completed",)js"
                R"js("timestamp":"2026-07-23T10:00:01.123400000Z"},"ttl_seconds":2592000})js";
    }
    text += "]";
    for (auto _ : state) {
        auto events = events_from_json(text, UnixNanos{1});
        if (!events) state.SkipWithError("bad payload");
        benchmark::DoNotOptimize(events);
    }
    state.SetItemsProcessed(state.iterations() * 64);
}

BENCHMARK_CAPTURE(open_items, gen_ai, gen_ai_span);
BENCHMARK_CAPTURE(open_items, http, http_span);
BENCHMARK_CAPTURE(filter_event, match, "ToolCallError");
BENCHMARK_CAPTURE(filter_event, no_match, "ToolCallStart");
BENCHMARK_CAPTURE(write_items, lite, Detail::lite);
BENCHMARK_CAPTURE(write_items, full, Detail::full);
BENCHMARK(json_events);

}  // namespace
}  // namespace ark::items
