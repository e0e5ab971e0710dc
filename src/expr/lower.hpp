#pragma once
#include "expr/checker.hpp"
#include "expr/steps.hpp"

namespace ark::expr {

/// Turns the analysed tree into steps. May find issues of its own: patterns that are no regular expressions.
Compiled<std::shared_ptr<const FlatProgram>> lower(std::unique_ptr<Ast> ast, Analysis analysis,
                                                   const Environment& environment, std::vector<Issue> warnings);

/// The conditions of a lowered program (Program::conditions).
std::vector<Condition> required_conditions(const FlatProgram& program);

}  // namespace ark::expr
