#pragma once
#include "base/cursor.hpp"
#include "base/result.hpp"
#include "codec/json_writer.hpp"
#include "items/records.hpp"
#include "model/batch.hpp"
#include "model/dictionary.hpp"
#include "model/facts.hpp"
#include "otlp/walk.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

/// Batches opened into items: spans, events and log records with their facts; and the events that spans stand for.
namespace ark::items {

enum class ItemType : std::uint8_t {
    span = 1,
    event = 2,
    log = 3,  ///< a log record without an event name
    // Of payloads of our own, see records.hpp:
    message = 4,
    chunk = 5,
    deletion = 6,
    session_update = 7,
};

/// One item of a batch, seen in place. Valid during the visit only.
struct Item {
    Offset offset;
    ItemType type = ItemType::span;
    const otlp::SpanView* span = nullptr;  ///< set for spans
    const otlp::LogView* log = nullptr;    ///< set for events and logs
    const Record* record = nullptr;        ///< set for the others; their facts tell conversation and query
    model::Facts facts;
    TraceId trace_id;  ///< all zero when not of a trace
    SpanId span_id;
    SpanId parent_span_id;  ///< of a span, or what an event says (parentSpanId, ark.parent_span_id)
    UnixNanos time;         ///< span start, event time, else observed, else received
    UnixNanos end;          ///< span end (0 = pending snapshot); equals time for events
    bool failed = false;    ///< span status error, Error phase, success=false
    // events only:
    std::string_view reason;  ///< canonical where the dictionary has it, else as delivered
    std::string_view reason_as_sent;
    const model::Reason* entry = nullptr;  ///< in the dictionary, or null
    model::Phase phase = model::Phase::none;
    model::Level level = model::Level::normal;
};

/// Visits every item in offset order; false stops. Error: bad_payload (a bug: the gate let it through).
Status for_each_item(const model::Batch& batch, const std::function<bool(const Item&)>& visit);

/// What the views know about an item beyond itself: inherited from its trace and query. Empty text = unknown.
struct Context {
    std::string session_id;
    std::string conversation_id;
    std::string query_id;
    std::string query_name;
    std::string query_namespace;
    std::string agent;  ///< the agent the item happened in, when the item does not say
    std::string team;
};

/// An event as consumers see it: one that was sent, or one that a span stands for (its start, its end).
struct Event {
    const Item* item = nullptr;
    enum class Part : std::uint8_t { sent = 0, span_start = 1, span_end = 2 } part = Part::sent;
    std::string_view reason;
    model::Phase phase = model::Phase::none;
    model::Level level = model::Level::normal;
    UnixNanos time;
    bool failed = false;
};

/// The events of an item: itself for an event; for a span of a known kind its Start and its Complete or Error, unless
/// `derive` is false (the producer sends its own). Order: start before end.
void for_each_event(const Item& item, bool derive, const std::function<void(const Event&)>& visit);

/// Ids of events: the item's cursor, with "s" or "e" behind it for the start and end that were derived from a span.
std::string event_id(Epoch epoch, const Event& event);

enum class Detail { lite, full };  ///< lite: previews of input and output (256 bytes), no attributes; full: everything

/// {"id","time","reason","reasonAsSent","operation","phase","level","component","traceId","spanId","parentSpanId",
///  "sessionId","queryId","queryName","queryNamespace","conversationId","userId","subject","agent","team","tool",
///  "toolCallId","model","provider","peer","questionId","service","durationMs",
///  "tokens":{"input","output","total","cacheRead","cacheWrite","reasoning"},"costUsd","error":{"type","message"},
///  "failed":true,"input","output","message","derived":true,"terminal":true}, in this order, absent ones left out.
/// A Start tells only what was known then. full: whole texts, and "attributes" as they were sent; for sent events also
/// "body" (when it is no text), "severity", "resource" and "scope".
void write_event(codec::JsonWriter& json, Epoch epoch, const Event& event, const Context& context, Detail detail);
/// {"id","traceId","spanId","parentSpanId","name","component","kind","start","end","durationMs","status",
///  "statusMessage", …the same words as an event, "snapshotSpanId"}. full: also
///  "attributes","events","links","resource","scope",
/// "traceState","flags","dropped…Count": nothing that was sent is missing.
void write_span(codec::JsonWriter& json, Epoch epoch, const Item& span, const Context& context, Detail detail);
/// A log record without event name.
void write_log(codec::JsonWriter& json, Epoch epoch, const Item& log, const Context& context, Detail detail);
/// A message or a chunk: {"id","time","sessionId","queryId","queryName","conversationId","message" or "chunk",
/// "complete":true}. lite: of one of more than 1 KiB only "preview" and "bytes".
void write_record(codec::JsonWriter& json, Epoch epoch, const Item& record, const Context& context, Detail detail);

}  // namespace ark::items
