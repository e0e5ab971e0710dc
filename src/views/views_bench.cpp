#include "views/fold.hpp"
#include "views/testing/memory_journal.hpp"
#include "views/views.hpp"

#include <filesystem>
#include <thread>

#include <benchmark/benchmark.h>

/// What the views cost beside the receive path: the fold per span, and the reads that pages wait for.
namespace ark::views {
namespace {

constexpr std::uint64_t start_nanos = 1'700'000'000'000'000'000;

template <class Id>
Id id_of(std::uint64_t n) {
    Id id;
    auto mixed = n * 0x9e3779b97f4a7c15ULL;
    for (std::size_t i = 0; i < Id::size; ++i) {
        id.bytes[i] = static_cast<std::uint8_t>(mixed >> (8 * (i % 8)));
        if (i % 8 == 7) mixed ^= n;
    }
    return id;
}

enum class Shape { genai, small };

otlp::Span make_span(Shape shape, std::uint64_t trace, std::uint64_t n, std::uint64_t in_trace,
                     std::uint64_t sessions) {
    otlp::Span span;
    span.trace_id = id_of<TraceId>(trace + 1);
    span.span_id = id_of<SpanId>(n + 1);
    if (in_trace != 0) span.parent_span_id = id_of<SpanId>(n - in_trace + 1);
    span.start = UnixNanos(start_nanos + n * 1000);
    span.end = UnixNanos(start_nanos + n * 1000 + 500'000);
    if (shape == Shape::small) {
        span.name = "GET /api/items";
        span.attributes = {{"http.request.method", "GET"},
                           {"url.path", "/api/items"},
                           {"http.response.status_code", 200},
                           {"server.address", "10.0.0.1"}};
        return span;
    }
    const bool is_root = in_trace == 0;
    span.name = is_root ? "invoke_agent planner" : "chat gpt-4.1";
    span.attributes = {{"gen_ai.operation.name", is_root ? "invoke_agent" : "chat"},
                       {"gen_ai.agent.name", "planner"},
                       {"gen_ai.request.model", "gpt-4.1"},
                       {"gen_ai.provider.name", "openai"},
                       {"ark.session.id", "session-" + std::to_string(trace % sessions)},
                       {"gen_ai.usage.input_tokens", std::int64_t{1200}},
                       {"gen_ai.usage.output_tokens", std::int64_t{300}},
                       {"gen_ai.input.messages", std::string(1900, 'i')},
                       {"gen_ai.output.messages", std::string(1000, 'o')}};
    return span;
}

std::vector<model::Batch> make_batches(Shape shape, std::size_t batches, std::size_t per_batch, std::size_t per_trace) {
    std::vector<model::Batch> all;
    std::uint64_t n = 0;
    for (std::size_t b = 0; b < batches; ++b) {
        std::vector<otlp::Span> spans;
        for (std::size_t i = 0; i < per_batch; ++i, ++n)
            spans.push_back(make_span(shape, n / per_trace, n, n % per_trace, 1000));
        model::BatchHeader header;
        header.base = Offset(b * per_batch);
        header.item_count = static_cast<std::uint32_t>(per_batch);
        header.received = UnixNanos(start_nanos);
        header.tenant = "default";
        all.emplace_back(header,
                         Buffer::copy_of(otlp::encode_traces({{"service.name", "bench"}}, {"bench", "1"}, spans)));
    }
    return all;
}

std::string fresh_directory() {
    const auto directory = std::filesystem::temp_directory_path() / "ark_views_bench";
    std::filesystem::remove_all(directory);
    return directory;
}

void fold_batches(benchmark::State& state, Shape shape, std::size_t batches, std::size_t per_batch,
                  std::size_t per_trace) {
    const auto all = make_batches(shape, batches, per_batch, per_trace);
    const auto per_drain = static_cast<std::size_t>(state.range(0));
    for (auto _ : state) {
        state.PauseTiming();
        store::KvConfig config;
        config.directory = fresh_directory();
        auto kv = std::move(*store::Kv::open(config));
        auto stories = std::make_unique<HotStories>();
        auto fold = std::make_unique<Fold>(*kv, *stories, 64u << 20);
        if (!fold->resume(Epoch(1))) state.SkipWithError("resume");
        state.ResumeTiming();
        std::size_t items = 0;
        for (const auto& batch : all) {
            if (!fold->apply(batch)) state.SkipWithError("apply");
            items += per_batch;
            if (items < per_drain && &batch != &all.back()) continue;
            if (!fold->commit(batch.end())) state.SkipWithError("commit");
            fold->shrink();
            items = 0;
        }
        state.PauseTiming();
        fold.reset();
        stories.reset();
        kv.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches * per_batch));
}

void walk_batches(benchmark::State& state, Shape shape, std::size_t batches, std::size_t per_batch,
                  std::size_t per_trace) {
    const auto all = make_batches(shape, batches, per_batch, per_trace);
    for (auto _ : state) {
        std::uint64_t spans = 0;
        for (const auto& batch : all) {
            const auto status = items::for_each_item(batch, [&](const items::Item& item) {
                spans += item.facts.agentic ? 2 : 1;
                return true;
            });
            if (!status) state.SkipWithError("walk");
        }
        benchmark::DoNotOptimize(spans);
    }
    state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batches * per_batch));
}

