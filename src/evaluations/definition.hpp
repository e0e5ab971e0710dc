#pragma once
#include "base/result.hpp"
#include "evaluations/scope.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What an evaluation asks: the Evaluation resource of type event, as data.
namespace ark::evaluations {

struct Rule {
    std::string name;
    std::string expression;  ///< gives a bool
    std::string description;
    std::int64_t weight = 1;  ///< 0: reported, not scored
};

struct Definition {
    std::string name;
    std::string type = "event";
    std::vector<Rule> rules;
    double min_score = 0.7;
    std::string min_score_text = "0.7";  ///< as it was written
    Subject subject;                     ///< what it names itself; empty where it leaves that to its caller

    static constexpr std::size_t rules_max = 500;
};

/// Reads an Evaluation resource (kind, metadata, spec), its spec alone, or the evaluator's request ({type, config,
/// parameters}). Rules lie in config or beside it; parameters are a list of {name, value} or a map.
/// bad_argument names the member: no rules, a rule without name or expression, a weight that is no whole number from 0,
/// a min-score outside 0 to 1. unsupported: a type that needs a model's judgement (direct, query, baseline, batch).
Result<Definition> read_definition(const JsonValue& document);

/// "0.667": between 0 and 1 as a text of a decimal.
Result<double> read_min_score(std::string_view text);

}  // namespace ark::evaluations
