#include "text_table.hpp"

#include "base/check.hpp"

#include <algorithm>
#include <utility>

namespace ark::cli {

constexpr std::size_t gap = 2;
constexpr std::size_t yielding_width_min = 12;

void TextTable::add(std::vector<Cell> row) {
    ARK_CHECK(row.size() == headings_.size(), "a row of {} cells in a table of {}", row.size(), headings_.size());
    rows_.push_back(std::move(row));
}

void TextTable::measure(std::size_t width) {
    widths_.clear();
    std::size_t total = 0;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        auto widest = display_width(headings_[i].title);
        for (const auto& row : rows_)
            widest = std::max(widest, display_width(row[i].text));
        widths_.push_back(widest);
        total += widest + (i == 0 ? 0 : gap);
    }
    if (width == 0 || total <= width) return;
    for (std::size_t i = 0; i < headings_.size(); ++i) {
        if (!headings_[i].yields) continue;
        const auto excess = total - width;
        const auto least = std::min(widths_[i], yielding_width_min);
        widths_[i] = widths_[i] > excess + least ? widths_[i] - excess : least;
    }
}

std::string TextTable::line_of(const std::vector<Cell>& row, bool color) const {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        const bool last = i + 1 == row.size();
        // Rows that come later (--watch) may be wider than what was measured: only the yielding column is cut.
        const auto text = headings_[i].yields ? fit(row[i].text, widths_[i]) : printable(row[i].text);
        const auto used = display_width(text);
        const auto padding = std::string(widths_[i] > used ? widths_[i] - used : 0, ' ');
        if (headings_[i].align == Align::right) line += padding;
        line += paint(text, row[i].style, color);
        if (headings_[i].align == Align::left && !last) line += padding;
        if (!last) line.append(gap, ' ');
    }
    while (line.ends_with(' '))
        line.pop_back();
    return line;
}

void TextTable::write(Out& out, bool heading, std::size_t width, bool color) {
    measure(width);
    if (heading) {
        std::vector<Cell> titles;
        for (const auto& h : headings_)
            titles.push_back({h.title, Style::bold});
        out.line(line_of(titles, color));
    }
    for (const auto& row : rows_)
        out.line(line_of(row, color));
}

void TextTable::write_row(Out& out, const std::vector<Cell>& row, bool color) const {
    out.line(line_of(row, color));
}

}  // namespace ark::cli
