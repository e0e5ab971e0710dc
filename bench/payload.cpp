#include "payload.hpp"

#include "base/hex.hpp"
#include "base/time.hpp"

#include <cstring>

namespace ark::bench {
namespace {

void append_varint(std::string& out, std::uint64_t number) {
    while (number > 0x7f) {
        out.push_back(static_cast<char>(number | 0x80));
        number >>= 7;
    }
    out.push_back(static_cast<char>(number));
}

void append_field(std::string& out, unsigned field, std::string_view bytes) {
    append_varint(out, field << 3 | 2);
    append_varint(out, bytes.size());
    out.append(bytes);
}

constexpr const char* words[] = {"agent", "plans",   "the",    "route",  "model",   "answers",
                                 "tool",  "returns", "search", "found",  "result",  "value",
                                 "north", "river",   "report", "detail", "because", "between"};

std::string text_of(std::size_t bytes, unsigned seed) {
    std::string text;
    for (unsigned i = seed; text.size() < bytes; i = i * 1664525u + 1013904223u) {
        text.append(words[(i >> 16) % std::size(words)]).push_back(' ');
    }
    text.resize(bytes);
    return text;
}

struct Attribute {
    std::string key;
    std::string text;
    long long number = -1;  // used when text is empty
};

constexpr std::string_view session_mark = "session-0000000000000000";

std::vector<Attribute> attributes_of(Shape shape, unsigned index) {
    if (shape == Shape::small) {
        return {{"session.id", std::string(session_mark)},
                {"http.route", "/v1/items/{id}"},
                {"http.method", "GET"},
                {"peer", "10.0.0.7"},
                {"attempt", "", index % 3}};
    }
    if (shape == Shape::ten) {
        return {{"session.id", std::string(session_mark)},
                {"query.namespace", "default"},
                {"query.name", "query"},
                {"agent.name", "researcher"},
                {"model.name", "gpt-4.1-mini"},
                {"input.value", text_of(200, index)},
                {"output.value", text_of(200, index + 1)},
                {"tokens.input", "", 812 + index},
                {"tokens.output", "", 143},
                {"server.address", "api.openai.example"}};
    }
    std::vector<Attribute> out = {
        {"session.id", std::string(session_mark)},
        {"gen_ai.operation.name", index % 3 == 0   ? "invoke_agent"
                                  : index % 3 == 1 ? "chat"
                                                   : "execute_tool"},
        {"gen_ai.provider.name", "openai"},
        {"gen_ai.request.model", "gpt-4.1-mini"},
        {"gen_ai.response.model", "gpt-4.1-mini-2026-04-14"},
        {"gen_ai.agent.name", "researcher-" + std::to_string(index % 4)},
        {"gen_ai.conversation.id", "conversation-" + std::to_string(index % 7)},
        {"gen_ai.usage.input_tokens", "", 812 + index},
        {"gen_ai.usage.output_tokens", "", 143},
        {"gen_ai.usage.cache_read.input_tokens", "", 256},
        {"gen_ai.request.max_tokens", "", 4096},
        {"gen_ai.response.id", "chatcmpl-9f8e7d6c5b4a"},
        {"server.address", "api.openai.example"},
        {"server.port", "", 443},
        {"gen_ai.input.messages", text_of(1000 + index * 733 % 3000, index)},
        {"gen_ai.output.messages", text_of(300, index + 1)},
    };
    if (index % 3 == 2) {
        out.push_back({"gen_ai.tool.name", "web_search"});
        out.push_back({"gen_ai.tool.call.id", "call_" + std::to_string(index)});
    }
    for (unsigned i = 0; i < index % 6; ++i)
        out.push_back({"app.label." + std::to_string(i), "value of label"});
    return out;
}

}  // namespace

Shape shape_of(std::string_view name) {
    constexpr std::pair<std::string_view, Shape> names[] = {
        {"small", Shape::small},   {"ten", Shape::ten},           {"event", Shape::event},
        {"chunks", Shape::chunks}, {"messages", Shape::messages},
    };
    for (const auto& [known, shape] : names) {
        if (known == name) return shape;
    }
    return Shape::genai;
}

Payload::Payload(Shape shape, Wire wire, unsigned spans, unsigned spans_per_trace, unsigned traces_per_session)
    : shape_(shape),
      wire_(shape == Shape::event || shape == Shape::chunks || shape == Shape::messages ? Wire::json : wire),
      spans_(spans),
      spans_per_trace_(spans_per_trace),
      traces_per_session_(traces_per_session) {
    switch (shape) {
        case Shape::event:
            build_event();
            break;
        case Shape::chunks:
            build_chunks();
            break;
        case Shape::messages:
            build_messages();
            break;
        default:
            if (wire_ == Wire::protobuf)
                build_spans_protobuf();
            else
                build_spans_json();
    }
}

void Payload::build_spans_protobuf() {
    std::string list;
    for (unsigned i = 0; i < spans_; ++i)
        append_span_protobuf(list, i);
    std::string scope;
    append_field(scope, 1, std::string("\x0a\x05", 2) + "bench");
    std::string service;
    append_field(service, 1, "service.name");
    std::string value;
    append_field(value, 1, "bench");
    append_field(service, 2, value);
    std::string resource;
    append_field(resource, 1, service);
    std::string resource_spans;
    append_field(resource_spans, 1, resource);
    std::string scope_spans = scope + list;
    append_varint(resource_spans, 2 << 3 | 2);
    append_varint(resource_spans, scope_spans.size());
    const std::size_t list_at = resource_spans.size() + scope.size();
    resource_spans += scope_spans;
    append_varint(body_, 1 << 3 | 2);
    append_varint(body_, resource_spans.size());
    const std::size_t shift = body_.size() + list_at;
    body_ += resource_spans;
    for (auto* spots : {&trace_spots_, &span_spots_, &parent_spots_, &session_spots_, &start_spots_, &end_spots_}) {
        for (auto& spot : *spots)
            spot.at += shift;
    }
}

void Payload::build_spans_json() {
    body_ = R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"bench"}}]},)"
            R"("scopeSpans":[{"scope":{"name":"bench"},"spans":[)";
    for (unsigned i = 0; i < spans_; ++i) {
        if (i > 0) body_.push_back(',');
        append_span_json(i);
    }
    body_ += "]}]}]}";
}

