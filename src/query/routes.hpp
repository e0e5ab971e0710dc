#pragma once
#include "query/call.hpp"

#include <span>
#include <string_view>

namespace ark::query {

/// One GET route that reads for a tenant.
struct ReadRoute {
    std::string_view pattern;
    std::span<const std::string_view> parameters;  ///< every query parameter it knows
    ReadFunction read;
};

/// Every read route but the replay, which streams.
std::span<const ReadRoute> read_routes();

inline constexpr std::string_view replay_pattern = "/v1/sessions/{id}/replay";
std::span<const std::string_view> replay_parameters();

}  // namespace ark::query
