#include "expr/suggest.hpp"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <numeric>
#include <utility>

namespace ark::expr {

namespace {

// Letters to insert, remove, replace or swap with their neighbour; upper and lower case being the same letter.
std::size_t distance(std::string_view a, std::string_view b) {
    const auto same = [&](std::size_t i, std::size_t j) {
        const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
        return lower(a[i - 1]) == lower(b[j - 1]);
    };
    std::vector<std::size_t> before(b.size() + 1);  // the row before the last one: what a swap starts from
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(last.begin(), last.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same(i, j) ? 0 : 1)});
            if (i > 1 && j > 1 && same(i, j - 1) && same(i - 1, j)) row[j] = std::min(row[j], before[j - 2] + 1);
        }
        std::swap(before, last);
        std::swap(last, row);
    }
    return last.back();
}

}  // namespace

std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates) {
    constexpr std::size_t name_bytes_max = 100;  // nobody mistypes a longer one
    if (wrong.empty() || wrong.size() > name_bytes_max) return {};
    const auto allowed = std::max<std::size_t>(1, wrong.size() / 4);
    const std::string* best = nullptr;
    auto best_distance = allowed + 1;
    for (const auto& candidate : candidates) {
        const auto longer = std::max(candidate.size(), wrong.size());
        if (longer - std::min(candidate.size(), wrong.size()) > allowed) continue;
        const auto edits = distance(wrong, candidate);
        if (edits >= best_distance) continue;
        best_distance = edits;
        best = &candidate;
    }
    return best == nullptr ? std::string() : *best;
}

}  // namespace ark::expr
