#pragma once
#include "expr/environment.hpp"

/// The helpers as functions of expressions: names, parameters, defaults (docs/helpers.md).
namespace ark::evaluations {

/// What rules are written in: CEL with words and keyword arguments, `events`, and every helper. Made once, shared.
const expr::Environment& rule_environment();

}  // namespace ark::evaluations
