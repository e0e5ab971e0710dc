#pragma once
#include "expr/steps.hpp"

namespace ark::expr {

/// The value of one step. Does not start the evaluation anew.
Value evaluate_step(const FlatProgram& program, StepId step, const Activation& activation, Evaluation& evaluation);

}  // namespace ark::expr