/// One query in each of a thousand sessions, as a controller tells of it.
void Payload::build_event() {
    body_ = R"({"timestamp":")";
    time_at_ = body_.size();
    body_ += R"(2026-11-20T09:24:09.123456781Z","eventType":"Normal","reason":"LLMCallStart","message":")" +
             text_of(120, 1) + R"(","data":{"queryId":"query-)";
    session_spots_.push_back({body_.size(), 0});
    body_ += R"(0000000000000000","queryName":"name-)";
    session_spots_.push_back({body_.size(), 0});
    body_ += R"(0000000000000000","queryNamespace":"default","sessionId":"session-)";
    session_spots_.push_back({body_.size(), 0});
    body_ += R"(0000000000000000","agent":"default/researcher","model":"gpt-4.1-mini","input":")" + text_of(110, 2) +
             R"("}})";
}

void Payload::build_chunks() {
    for (unsigned i = 0; i < spans_; ++i) {
        body_ += R"({"id":"chatcmpl-)";
        span_spots_.push_back({body_.size(), i});
        body_ += R"(0000000000000000","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":")" +
                 text_of(100, i) +
                 R"("}}],"ark":{"query":"bench","session":"session","agent":"researcher","model":"m"}})";
        body_ += "\n";
    }
}

void Payload::build_messages() {
    body_ = R"({"conversation_id":"conversation-)";
    session_spots_.push_back({body_.size(), 0});
    body_ += R"(0000000000000000","query_id":"query","messages":[)";
    for (unsigned i = 0; i < spans_; ++i)
        body_ += std::string(i > 0 ? "," : "") + R"({"role":"user","content":")" + text_of(220, i) + R"("})";
    body_ += "]}";
}

std::string Payload::attributes_text(unsigned index, Wire wire, std::size_t& session_at) {
    std::string out;
    for (const auto& attribute : attributes_of(shape_, index)) {
        const bool session = attribute.key == "session.id";
        if (wire == Wire::protobuf) {
            std::string value;
            if (!attribute.text.empty()) {
                append_field(value, 1, attribute.text);
            } else {
                append_varint(value, 3 << 3 | 0);
                append_varint(value, static_cast<std::uint64_t>(attribute.number));
            }
            std::string pair;
            append_field(pair, 1, attribute.key);
            append_field(pair, 2, value);
            append_field(out, 9, pair);
            if (session) session_at = out.size() - 16;
            continue;
        }
        if (!out.empty()) out.push_back(',');
        out += R"({"key":")" + attribute.key + R"(","value":{)";
        if (!attribute.text.empty()) {
            out += R"("stringValue":")" + attribute.text;
            if (session) session_at = out.size() - 16;
            out += R"("}})";
        } else {
            out += R"("intValue":")" + std::to_string(attribute.number) + R"("}})";
        }
    }
    return out;
}

