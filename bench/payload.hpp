#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ark::bench {

/// What a request carries. Spans: genai with 15–23 attributes and a message of 1–4 KB, ~3.4 KB; small with 5
/// attributes, ~260 B; ten with ten attributes, two of them texts of 200 characters, ~0.8 KB (1.3 KB as JSON). JSON of
/// the reference's API: an event of ~550 B, chunks of ~300 B one a line, messages of ~250 B in one body.
enum class Shape { genai, small, ten, event, chunks, messages };
/// By its name above; genai when there is none of that name.
Shape shape_of(std::string_view name);
enum class Wire { protobuf, json };

/// A request body whose ids are rewritten in place for each send, so that no two requests carry the same span.
class Payload {
public:
    Payload(Shape shape, Wire wire, unsigned spans, unsigned spans_per_trace, unsigned traces_per_session);

    /// Gives the spans of the body ids of their own for request number `n`, and the time `now` (protobuf only). Traces
    /// and sessions are those of group `trace_n` and `session_n`: equal ones continue the same trace and session.
    void stamp(std::uint64_t n, std::uint64_t trace_n, std::uint64_t session_n, std::uint64_t now_nanos);
    const std::string& body() const { return body_; }
    unsigned spans() const { return spans_; }

private:
    struct Spot {
        std::size_t at;
        unsigned index;  // of the span, trace or session in the body
    };
    void build_spans_protobuf();
    void build_spans_json();
    void build_event();
    void build_chunks();
    void build_messages();
    void append_span_protobuf(std::string& out, unsigned index);
    void append_span_json(unsigned index);
    std::string attributes_text(unsigned index, Wire wire, std::size_t& session_at);
    void write_id(std::size_t at, std::uint64_t value);

    const Shape shape_;
    const Wire wire_;
    const unsigned spans_;
    const unsigned spans_per_trace_;
    const unsigned traces_per_session_;
    std::string body_;
    std::vector<Spot> trace_spots_, span_spots_, parent_spots_, session_spots_, start_spots_, end_spots_;
    std::size_t time_at_ = 0;  // of an event's timestamp; 0: none
};

}  // namespace ark::bench
