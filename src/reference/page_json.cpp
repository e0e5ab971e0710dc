#include "reference/page_json.hpp"

namespace ark::reference {

Outcome<PageSpan> page_span(const Params& params) {
    PageSpan span;
    const auto limit = params.page_limit();
    if (!limit) return limit.error();
    const auto cursor = params.page_cursor();
    if (!cursor) return cursor.error();
    span.limit = *limit;
    span.cursor = *cursor;
    return span;
}

Outcome<std::optional<std::uint64_t>> checked_cursor(const Params& params) {
    return params.whole("cursor", 0);
}

void write_page_end(codec::JsonWriter& json, std::uint64_t total, bool has_more, std::uint64_t next_cursor) {
    json.field("total", total).field("hasMore", has_more);
    if (has_more) json.field("nextCursor", next_cursor);
}

std::string page_json(const RowsPage& page) {
    std::size_t bytes = 64;
    for (const auto& row : page.rows)
        bytes += row.json.size() + 1;
    std::string body;
    body.reserve(bytes);
    codec::JsonWriter json(body);
    json.begin_object().key("items").begin_array();
    for (const auto& row : page.rows)
        json.raw(row.json);
    json.end_array();
    write_page_end(json, page.total, page.has_more, page.rows.empty() ? 0 : page.rows.back().sequence);
    json.end_object();
    return body;
}

Outcome<std::string> read_page(Store& store, const std::string& tenant, Kind kind, const Filter& filter,
                               const PageSpan& span) {
    const auto page = store.page(tenant, kind, filter, span.cursor.value_or(0), span.limit);
    if (!page) return refusal_of(page.error());
    return page_json(*page);
}

}  // namespace ark::reference
