#pragma once
#include "base/buffer.hpp"
#include "base/result.hpp"
#include "codec/json_writer.hpp"
#include "otlp/walk.hpp"

#include <string>
#include <string_view>

/// OTLP/JSON: in (transcoded once to protobuf), and out (for the API).
namespace ark::otlp {

/// JSON Export…Request → protobuf, by the rules of OTLP/JSON (hex ids, integer enums, numbers as strings, unknown keys
/// ignored, null = absent, of repeated keys the last wins). The result is sound protobuf, but not yet checked: an id of
/// a wrong length comes out with a wrong length, so that otlp::check rejects that item alone. Values nest at most
/// `nesting_max` deep, and never deeper than 128. Unknown keys' values are skipped without a look at their inside.
/// Error: bad_payload with the place.
Result<Buffer> traces_from_json(const Buffer& json, std::uint32_t nesting_max = 64);
Result<Buffer> logs_from_json(const Buffer& json, std::uint32_t nesting_max = 64);
Result<std::uint64_t> count_metric_points_json(const Buffer& json);

/// Plain JSON of a value: strings, numbers, booleans, arrays, objects; bytes as base64; empty as null.
void write_value(codec::JsonWriter& json, const model::ValueView& value);
/// Attributes as one JSON object {key: value}. Of duplicate keys the first is kept: two members of one name would mean
/// something else to every reader.
void write_attributes(codec::JsonWriter& json, Attributes attributes);

/// Parts of OTLP/JSON: an AnyValue, a list of KeyValues (also an empty one), a span's events and its links.
void write_otlp_value(codec::JsonWriter& json, const model::ValueView& value);
void write_otlp_attributes(codec::JsonWriter& json, Attributes attributes);
void write_otlp_events(codec::JsonWriter& json, const SpanView& span);
void write_otlp_links(codec::JsonWriter& json, const SpanView& span);
/// One span as OTLP/JSON (traceId…links, flags), without resource and scope.
void write_otlp_span(codec::JsonWriter& json, const SpanView& span);
/// A whole payload as OTLP/JSON: {"resourceSpans": […]} / {"resourceLogs": […]}.
Result<std::string> traces_to_json(std::string_view payload);
Result<std::string> logs_to_json(std::string_view payload);

}  // namespace ark::otlp
