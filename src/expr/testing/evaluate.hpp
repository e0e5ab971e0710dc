#pragma once
#include "expr/program.hpp"

#include <string>
#include <string_view>

namespace ark::expr::testing {

/// The value as CEL would write it; for an error its code: "error no_such_key at 3". Without variables.
inline std::string evaluate(std::string_view text, Options options = {}) {
    const auto program = compile(text, Environment(std::move(options)));
    if (!program) {
        const auto issue = program.error().list.front();
        return "issue " + std::string(name(issue.code)) + " at " + std::to_string(issue.offset);
    }
    Evaluation evaluation;
    const Bindings bindings;
    const auto value = (*program)->evaluate(bindings, evaluation);
    if (value.is_error())
        return "error " + std::string(name(value.failure().code)) + " at " + std::to_string(value.failure().offset);
    return to_text(value, evaluation);
}

}  // namespace ark::expr::testing
