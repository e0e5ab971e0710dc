#pragma once
#include "base/result.hpp"
#include "llm/chat.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What a model is asked when it judges, and how its words are read. Pure.
namespace ark::judges {

/// One answer that is to be judged.
struct Exhibit {
    std::string input;
    std::string output;
    std::string expected;  ///< what a good answer would be; empty: not known
    std::string context;   ///< what else the judge should know; may be empty
};

/// What judges look at when nobody says otherwise.
std::vector<std::string> default_criteria();
/// "relevance, accuracy" as a list; "all" or nothing: the default ones.
std::vector<std::string> criteria_of(std::string_view text);

/// The conversation that asks a model for its judgement.
llm::ChatRequest judge_request(const Exhibit& exhibit, const std::vector<std::string>& criteria);

struct Judgement {
    double score = 0;            ///< 0 to 1
    std::optional<bool> passed;  ///< the judge's own verdict, where it gave one
    std::string reasoning;
    std::vector<std::pair<std::string, double>> criteria;
};

/// Reads the lines SCORE, PASSED, REASONING and CRITERIA_SCORES, in any order and case, with or without Markdown around
/// them. A score above 1 is a percentage, "4/5" a fraction. bad_payload: no score, or one that is none.
Result<Judgement> parse_judgement(std::string_view reply);

}  // namespace ark::judges
