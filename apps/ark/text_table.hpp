#pragma once
#include "terminal.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::cli {

enum class Align { left, right };

struct Cell {
    std::string text;
    Style style = Style::plain;
};

/// Rows in columns that are as wide as their widest cell, two spaces apart. One column may give way when the terminal
/// is narrow.
class TextTable {
public:
    struct Heading {
        std::string title;
        Align align = Align::left;
        bool yields = false;  ///< is cut when the table is wider than the terminal; at most one
    };
    explicit TextTable(std::vector<Heading> headings) : headings_(std::move(headings)) {}

    void add(std::vector<Cell> row);  ///< as many cells as headings
    /// Everything added so far. `width`: of the terminal, 0 for no limit.
    void write(Out& out, bool heading, std::size_t width, bool color);
    /// One more row under the table that was written, in the widths it had (`--watch`).
    void write_row(Out& out, const std::vector<Cell>& row, bool color) const;
    bool empty() const { return rows_.empty(); }

private:
    void measure(std::size_t width);
    std::string line_of(const std::vector<Cell>& row, bool color) const;

    std::vector<Heading> headings_;
    std::vector<std::vector<Cell>> rows_;
    std::vector<std::size_t> widths_;
};

}  // namespace ark::cli
