#include "otlp/check.hpp"
#include "otlp/json.hpp"
#include "otlp/sample.hpp"
#include "otlp/walk.hpp"

#include <benchmark/benchmark.h>

// Spans per second of one core, for the two shapes that everything here is measured with: GenAI spans (~3.4 KB, 23
// attributes) and small ones (~260 B). items_per_second is spans; bytes_per_second what was read.
namespace ark::otlp {
namespace {

struct Shape {
    std::string payload;
    std::int64_t spans;
};

const Shape& shape(std::int64_t number) {
    static const Shape genai{sample_genai_traces(90), 90};
    static const Shape small{sample_small_traces(512), 512};
    return number == 0 ? genai : small;
}

void report(benchmark::State& state, std::int64_t spans, std::size_t bytes) {
    state.SetItemsProcessed(state.iterations() * spans);
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
    state.SetLabel(state.range(0) == 0 ? "genai" : "small");
}

void check(benchmark::State& state) {
    const auto& [payload, spans] = shape(state.range(0));
    for (auto _ : state) {
        auto checked = check_traces(payload, {});
        benchmark::DoNotOptimize(checked);
    }
    report(state, spans, payload.size());
}
BENCHMARK(check)->Arg(0)->Arg(1);

void walk_fields(benchmark::State& state) {
    const auto& [payload, spans] = shape(state.range(0));
    std::uint64_t sum = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(for_each_span(payload, [&](const SpanView& span) {
            sum += span.start.value() + span.name.size();
            return true;
        }));
    }
    benchmark::DoNotOptimize(sum);
    report(state, spans, payload.size());
}
BENCHMARK(walk_fields)->Arg(0)->Arg(1);

void walk_attributes(benchmark::State& state) {
    const auto& [payload, spans] = shape(state.range(0));
    std::uint64_t sum = 0;
    for (auto _ : state) {
        benchmark::DoNotOptimize(for_each_span(payload, [&](const SpanView& span) {
            auto attributes = span.attributes();
            for (model::AttributeView attribute; attributes.next(attribute);) {
                sum += attribute.key.size() + attribute.value.text.size();
            }
            return true;
        }));
    }
    benchmark::DoNotOptimize(sum);
    report(state, spans, payload.size());
}
BENCHMARK(walk_attributes)->Arg(0)->Arg(1);

void json_in(benchmark::State& state) {
    const auto& [payload, spans] = shape(state.range(0));
    const auto json = Buffer::copy_of(*traces_to_json(payload));
    for (auto _ : state) {
        auto transcoded = traces_from_json(json);
        benchmark::DoNotOptimize(transcoded);
    }
    report(state, spans, json.size());
}
BENCHMARK(json_in)->Arg(0)->Arg(1);

void json_out(benchmark::State& state) {
    const auto& [payload, spans] = shape(state.range(0));
    for (auto _ : state) {
        auto json = traces_to_json(payload);
        benchmark::DoNotOptimize(json);
    }
    report(state, spans, payload.size());
}
BENCHMARK(json_out)->Arg(0)->Arg(1);

void encode(benchmark::State& state) {
    const auto spans = state.range(0) == 0 ? sample_genai_spans(90) : sample_small_spans(512);
    std::size_t bytes = 0;
    for (auto _ : state) {
        auto payload = encode_traces({{"service.name", "bench"}}, {"ark.bench", "1"}, spans);
        bytes = payload.size();
        benchmark::DoNotOptimize(payload);
    }
    report(state, static_cast<std::int64_t>(spans.size()), bytes);
}
BENCHMARK(encode)->Arg(0)->Arg(1);

}  // namespace
}  // namespace ark::otlp