// The floor: opening the items, which every follower pays.
BENCHMARK_CAPTURE(walk_batches, genai_90, Shape::genai, 100, 90, 30)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(walk_batches, small_512, Shape::small, 400, 512, 8)->Unit(benchmark::kMillisecond);
// The fold with it; the argument is items per drain.
BENCHMARK_CAPTURE(fold_batches, genai_90, Shape::genai, 200, 90, 30)
    ->Arg(18'000)
    ->Arg(90)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fold_batches, small_512, Shape::small, 800, 512, 8)
    ->Arg(200'000)
    ->Arg(10'000)
    ->Arg(512)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(fold_batches, single_span_traces, Shape::small, 50'000, 1, 1)
    ->Arg(1000)
    ->Arg(20)
    ->Unit(benchmark::kMillisecond);

/// Views over 100 k sessions of one small trace each, and one trace of 10 k spans.
class Stored {
public:
    static Stored& instance() {
        static Stored stored;
        return stored;
    }
    Views& views() { return *views_; }

private:
    Stored() {
        std::uint64_t n = 0;
        for (int b = 0; b < 1000; ++b) {
            std::vector<otlp::Span> spans;
            for (int i = 0; i < 100; ++i, ++n) {
                auto span = make_span(Shape::genai, n + 1000, n, 0, 1'000'000);
                span.attributes[1].second = otlp::Value("agent-" + std::to_string(n % 5000));
                span.attributes.resize(7);
                spans.push_back(std::move(span));
            }
            journal_.add_spans(spans, UnixNanos(start_nanos + n * 1000));
        }
        std::vector<otlp::Span> large;
        for (std::uint64_t i = 0; i < 10'000; ++i) {
            large.push_back(make_span(Shape::small, 0, 1'000'000 + i, i, 1));
        }
        journal_.add_spans(large, UnixNanos(start_nanos));
        ViewsConfig config;
        config.directory = fresh_directory();
        static_cast<void>(rebuild(config, journal_, clock_, {}));
        views_ = std::move(*Views::open(config, journal_, clock_));
    }
    testing::MemoryJournal journal_;
    FakeClock clock_;
    std::unique_ptr<Views> views_;
};

void open_trace_10k(benchmark::State& state) {
    auto& views = Stored::instance().views();
    for (auto _ : state) {
        const auto spans = views.trace_spans("default", id_of<TraceId>(1), 0);
        if (!spans || spans->size() != 10'000) state.SkipWithError("spans missing");
    }
}
BENCHMARK(open_trace_10k)->Unit(benchmark::kMillisecond);

void list_sessions(benchmark::State& state, const ListRequest& request) {
    auto& views = Stored::instance().views();
    for (auto _ : state) {
        const auto page = views.sessions(request);
        if (!page) state.SkipWithError("list");
        benchmark::DoNotOptimize(page->rows.size());
    }
}

ListRequest request_with(const std::function<void(ListRequest&)>& change) {
    ListRequest request;
    change(request);
    return request;
}

BENCHMARK_CAPTURE(list_sessions, all, ListRequest())->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list_sessions, of_agent, request_with([](auto& r) { r.agent = "agent-42"; }))
    -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list_sessions, that_failed, request_with([](auto& r) { r.failed = true; }))
    -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list_sessions, search, request_with([](auto& r) { r.search = "session-777"; }))
    -> Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(list_sessions, running, request_with([](auto& r) { r.state = State::running; }))
    -> Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ark::views
