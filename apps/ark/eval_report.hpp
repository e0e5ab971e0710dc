#pragma once
#include "render.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::cli {

/// An expression or an evaluation, and what came of it, as Judge gives it.
struct Verdict {
    std::string name;        ///< of the evaluation; "expr" for an expression
    std::string expression;  ///< empty for an evaluation
    JsonValue result;

    bool is_expression() const { return !expression.empty(); }
    /// An expression that gives a bool passes when it is true, any other value passes; an error never does.
    bool passed() const;
};

/// A few lines for people: a mark for each rule, why it failed, the score. `explain`: and what led there.
std::string report_of(const Verdict& verdict, bool explain, bool color);
/// "error: unknown function tool.was_caled, did you mean tool.was_called?" with the place marked below the text.
std::string describe_problem(std::string_view expression, const JsonValue& problem);
/// JUnit's XML: an evaluation is a suite, a rule a case.
std::string junit_of(const std::vector<Verdict>& verdicts);

}  // namespace ark::cli
