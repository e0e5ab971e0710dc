#pragma once
#include "base/random.hpp"

#include <span>
#include <string>
#include <string_view>

/// The words that scenarios are made of. Private to loadgen.
namespace ark::loadgen {

/// A request with the agent that takes it and the tools that fit.
struct Topic {
    std::string_view question;
    std::string_view agent;
    std::string_view first_tool;
    std::string_view second_tool;
};

struct ModelName {
    std::string_view name;
    std::string_view provider;
    double usd_per_million_input;
    double usd_per_million_output;
};

std::span<const Topic> topics();
std::span<const ModelName> models();
std::span<const std::string_view> specialists();  ///< agent names for wide and deep teams

template <class T>
const T& pick(std::span<const T> items, Random& random) {
    return items[random.below(items.size())];
}

/// Sentences until there are `bytes` of them, cut at that length.
std::string prose(Random& random, std::size_t bytes);

}  // namespace ark::loadgen
