#pragma once
#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/kind.hpp"
#include "model/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace ark::model {

/// Where a session id came from; a stronger source wins within a trace (design: ark.session.id, session.id,
/// gen_ai.conversation.id).
enum class SessionSource : std::uint8_t { none = 0, conversation = 1, session = 2, ark = 3 };

struct Usage {
    std::int64_t input_tokens = 0;        ///< cached ones included, whatever the provider's habit
    std::int64_t output_tokens = 0;       ///< reasoning ones included
    std::int64_t cache_read_tokens = 0;   ///< part of input
    std::int64_t cache_write_tokens = 0;  ///< part of input
    std::int64_t reasoning_tokens = 0;    ///< part of output
    double cost_usd = 0;                  ///< as the producer said; 0 = not said

    bool any() const { return input_tokens != 0 || output_tokens != 0 || cost_usd != 0; }
    Usage& operator+=(const Usage& other);
    Usage& operator-=(const Usage& other);
    friend bool operator==(const Usage&, const Usage&) = default;
};

/// What a span or an event says, in one vocabulary: OpenTelemetry GenAI, OpenInference, the reference's and our own
/// attributes, old and new names. Views point into the payload and die with it.
///
/// Fill it: begin(name of span or event, scope), add() each attribute of the resource and then of the item, finish().
/// No allocation. Unknown attributes cost one comparison of length and a hash.
struct Facts {
    Kind kind = Kind::other;
    SessionSource session_source = SessionSource::none;
    bool agentic = false;          ///< part of an agent's execution: has a kind, a session, a query or usage
    bool explicit_events = false;  ///< the producer sends its own events: none are derived from its spans
    bool failed = false;           ///< error attributes or success=false (span status is the caller's)
    std::uint8_t pending = 0;      ///< a pending-span dialect: the span is a snapshot of one that still runs

    std::string_view session_id;
    std::string_view conversation_id;
    std::string_view query_id;
    std::string_view query_name;
    std::string_view query_namespace;
    std::string_view agent;
    std::string_view team;
    std::string_view tool;
    std::string_view tool_call_id;
    std::string_view model;  ///< response model if known, else the requested one
    std::string_view provider;
    std::string_view user_id;
    std::string_view service;  ///< resource service.name
    std::string_view input;    ///< first text of input: prompt, arguments; text or JSON
    std::string_view output;
    std::string_view error_type;
    std::string_view error_message;
    std::string_view operation;  ///< gen_ai.operation.name or the event's operation
    Usage usage;

    void begin(std::string_view item_name, std::string_view scope_name);
    void add_resource(std::string_view key, const ValueView& value);
    void add(std::string_view key, const ValueView& value);
    void finish();

private:
    std::string_view item_name_;
    std::string_view request_model_;
    std::string_view span_kind_;       // openinference.span.kind
    bool cache_tokens_apart_ = false;  // Anthropic habit: input_tokens without the cached ones
    bool saw_total_ = false;
    std::int64_t total_tokens_ = 0;
};

}  // namespace ark::model
