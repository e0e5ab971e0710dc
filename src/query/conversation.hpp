#pragma once
#include "query/message.hpp"

#include <string>
#include <vector>

namespace ark::query {

/// What one span of an execution said, and where.
struct Speech {
    model::Kind kind = model::Kind::llm;
    TraceId trace_id;
    SpanId span_id;
    std::string conversation;  ///< empty: the trace is the conversation
    std::string query;
    std::string agent;
    UnixNanos start;
    UnixNanos end;  ///< 0: still running, nothing was put out yet
    SpanMessages messages;
};

/// A message at its place in the conversation.
struct Turn {
    Message message;
    UnixNanos time;          ///< when it went in (start of the span) or came out (its end)
    std::size_t speech = 0;  ///< index of the span that recorded it
};

/// Puts the messages of a session in order and shows each once. A model call repeats the whole history as its input,
/// and the query and its agents repeat the last answer:
///   * a model's output is always new;
///   * of its input, what the conversation did not hold as often before;
///   * of the input and output of queries, teams and agents, what nobody said in that trace before.
std::vector<Turn> assemble(const std::vector<Speech>& speeches);

}  // namespace ark::query
