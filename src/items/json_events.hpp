#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "items/items.hpp"

#include <chrono>

namespace ark::items {

struct JsonEvents {
    Buffer payload;  ///< ExportLogsServiceRequest: what the journal stores
    std::uint32_t count = 0;
    UnixNanos time_min;
    UnixNanos time_max;
};

/// `POST /events`: one object or an array of {timestamp, eventType, reason, message, data{…}, ttl_seconds?, …} becomes
/// OTLP log records with event names, losslessly: `data` members become attributes under their own names, other
/// top-level members are kept under ark.event.*. Trace and span ids are taken from data.traceId / data.spanId. All or
/// nothing.
///
/// data.queryId must be a non-empty text; everything else is optional. An event without a reason is named
/// `unnamed_event`, one without a timestamp has only the time at which it was observed: now. Integers beyond 64 bits
/// signed become the nearest floating-point number, since OTLP has no other place for them. Error: bad_payload naming
/// the member ("[3].data.queryId: …").
Result<JsonEvents> events_from_json(std::string_view json, UnixNanos now, std::uint32_t nesting_max = 64);

inline constexpr std::string_view unnamed_event = "Event";

/// The inverse: an event in the shape of `POST /events`. What came from there comes back member by member, without
/// ttl_seconds; other events, derived ones too, are told in the same words (data.queryId, data.sessionId,
/// data.toolName, …).
void write_json_event(codec::JsonWriter& json, const Event& event, const Context& context);

/// Whether the item is an event that came through `POST /events`: its attributes are the members of `data`.
bool came_as_json(const Item& item);
/// The ttl_seconds that such an event came with; 0 = none, or none that makes sense.
std::chrono::seconds ttl_of(const Item& event);

}  // namespace ark::items
