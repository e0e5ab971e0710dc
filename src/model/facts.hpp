#pragma once
#include "base/ids.hpp"
#include "base/time.hpp"
#include "model/kind.hpp"
#include "model/value.hpp"

#include <array>
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

/// Values of Facts::pending.
enum class Pending : std::uint8_t {
    no = 0,
    own_id = 1,    ///< a snapshot under the running span's own id
    child_id = 2,  ///< Logfire: a snapshot under an id of its own; the running span is its parent, see parent_span_id
};

/// What a span or an event says, in one vocabulary: OpenTelemetry GenAI, OpenInference, the reference's and our own
/// attributes, old and new names. Views point into the payload and die with it.
///
/// Fill it: begin(name of span or event, scope), add() each attribute of the resource and then of the item, finish().
/// Many items of one resource: begin() and add_resource() once, then copy, begin_item(), add() and finish() for each.
/// No allocation. Unknown attributes cost one comparison of length and a hash. Of several attributes
/// that say the same thing the item's count before its resource's, then the most specific (facts_keys.hpp ranks them),
/// then the first. Sessions go by their source first.
struct Facts {
    Kind kind = Kind::other;
    SessionSource session_source = SessionSource::none;
    bool agentic = false;          ///< part of an agent's execution: has a kind, a session, a query or usage
    bool explicit_events = false;  ///< the producer sends its own events: none are derived from its spans
    bool failed = false;           ///< error attributes or success=false (span status is the caller's)
    std::uint8_t pending = 0;      ///< a pending-span dialect (Pending): the span is a snapshot of one that still runs
    bool chain = false;            ///< a generic step ("CHAIN"): a query if it is a root, which only the caller knows
    bool mcp = false;              ///< has mcp.method.name: on a server's side it repeats what the client's span says

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
    std::string_view operation;       ///< gen_ai.operation.name or the event's operation
    std::string_view peer;            ///< whom an A2A call, an executor or a target addresses
    std::string_view question_id;     ///< of question and approval events
    std::string_view parent_span_id;  ///< hex text: an event's parentSpanId, or the running span's parent in a snapshot
    std::string_view event_name;      ///< event.name: how log records named their event before OTLP had a field for it
    std::int64_t duration_nanos = -1;  ///< what an event says in duration or durationMs; -1 = nothing
    Usage usage;

    void begin(std::string_view item_name,
               std::string_view scope_name);  ///< of a span, unless begin_item() says otherwise
    void add_resource(std::string_view key, const ValueView& value) { take(key, value, false); }
    void add(std::string_view key, const ValueView& value) { take(key, value, true); }
    void finish();

    enum class Of { span, event };
    /// After begin() and add_resource(), perhaps copied: names the item. Short keys such as `agent` or `model` are
    /// words of our events and mean something only there.
    void begin_item(std::string_view item_name, std::string_view scope_name, Of of);

    /// Whether an attribute says what `input` or `output` do: for those that find it as a structure, which no view can
    /// show.
    enum class Content { neither, input, output };
    static Content content_of(std::string_view key);

private:
    static constexpr std::size_t text_count = 25;
    static constexpr std::size_t number_count = 11;
    enum class Word : std::uint8_t { nothing, kind, workflow, chain };

    static std::string_view Facts::*const texts_[text_count];  // by Fact (facts_keys.hpp)

    void take(std::string_view key, const ValueView& value, bool of_item);
    void take_number(std::size_t index, std::uint8_t rank, const ValueView& value);
    void take_session(SessionSource source, std::uint8_t rank_of_key, const ValueView& value);
    void take_members(std::uint8_t fact, std::uint8_t rank, std::string_view json);
    void take_flag(std::uint8_t fact, const ValueView& value);
    Word read_word(std::string_view word);
    void decide_kind();
    bool decide_by_ark();
    void decide_by_presence();
    void name_participant();
    void settle_usage();
    std::int64_t count(std::size_t index) const;

    std::string_view item_name_;
    std::string_view kind_word_;  // openinference.span.kind and its like
    std::string_view component_;
    std::string_view mcp_method_;
    std::string_view entity_;  // the name of whatever the span is about
    bool event_ = false;
    bool ark_ = false;  // speaks the reference's vocabulary or comes from its scope
    bool a2a_ = false;
    std::uint8_t session_rank_ = 0;
    std::array<std::uint8_t, text_count> text_ranks_{};  // 0 = not said
    std::array<std::uint8_t, number_count> number_ranks_{};
    std::array<double, number_count> numbers_{};  // counts are exact up to 2^53
};

}  // namespace ark::model
