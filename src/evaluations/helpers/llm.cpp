#include "evaluations/helpers/llm.hpp"

#include <algorithm>
#include <cmath>

namespace ark::evaluations::llm {
namespace {

std::optional<double> prompt_tokens(const Event& end, const Events& starts) {
    if (const auto own = read_number(end.metadata()["promptTokens"])) return own;
    const auto call = end.metadata()["callId"].text();
    if (call.empty()) return std::nullopt;
    for (const auto* start : starts) {
        if (start->metadata()["callId"].text() == call && start->query_id == end.query_id)
            return read_number(start->metadata()["promptTokens"]);
    }
    return std::nullopt;
}

double tokens_of(const Event& end, const Events& starts) {
    const auto& metadata = end.metadata();
    for (const auto* said :
         {&metadata["totalTokens"], &metadata["token_usage"]["total_tokens"], &metadata["tokenCount"]}) {
        if (const auto total = read_number(*said)) return *total;
    }
    const auto completion = read_number(metadata["completionTokens"]);
    const auto prompt = prompt_tokens(end, starts);
    return completion.value_or(0) + prompt.value_or(0);
}

}  // namespace

std::int64_t get_call_count(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, llm_family, name);
    evidence.add(calls.all);
    return calls.count();
}

double get_success_rate(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, llm_family, name);
    evidence.add(calls.ends);
    return calls.success_rate();
}

Names get_models_used(const Events& events, Evidence& evidence) {
    const auto calls = operations_of(events, llm_family);
    evidence.add(calls.all);
    return calls.names();
}

std::int64_t get_total_tokens(const Events& events, const Name& name, Evidence& evidence) {
    const auto calls = operations_of(events, llm_family, name);
    const auto starts = operations_of(events, llm_family).starts;
    double total = 0;
    for (const auto* end : calls.ends) {
        const auto tokens = tokens_of(*end, starts);
        if (tokens != 0) evidence.add(*end);
        total += tokens;
    }
    constexpr double counts_max = 9.0e18;  // fits 64 bits; nobody spent that
    return static_cast<std::int64_t>(std::llround(std::clamp(total, 0.0, counts_max)));
}

}  // namespace ark::evaluations::llm
