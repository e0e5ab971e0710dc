#pragma once
#include "evaluations/helpers/family.hpp"

/// llm.*: calls of models and what they cost (docs/helpers.md). Events in time order.
namespace ark::evaluations::llm {

std::int64_t get_call_count(const Events& events, const Name& name, Evidence& evidence);
double get_success_rate(const Events& events, const Name& name, Evidence& evidence);
Names get_models_used(const Events& events, Evidence& evidence);
/// Of each ended call: its total, else prompt and completion tokens, which its Start may have told.
std::int64_t get_total_tokens(const Events& events, const Name& name, Evidence& evidence);

}  // namespace ark::evaluations::llm
