#pragma once
#include "evaluations/helpers/family.hpp"

/// memory.*: what was stored and looked up. An extension: the documents of evaluations name no such helper.
namespace ark::evaluations::memory {

bool was_stored(const Events& events, Evidence& evidence);
bool was_retrieved(const Events& events, Evidence& evidence);
std::int64_t get_store_count(const Events& events, Evidence& evidence);
std::int64_t get_retrieve_count(const Events& events, Evidence& evidence);

}  // namespace ark::evaluations::memory
