#pragma once
#include "codec/json_writer.hpp"
#include "query/span_json.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace ark::query {

/// A window of time, drawn on so many pixels.
struct Window {
    UnixNanos from;
    UnixNanos until;
    std::uint32_t pixels = 1600;
};

/// Which kinds a timeline shows.
using Kinds = std::array<bool, model::kind_count>;

/// The spans that begin in one pixel's share of the window; those that began before it are in pixel 0.
struct Bucket {
    std::uint32_t pixel = 0;
    std::uint32_t count = 0;
    std::uint64_t max_duration_nanos = 0;
    SpanStatus worst = SpanStatus::ok;
    friend bool operator==(const Bucket&, const Bucket&) = default;
};

/// The spans that overlap the window and are of these kinds, by index, in the order given.
std::vector<std::size_t> spans_in(const std::vector<views::SpanEntry>& spans, const Window& window, const Kinds& kinds,
                                  UnixNanos now);

/// Per kind, the pixels that hold a span, ascending.
std::array<std::vector<Bucket>, model::kind_count> bucketize(const std::vector<views::SpanEntry>& spans,
                                                             const std::vector<std::size_t>& chosen,
                                                             const Window& window, UnixNanos now);

/// From the first start to the last end (to `now` while something runs); at least 1 ns wide.
Window extent_of(const std::vector<views::SpanEntry>& spans, UnixNanos now);

}  // namespace ark::query
