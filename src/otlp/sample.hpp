#pragma once
#include "otlp/build.hpp"

#include <string>
#include <vector>

/// Telemetry that looks like the real thing, for benchmarks and tests of this module; always the same for the same
/// count.
namespace ark::otlp {

/// A model call of an agent by the GenAI conventions: 23 attributes, prompt and answer included, ~3.4 KB.
inline Span sample_genai_span(unsigned number) {
    static const std::string sentence =
        "The agent reads the ticket, asks the model \"what next?\" and calls a tool.\\n ";
    std::string prompt = R"([{"role":"user","parts":[{"type":"text","content":")";
    while (prompt.size() < 1300)
        prompt += sentence;
    std::string answer = R"([{"role":"assistant","parts":[{"type":"text","content":")";
    while (answer.size() < 850)
        answer += sentence;

    Span span;
    for (unsigned i = 0; i < 16; ++i)
        span.trace_id.bytes[i] = static_cast<std::uint8_t>(number / 8 * 131 + i * 17 + 1);
    for (unsigned i = 0; i < 8; ++i)
        span.span_id.bytes[i] = static_cast<std::uint8_t>(number * 37 + i * 11 + 1);
    span.parent_span_id = span.span_id;
    span.parent_span_id.bytes[0] ^= 0x55;
    span.name = "chat gpt-4.1";
    span.kind = 3;
    span.flags = 0x101;
    span.start = UnixNanos{1'790'000'000'000'000'000u + number * 1'000'000u};
    span.end = span.start + 850'000'000u;
    span.attributes = {{"gen_ai.operation.name", "chat"},
                       {"gen_ai.provider.name", "openai"},
                       {"gen_ai.request.model", "gpt-4.1"},
                       {"gen_ai.response.model", "gpt-4.1-2026-04-14"},
                       {"gen_ai.response.id", "chatcmpl-Cx81f6Vd0aF3kk2N1s9Qq" + std::to_string(number)},
                       {"gen_ai.request.temperature", 0.7},
                       {"gen_ai.request.max_tokens", 4096},
                       {"gen_ai.request.top_p", 1.0},
                       {"gen_ai.response.finish_reasons", ValueList{"stop"}},
                       {"gen_ai.usage.input_tokens", 1234},
                       {"gen_ai.usage.output_tokens", 567},
                       {"gen_ai.usage.cache_read.input_tokens", 1024},
                       {"gen_ai.conversation.id", "conv-5j66UpCpwteGg4YSxUnt7lPY"},
                       {"gen_ai.agent.id", "agent-7f3a"},
                       {"gen_ai.agent.name", "researcher"},
                       {"gen_ai.input.messages", std::move(prompt)},
                       {"gen_ai.output.messages", std::move(answer)},
                       {"gen_ai.output.type", "text"},
                       {"server.address", "api.example.com"},
                       {"server.port", 443},
                       {"ark.session.id", "session-" + std::to_string(number / 64)},
                       {"ark.query.id", "3f1c9a52-8f6b-4c38-9d0a-5b1f7a0c2e11"},
                       {"user.id", "u-1842"}};
    span.events = {{span.start + 120'000'000u, "gen_ai.first_token", {{"gen_ai.token.index", 0}}}};
    return span;
}

/// A span of ordinary instrumentation, ~260 B.
inline Span sample_small_span(unsigned number) {
    Span span = Span();
    for (unsigned i = 0; i < 16; ++i)
        span.trace_id.bytes[i] = static_cast<std::uint8_t>(number / 8 * 131 + i * 17 + 1);
    for (unsigned i = 0; i < 8; ++i)
        span.span_id.bytes[i] = static_cast<std::uint8_t>(number * 37 + i * 11 + 1);
    span.parent_span_id = span.span_id;
    span.parent_span_id.bytes[0] ^= 0x55;
    span.name = "GET /v1/items/{id}";
    span.kind = 2;
    span.start = UnixNanos{1'790'000'000'000'000'000u + number * 1'000'000u};
    span.end = span.start + 3'000'000u;
    span.attributes = {{"http.request.method", "GET"},
                       {"http.route", "/v1/items/{id}"},
                       {"http.response.status_code", 200},
                       {"url.scheme", "https"},
                       {"server.address", "items.internal"}};
    return span;
}

inline std::vector<Span> sample_genai_spans(unsigned count) {
    std::vector<Span> spans;
    for (unsigned i = 0; i < count; ++i)
        spans.push_back(sample_genai_span(i));
    return spans;
}

inline std::vector<Span> sample_small_spans(unsigned count) {
    std::vector<Span> spans;
    for (unsigned i = 0; i < count; ++i)
        spans.push_back(sample_small_span(i));
    return spans;
}

inline std::string sample_traces(const std::vector<Span>& spans) {
    const ValueMap resource = {
        {"service.name", "agent-runner"}, {"service.version", "1.4.2"}, {"host.name", "worker-3"}};
    return encode_traces(resource, {"opentelemetry.instrumentation.openai", "2.1"}, spans);
}

inline std::string sample_genai_traces(unsigned count) {
    return sample_traces(sample_genai_spans(count));
}
inline std::string sample_small_traces(unsigned count) {
    return sample_traces(sample_small_spans(count));
}

}  // namespace ark::otlp
