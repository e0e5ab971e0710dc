#pragma once
#include "reference/reads.hpp"
#include "views/views.hpp"

#include <optional>
#include <string_view>

/// Traces with their spans: which there are is in our rows, which spans they have is in the views' postings.
namespace ark::reference {

/// Store::traces().
Result<TracesPage> read_traces(const Reads& reads, views::Views& views, std::string_view session,
                               std::optional<std::uint64_t> before, std::size_t limit);
/// Store::trace().
Result<std::optional<TraceSpans>> read_trace(const Reads& reads, views::Views& views, const TraceId& id);

}  // namespace ark::reference
