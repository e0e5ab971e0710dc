#pragma once
#include "agents/participant.hpp"
#include "base/time.hpp"
#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"

#include <string_view>

/// What the statuses of Queries and Evaluations have in common.
namespace ark::runs {

/// A phase in which nothing more happens.
bool is_final_phase(std::string_view phase);

/// The condition Completed, as an object.
void append_completed(codec::JsonWriter& json, const codec::JsonValue& resource, bool completed,
                      std::string_view reason, std::string_view message, UnixNanos now);

/// The fields `tokenUsage` and `duration` of a status.
void append_spent(codec::JsonWriter& json, const agents::TokenUsage& usage, std::uint64_t nanos);

/// Likewise, as fields of a recorded end: exact. And read from there.
void append_spent_record(codec::JsonWriter& json, const agents::TokenUsage& usage, std::uint64_t nanos);
void parse_spent_record(const codec::JsonValue& record, agents::TokenUsage& usage, std::uint64_t& nanos);

}  // namespace ark::runs
