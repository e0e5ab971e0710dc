#pragma once
#include "base/outcome.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ark::expr {

/// What went wrong with an expression. The names (name()) are stable: they are in answers of the API and in results of
/// evaluations; docs/expressions.md lists them.
enum class Code : std::uint8_t {
    // Found when the text is compiled.
    parse_error,           ///< the text is not an expression
    undeclared_reference,  ///< a name that is neither variable, type nor namespace
    unknown_function,      ///< no function of this name
    unknown_argument,      ///< no parameter of this name
    missing_argument,      ///< a parameter without default was not given
    too_complex,           ///< a limit on the text was exceeded: CompileLimits
    // Found by the checker where types are known, else when it is evaluated.
    no_such_overload,      ///< an operator or function does not take operands of these types
    no_such_key,           ///< a map has no such key, an event no such field
    index_out_of_range,    ///< a list has no such index
    divide_by_zero,        ///< also modulus
    overflow,              ///< the result is outside the range of its type
    invalid_argument,      ///< a value of the right type that the function cannot use
    unsupported_key_type,  ///< a map key that is not a bool, int, uint or string
    repeated_key,          ///< a map literal with equal keys
    budget_exceeded,       ///< a limit on the evaluation was exceeded: Limits
    // Of embeddings: helpers and evaluations.
    unknown_scope,    ///< a scope word that does not exist
    missing_context,  ///< a helper needs a query or session that the evaluation has not
    not_boolean,      ///< the value of a rule or filter is not a bool
};

std::string_view name(Code code);  ///< "no_such_key"

/// Something wrong with the text of an expression, and where.
struct Issue {
    Code code = Code::parse_error;
    std::string message;       ///< a sentence without a final stop: "unknown function tool.was_caled"
    std::uint32_t offset = 0;  ///< bytes from the start of the text
    std::uint32_t line = 1;    ///< from 1
    std::uint32_t column = 1;  ///< from 1, in code points
    std::string suggestion;    ///< "tool.was_called"; empty without one
};

/// Of one text: a text that is wrong everywhere costs no more than one that is wrong here and there.
inline constexpr std::size_t issues_max = 20;
inline constexpr std::size_t message_bytes_max = 300;  ///< of an issue: a longer one ends in "…"

/// What is wrong with a text, in order of position, at most `issues_max`; never empty.
struct Issues {
    std::vector<Issue> list;
};

/// "line 1, column 6: unknown function tool.was_caled, did you mean tool.was_called?"
std::string to_text(const Issue& issue);

/// Fills line and column of `issue` from its offset in `text`.
void locate(Issue& issue, std::string_view text);

/// A T, or what is wrong with the text.
template <class T>
using Compiled = Outcome<T, Issues>;

}  // namespace ark::expr