void Payload::append_span_protobuf(std::string& out, unsigned index) {
    const unsigned trace = index / spans_per_trace_;
    std::string span;
    append_field(span, 1, std::string(16, '\1'));
    const auto trace_at = span.size() - 16;
    append_field(span, 2, std::string(8, '\1'));
    const auto span_at = span.size() - 8;
    std::size_t parent_at = 0;
    if (index % spans_per_trace_ != 0) {
        append_field(span, 4, std::string(8, '\1'));
        parent_at = span.size() - 8;
    }
    append_field(span, 5, "operation " + std::to_string(index % 17));
    append_varint(span, 6 << 3);
    append_varint(span, 3);
    for (const unsigned field : {7u, 8u}) {
        append_varint(span, field << 3 | 1);
        span.append(8, '\0');
    }
    const auto times_at = span.size() - 17;
    std::size_t session_at = 0;
    const auto attributes = attributes_text(index, Wire::protobuf, session_at);
    session_at += span.size();
    span += attributes;
    append_field(out, 2, span);
    const std::size_t base = out.size() - span.size();
    trace_spots_.push_back({base + trace_at, trace});
    span_spots_.push_back({base + span_at, index});
    if (parent_at != 0) parent_spots_.push_back({base + parent_at, trace * spans_per_trace_});
    start_spots_.push_back({base + times_at, index});
    end_spots_.push_back({base + times_at + 9, index});
    session_spots_.push_back({base + session_at, trace / traces_per_session_});
}

void Payload::append_span_json(unsigned index) {
    const unsigned trace = index / spans_per_trace_;
    body_ += R"({"traceId":")";
    trace_spots_.push_back({body_.size(), trace});
    body_ += std::string(32, '1') + R"(","spanId":")";
    span_spots_.push_back({body_.size(), index});
    body_ += std::string(16, '1') + '"';
    if (index % spans_per_trace_ != 0) {
        body_ += R"(,"parentSpanId":")";
        parent_spots_.push_back({body_.size(), trace * spans_per_trace_});
        body_ += std::string(16, '1') + '"';
    }
    body_ += R"(,"name":"operation )" + std::to_string(index % 17) +
             R"(","kind":3,"startTimeUnixNano":"1763632800000000000",)"
             R"("endTimeUnixNano":"1763632800001000000","attributes":[)";
    std::size_t session_at = 0;
    const auto attributes = attributes_text(index, Wire::json, session_at);
    session_spots_.push_back({body_.size() + session_at, trace / traces_per_session_});
    body_ += attributes + "]}";
}

void Payload::write_id(std::size_t at, std::uint64_t value) {
    if (wire_ == Wire::protobuf) {
        std::memcpy(body_.data() + at, &value, sizeof value);
        return;
    }
    std::string digits;
    append_hex_number(digits, value, 16);
    std::memcpy(body_.data() + at, digits.data(), 16);
}

void Payload::stamp(std::uint64_t n, std::uint64_t trace_n, std::uint64_t session_n, std::uint64_t now_nanos) {
    // A multiplicative mix keeps ids apart and spread like random ones.
    const auto mix = [](std::uint64_t group, std::uint64_t index) {
        return ((group << 16 | index) + 1) * 0x9e3779b97f4a7c15ULL;
    };
    for (const auto& spot : trace_spots_)
        write_id(spot.at, mix(trace_n, spot.index));
    for (const auto& spot : span_spots_)
        write_id(spot.at, mix(n, spot.index + 0x8000));
    for (const auto& spot : parent_spots_)
        write_id(spot.at, mix(n, spot.index + 0x8000));
    constexpr std::uint64_t event_sessions = 1000;
    const auto session = shape_ == Shape::event || shape_ == Shape::messages ? n % event_sessions : session_n;
    for (const auto& spot : session_spots_) {
        std::string digits;
        append_hex_number(digits, mix(session, spot.index), 16);
        std::memcpy(body_.data() + spot.at, digits.data(), 16);
    }
    if (time_at_ != 0) {
        const UnixNanos nine_digits{now_nanos - now_nanos % 10 + 1};
        body_.replace(time_at_, 30, to_rfc3339(nine_digits));
    }
    if (wire_ != Wire::protobuf) return;
    for (const auto& spot : start_spots_) {
        const std::uint64_t start = now_nanos + spot.index * 1000;
        std::memcpy(body_.data() + spot.at, &start, sizeof start);
    }
    for (const auto& spot : end_spots_) {
        const std::uint64_t end = now_nanos + spot.index * 1000 + 900'000;
        std::memcpy(body_.data() + spot.at, &end, sizeof end);
    }
}

}  // namespace ark::bench
