#pragma once
#include "expr/ast.hpp"
#include "expr/evaluation.hpp"

namespace ark::expr {

/// The operators on values that are no errors: the value, or an error without a position.
Value apply(Op op, const Value& operand, Evaluation& evaluation);
Value apply(Op op, const Value& left, const Value& right, Evaluation& evaluation);

/// Element or entry; nothing when there is none. An error for a wrong key.
std::optional<Value> look_up(const Value& aggregate, const Value& key, Evaluation& evaluation);

Value no_overload(std::string_view name, std::span<const Value> arguments, Evaluation& evaluation);

}  // namespace ark::expr
