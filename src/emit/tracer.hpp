#pragma once
#include "base/error.hpp"
#include "base/random.hpp"
#include "base/time.hpp"
#include "emit/context.hpp"
#include "emit/names.hpp"

#include <optional>

namespace ark::emit {

/// Takes finished telemetry. Never blocks, never fails: what has no room is dropped and counted. One executor.
class Recorder {
public:
    virtual ~Recorder() = default;
    virtual void span(otlp::Span span) = 0;
    virtual void event(otlp::LogRecord record) = 0;
};

/// What is about to begin. Build it as a named object.
struct OperationSpec {
    std::string span_name;             ///< "llm.gpt-4.1"
    std::string operation;             ///< of the event dictionary: "LLMCall"; empty: a span without events
    std::string span_kind;             ///< openinference.span.kind; empty: none
    bool client = false;               ///< OTLP kind CLIENT: a call to elsewhere; else INTERNAL
    std::string path;                  ///< unique within the trace, stable across restarts: the span's id comes from it
    otlp::ValueMap attributes;         ///< of the span
    otlp::ValueMap metadata;           ///< of its events, first and last
    UnixNanos start;                   ///< 0: now. Of a run that goes on after a crash: when it first began
    bool announced = false;            ///< likewise: an earlier process sent the Start event
    bool told = false;                 ///< likewise: and the end. Nothing is said
    std::function<void(bool)> on_end;  ///< in the moment in which the end is said; whether it is a good one
    std::string agent;                 ///< becomes Context::agent below
    std::string team;                  ///< likewise
};

class Tracer;

/// One step under way: its span, and the events at its beginning and end. Ends once, by complete(), fail() or cancel().
/// Destroyed without an end it says nothing: the process stops, and the step is taken up again when it starts.
class Operation {
public:
    Operation(Operation&&) noexcept = default;
    Operation& operator=(Operation&&) noexcept = default;

    /// For what happens inside: children, outgoing calls.
    const Context& context() const { return context_; }
    UnixNanos started() const { return span_.start; }

    void set(std::string_view attribute, otlp::Value value);  ///< of the span; the last of a name counts
    void say(std::string_view metadata, otlp::Value value);   ///< of the end event
    void complete(std::string_view message);
    /// The span's status is an error with this text; the event says error, errorType and the message.
    void fail(const Error& error, std::string_view error_type);
    void cancel(std::string_view message);

private:
    friend class Tracer;
    Operation(Tracer& tracer, Context context) : tracer_(&tracer), context_(std::move(context)) {}
    void end(std::string_view phase, std::string_view message, std::uint32_t status, std::string_view status_message);

    Tracer* tracer_;  // outlives us
    Context context_;
    otlp::Span span_;
    std::string operation_;
    otlp::ValueMap metadata_;
    SpanId parent_;
    std::function<void(bool)> on_end_;
    bool told_ = false;
    bool ended_ = false;
};

/// Makes operations and events of one process. One executor.
class Tracer {
public:
    Tracer(Recorder& recorder, const Clock& clock) : recorder_(recorder), clock_(clock) {}

    /// The Start event goes out at once.
    Operation start(const Context& parent, OperationSpec spec);
    /// An event that stands alone: "ParticipantSelected", "ApprovalAsked". Its reason is in the dictionary. Its span is
    /// the context's.
    void event(const Context& context, std::string_view reason, std::string_view message, otlp::ValueMap metadata);
    const Clock& clock() const { return clock_; }

private:
    friend class Operation;
    void announce(const Context& context, std::string_view reason, std::string_view message, otlp::ValueMap metadata,
                  const SpanId& parent, UnixNanos time);

    Recorder& recorder_;  // outlives us
    const Clock& clock_;
};

/// Prompts, answers and arguments as one attribute: cut at a character when longer than backends take well.
inline constexpr std::size_t content_bytes_max = 64u << 10;
std::string content_text(std::string_view text);

}  // namespace ark::emit
