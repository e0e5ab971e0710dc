#pragma once
#include "expr/evaluation.hpp"

#include <string>

namespace ark::expr {

/// An int, uint or double in the fewest digits that read back as it: "1.5", "6.02e+23", "NaN", "Infinity".
std::string number_text(const Value& number);

enum class Style {
    expression,  ///< as CEL would write it: ["a", 1u]
    plain,       ///< as format() writes it: [a, 1], maps in order of their keys
};
/// Writes a value; stops beyond `bytes_max` and where values nest too deep.
void append_text(std::string& out, const Value& value, Style style, Evaluation& evaluation, std::size_t bytes_max);

}  // namespace ark::expr
