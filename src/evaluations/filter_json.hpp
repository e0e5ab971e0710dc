#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"
#include "items/filter.hpp"

namespace ark::evaluations {

/// The filter of a request: null, an expression over events (docs/expressions.md), or an object of the plain parameters
/// that lists know: session, query, trace, agent, team, tool, model, reason (a text or a list), component, status
/// (success, failure). bad_argument names the member.
Result<items::Filter> read_filter(const codec::JsonValue& said);

}  // namespace ark::evaluations
