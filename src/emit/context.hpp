#pragma once
#include "base/ids.hpp"
#include "otlp/build.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ark::emit {

/// Whose execution something belongs to: on every span and event of it.
struct Subject {
    std::string query_id;  ///< the Query's uid
    std::string query_name;
    std::string query_namespace;
    std::string session_id;
    std::string conversation_id;  ///< may be empty
    /// Of the ids of its spans, when its trace is somebody else's: two runs in one trace take the same steps.
    std::string salt;
};

/// W3C trace context (level 2): which trace, and which span of it is the parent of what comes.
struct SpanContext {
    TraceId trace_id;
    SpanId span_id;  ///< not valid: nothing has begun yet, the next span is a root
    std::uint8_t flags = 1;
    std::string trace_state;
};

/// Where in an execution one is. Copied to what runs below; cheap.
struct Context {
    std::shared_ptr<const Subject> subject;
    SpanContext span;
    std::string agent;  ///< the one that is acting; empty outside of agents
    std::string team;
    bool aside = false;  ///< what is said here is no part of the query's answer: agents as tools, selectors
};

/// Names and values to send along: header fields of HTTP, members of MCP's `_meta`. Names are lower-case.
using Carrier = std::vector<std::pair<std::string, std::string>>;

/// traceparent, tracestate where there is one, and baggage with session and query (W3C baggage; `ark.session.id`,
/// `ark.query.id`, `ark.query.name`). Nothing secret: every hop can read it.
Carrier carrier_of(const Context& context);

/// What a peer sent along. `find` gives the value of a lower-case name, empty when absent. An invalid traceparent is
/// none: the trace begins anew and its tracestate is dropped (W3C trace context §4.3).
struct Extracted {
    SpanContext span;
    std::vector<std::pair<std::string, std::string>> baggage;  ///< decoded; of repeated names the last
};
Extracted extract(const std::function<std::string_view(std::string_view)>& find);

/// A span's id that is the same each time the same step of the same run is taken: a run that goes on after a crash
/// continues its spans.
SpanId span_id_of(const TraceId& trace, std::string_view path);
/// The trace of a run, from what identifies it.
TraceId trace_id_of(std::string_view run);

}  // namespace ark::emit
