#pragma once
#include "codec/json_writer.hpp"
#include "views/views.hpp"

namespace ark::query {

/// How a span stands. The numbers are those of the columns `status` and `worst`: a larger one is worse.
enum class SpanStatus : std::uint8_t { ok = 0, running = 1, interrupted = 2, error = 3 };
inline constexpr std::size_t span_status_count = 4;

std::string_view name(SpanStatus status);
SpanStatus status_of(const views::SpanEntry& span);

/// Nanoseconds from start to end, to `now` while it runs, to nothing when it was interrupted; never negative.
std::uint64_t duration_nanos(const views::SpanEntry& span, UnixNanos now);

/// {"traceId","spanId","parentSpanId","name","subject","component","start","end","durationMs","status"}: a span as the
/// skeleton knows it, without its journal item.
void write_span_entry(codec::JsonWriter& json, const views::SpanEntry& span, UnixNanos now);

}  // namespace ark::query
