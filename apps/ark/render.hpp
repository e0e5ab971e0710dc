#pragma once
#include "codec/json_value.hpp"
#include "context.hpp"
#include "text_table.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

/// API answers as people or programs want them.
namespace ark::cli {

using codec::JsonValue;

/// How a kind of row looks in a table.
struct Column {
    std::string title;
    Align align = Align::left;
    bool wide_only = false;
    bool yields = false;
    std::function<Cell(const JsonValue& row, const Context& context)> cell;
};

/// The columns to show with this format, as table headings.
std::vector<Column> visible(const std::vector<Column>& columns, Format format);
TextTable table_of(const std::vector<Column>& columns);
std::vector<Cell> cells_of(const std::vector<Column>& columns, const JsonValue& row, const Context& context);

/// A page {"items", "nextCursor", "watchCursor"} in the wanted format. Gives back the table, so that --watch can go on
/// in it.
TextTable write_page(const Context& context, Format format, const std::vector<Column>& columns, const JsonValue& page);
/// One resource: json, yaml or ndjson; table and wide as "key: value" lines of YAML; name as its id.
void write_one(const Context& context, Format format, const JsonValue& value);

/// Cells that several kinds of rows share.
Cell state_cell(std::string_view state);
Cell time_cell(const JsonValue& time, const Context& context);
Cell duration_cell(const JsonValue& row, std::string_view begin, std::string_view end);
Cell count_cell(const JsonValue& count);
Cell error_count_cell(const JsonValue& count);
std::int64_t total_tokens(const JsonValue& row);
double total_cost(const JsonValue& row);
std::string names_text(const JsonValue& names);  ///< [{"name","count"}] or ["name"] → "a, b"

}  // namespace ark::cli
