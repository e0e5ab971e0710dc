#pragma once
#include "query/span_json.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace ark::query {

/// A row of a swim-lane chart: a query, team or agent, below the one that called it. Model and tool calls are drawn
/// inside the lane of their nearest participant; what has none is in lane 0.
struct Lane {
    model::Kind kind = model::Kind::other;
    std::string name;
    std::int32_t parent = -1;  ///< lane; -1 for none
};

/// Columns over the spans of a session, in their order; small enough that a client holds all of them and draws without
/// asking.
struct Skeleton {
    UnixNanos base;                      ///< earliest start; `start` counts from here
    std::vector<std::uint64_t> start;    ///< microseconds
    std::vector<std::int64_t> duration;  ///< microseconds; -1 while it runs
    std::vector<std::int32_t> parent;    ///< index of the parent; -1: a root, or its parent is unknown
    std::vector<std::uint32_t> lane;
    std::vector<std::uint32_t> text;  ///< index into names
    std::vector<Lane> lanes;
    std::vector<std::string> names;
};

/// Parents that form a cycle (hostile input) are cut: the spans on it become roots.
Skeleton build_skeleton(const std::vector<views::SpanEntry>& spans);

}  // namespace ark::query
