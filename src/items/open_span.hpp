#pragma once
#include "items/items.hpp"

#include <optional>
#include <string_view>

namespace ark::items {

/// A span that runs: announced by a Start event that carries its ids, or seen in a snapshot. Views point into the item.
struct OpenSpan {
    TraceId trace_id;
    SpanId span_id;
    SpanId parent_span_id;
    std::string_view name;     ///< the snapshot's name, or the operation of the event ("ToolCall")
    std::string_view subject;  ///< what it is about: subject_of()
    model::Kind kind = model::Kind::other;
    UnixNanos start;
};

/// Nothing unless the item is the Start of an operation, or a snapshot, with a trace and a span id.
std::optional<OpenSpan> open_span(const Item& item);

/// The span that a Complete, Error or Canceled event closes. Nothing for other items. For producers whose span never
/// comes.
struct ClosedSpan {
    TraceId trace_id;
    SpanId span_id;
    UnixNanos end;
    bool failed = false;
};
std::optional<ClosedSpan> closed_span(const Item& item);

/// What a span or event is about, by its kind: the agent, tool, model, team, query or callee. Empty when it does not
/// say.
std::string_view subject_of(const model::Facts& facts);

}  // namespace ark::items
