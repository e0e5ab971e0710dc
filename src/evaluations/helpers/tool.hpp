#pragma once
#include "evaluations/helpers/family.hpp"

/// tool.*: what was called, how often, with which parameters (docs/helpers.md). Events in time order.
namespace ark::evaluations::tool {

bool was_called(const Events& events, const Name& name, Evidence& evidence);
std::int64_t get_call_count(const Events& events, const Name& name, Evidence& evidence);
double get_success_rate(const Events& events, const Name& name, Evidence& evidence);
bool had_error(const Events& events, const Name& name, Evidence& evidence);
/// call_count, success_count, error_count, success_rate, avg_duration (null without data), total_duration.
JsonValue get_execution_metrics(const Events& events, const Name& name, Evidence& evidence);

/// The parameters of each Start, in order; a text of JSON is decoded, a call without parameters is left out.
JsonValue get_parameters(const Events& events, const std::string& name, Evidence& evidence);
/// Whether some call has the key, and the text of its value contains `value` in any case.
bool parameter_contains(const Events& events, const std::string& name, const std::string& key, const std::string& value,
                        Evidence& evidence);
/// Whether `type` is one of the words that parameter_type knows.
bool is_parameter_type(std::string_view type);
/// Whether some call has the key with a value of the type: string, integer, float, number, boolean, array, object,
/// null.
bool parameter_type(const Events& events, const std::string& name, const std::string& key, std::string_view type,
                    Evidence& evidence);
Names get_unique_tools(const Events& events, Evidence& evidence);

}  // namespace ark::evaluations::tool
