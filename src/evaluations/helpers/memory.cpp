#include "evaluations/helpers/memory.hpp"

namespace ark::evaluations::memory {
namespace {

Operations operations(const Events& events, const Family& family, Evidence& evidence) {
    auto found = operations_of(events, family);
    evidence.add(found.all);
    return found;
}

}  // namespace

bool was_stored(const Events& events, Evidence& evidence) {
    return !operations(events, memory_store_family, evidence).all.empty();
}

bool was_retrieved(const Events& events, Evidence& evidence) {
    return !operations(events, memory_retrieve_family, evidence).all.empty();
}

std::int64_t get_store_count(const Events& events, Evidence& evidence) {
    return operations(events, memory_store_family, evidence).count();
}

std::int64_t get_retrieve_count(const Events& events, Evidence& evidence) {
    return operations(events, memory_retrieve_family, evidence).count();
}

}  // namespace ark::evaluations::memory
