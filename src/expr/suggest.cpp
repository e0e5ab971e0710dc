#include "expr/suggest.hpp"

#include "base/edit_distance.hpp"

#include <algorithm>
#include <cstddef>

namespace ark::expr {

std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates) {
    constexpr std::size_t name_bytes_max = 100;  // nobody mistypes a longer one
    if (wrong.empty() || wrong.size() > name_bytes_max) return {};
    const auto allowed = std::max<std::size_t>(1, wrong.size() / 4);
    const std::string* best = nullptr;
    auto best_distance = allowed + 1;
    for (const auto& candidate : candidates) {
        const auto longer = std::max(candidate.size(), wrong.size());
        if (longer - std::min(candidate.size(), wrong.size()) > allowed) continue;
        const auto edits = edit_distance(wrong, candidate);
        if (edits >= best_distance) continue;
        best_distance = edits;
        best = &candidate;
    }
    return best == nullptr ? std::string() : *best;
}

}  // namespace ark::expr
