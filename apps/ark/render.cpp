#include "render.hpp"

#include "yaml_writer.hpp"

#include <algorithm>

namespace ark::cli {

std::vector<Column> visible(const std::vector<Column>& columns, Format format) {
    std::vector<Column> shown;
    std::copy_if(columns.begin(), columns.end(), std::back_inserter(shown),
                 [&](const Column& c) { return !c.wide_only || format == Format::wide; });
    return shown;
}

TextTable table_of(const std::vector<Column>& columns) {
    std::vector<TextTable::Heading> headings;
    for (const auto& column : columns)
        headings.push_back({column.title, column.align, column.yields});
    return TextTable(std::move(headings));
}

std::vector<Cell> cells_of(const std::vector<Column>& columns, const JsonValue& row, const Context& context) {
    std::vector<Cell> cells;
    for (const auto& column : columns)
        cells.push_back(column.cell(row, context));
    return cells;
}

TextTable write_page(const Context& context, Format format, const std::vector<Column>& columns, const JsonValue& page) {
    auto& out = context.out();
    const auto shown = visible(columns, format);
    auto table = table_of(shown);
    switch (format) {
        case Format::table:
        case Format::wide:
            for (const auto& row : page["items"].array())
                table.add(cells_of(shown, row, context));
            // A wide table is asked for in full; a plain one fits the terminal.
            table.write(out, context.headers, format == Format::wide ? 0 : context.width(), context.color());
            break;
        case Format::json:
            out.line(page.pretty());
            break;
        case Format::yaml:
            out.write(to_yaml(page));
            break;
        case Format::ndjson:
            for (const auto& row : page["items"].array())
                out.line(row.dump());
            break;
        case Format::name:
            for (const auto& row : page["items"].array())
                out.line(printable(row["id"].text()));
            break;
    }
    return table;
}

void write_one(const Context& context, Format format, const JsonValue& value) {
    auto& out = context.out();
    switch (format) {
        case Format::table:
        case Format::wide:
        case Format::yaml:
            out.write(to_yaml(value));
            break;
        case Format::json:
            out.line(value.pretty());
            break;
        case Format::ndjson:
            out.line(value.dump());
            break;
        case Format::name:
            out.line(printable(value["id"].text()));
            break;
    }
}

Cell state_cell(std::string_view state) {
    static constexpr std::pair<std::string_view, Style> styles[] = {
        {"active", Style::blue}, {"running", Style::blue},       {"waiting", Style::yellow},
        {"done", Style::green},  {"success", Style::green},      {"ok", Style::green},
        {"error", Style::red},   {"failure", Style::red},        {"failed", Style::red},
        {"idle", Style::dim},    {"interrupted", Style::yellow}, {"canceled", Style::yellow},
    };
    for (const auto& [name, style] : styles) {
        if (name == state) return {std::string(state), style};
    }
    return {std::string(state), Style::plain};
}

Cell time_cell(const JsonValue& time, const Context& context) {
    const auto parsed = parse_rfc3339(time.text());
    return {parsed ? format_time(*parsed, context.time_style, context.clock().now()) : std::string(time.text()),
            Style::plain};
}

Cell duration_cell(const JsonValue& row, std::string_view begin, std::string_view end) {
    if (!row["durationMs"].is_null()) return {format_duration_ms(row["durationMs"].real()), Style::plain};
    const auto from = parse_rfc3339(row[begin].text());
    const auto to = parse_rfc3339(row[end].text());
    if (!from || !to || *to < *from) return {};
    return {format_duration_ms(static_cast<double>(*to - *from) / 1e6), Style::plain};
}

Cell count_cell(const JsonValue& count) {
    return {format_count(count.integer()), Style::plain};
}

Cell error_count_cell(const JsonValue& count) {
    return {format_count(count.integer()), count.integer() > 0 ? Style::red : Style::plain};
}

std::int64_t total_tokens(const JsonValue& row) {
    const auto& total = row["usage"]["total"];
    return total["inputTokens"].integer() + total["outputTokens"].integer();
}

double total_cost(const JsonValue& row) {
    return row["usage"]["total"]["costUsd"].real();
}

std::string names_text(const JsonValue& names) {
    std::string text;
    for (const auto& name : names.array()) {
        if (!text.empty()) text += ", ";
        text += name.is_string() ? name.text() : name["name"].text();
    }
    return text;
}

}  // namespace ark::cli
