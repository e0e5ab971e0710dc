#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

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
/// nothing. Error: bad_payload naming the member ("[3].data.queryId: …").
Result<JsonEvents> events_from_json(const Buffer& json, UnixNanos now, std::uint32_t nesting_max = 64);

}  // namespace ark::items
