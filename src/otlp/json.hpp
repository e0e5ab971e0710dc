#pragma once
#include <string>
#include <string_view>

#include "base/buffer.hpp"
#include "base/result.hpp"
#include "codec/json_writer.hpp"
#include "otlp/walk.hpp"

/// OTLP/JSON: in (transcoded once to protobuf), and out (for the API).
namespace ark::otlp {

/// JSON Export…Request → protobuf, by the rules of OTLP/JSON (hex ids, integer enums, numbers as strings, unknown keys
/// ignored, null = absent). `json` must have Buffer::slack readable bytes behind it. Error: bad_payload with the place.
Result<Buffer> traces_from_json(const Buffer& json, std::uint32_t nesting_max = 64);
Result<Buffer> logs_from_json(const Buffer& json, std::uint32_t nesting_max = 64);
Result<std::uint64_t> count_metric_points_json(const Buffer& json);

/// Plain JSON of a value: strings, numbers, booleans, arrays, objects; bytes as base64; empty as null.
void write_value(codec::JsonWriter& json, const model::ValueView& value);
/// Attributes as one JSON object {key: value}; of duplicate keys the last wins? No: both would be invalid, the first is kept.
void write_attributes(codec::JsonWriter& json, Attributes attributes);

/// One span as OTLP/JSON (traceId…links, flags), without resource and scope.
void write_otlp_span(codec::JsonWriter& json, const SpanView& span);
/// A whole payload as OTLP/JSON: {"resourceSpans": […]} / {"resourceLogs": […]}.
Result<std::string> traces_to_json(std::string_view payload);
Result<std::string> logs_to_json(std::string_view payload);

}  // namespace ark::otlp
