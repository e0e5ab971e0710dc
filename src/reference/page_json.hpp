#pragma once
#include "codec/json_writer.hpp"
#include "reference/params.hpp"
#include "reference/store.hpp"

#include <string>

namespace ark::reference {

/// Which part of a list is asked for.
struct PageSpan {
    std::size_t limit = 100;
    std::optional<std::uint64_t> cursor;
};

/// `limit` and `cursor` as pages read them.
Outcome<PageSpan> page_span(const Params& params);
/// `cursor` passes a schema first, which refuses what parseInt would take: messages, events, traces.
Outcome<std::optional<std::uint64_t>> checked_cursor(const Params& params);

/// {"items":[…],"total":N,"hasMore":…,"nextCursor":n}
std::string page_json(const RowsPage& page);
/// Behind "items": total, hasMore and, where there is more, nextCursor.
void write_page_end(codec::JsonWriter& json, std::uint64_t total, bool has_more, std::uint64_t next_cursor);

/// Items of a kind behind the cursor, as a page. Blocks.
Outcome<std::string> read_page(Store& store, const std::string& tenant, Kind kind, const Filter& filter,
                               const PageSpan& span);

}  // namespace ark::reference
