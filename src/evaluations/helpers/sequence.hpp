#pragma once
#include "evaluations/helpers/family.hpp"

/// sequence.*: what happened, in which order, how far apart (docs/helpers.md). Events in time order; reasons by any of
/// their names.
namespace ark::evaluations::sequence {

using Reasons = std::vector<std::string>;

/// Every reason occurs, in any order.
bool was_completed(const Events& events, const Reasons& reasons, Evidence& evidence);
/// strict: the reasons occur one right behind the other; else in this order with anything between.
bool check_execution_order(const Events& events, const Reasons& reasons, bool strict, Evidence& evidence);
/// Seconds from the first `start` to the first `end` behind it; nothing when one is missing or has no time.
std::optional<double> get_time_between_events(const Events& events, const std::string& start, const std::string& end,
                                              Evidence& evidence);
/// Groups of two and more events within the threshold of the first of the group: nearness, not overlap.
std::vector<Events> detect_parallel_execution(const Events& events, double threshold_seconds, Evidence& evidence);
/// Of each event: sequence (from 1), timestamp, reason, agent, tool, duration, has_error, time_since_previous (not on
/// the first).
JsonValue get_execution_flow(const Events& events, Evidence& evidence);

}  // namespace ark::evaluations::sequence
