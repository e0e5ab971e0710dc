#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

/// The candidate that `wrong` was most likely meant to be: few edits away, the same but for case first. Empty when
/// nothing is near.
std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates);

}  // namespace ark::expr
