#pragma once
#include "evaluations/evaluate.hpp"

namespace ark::evaluations {

/// {"code","message","position","line","column","suggestion"}.
JsonValue json_of(const Problem& problem);
enum class Explain { no, yes };

/// {"value": …} or {"error": {…}}; with Explain::yes also "evidence", "evidenceCount" and "steps", the calls of helpers
/// that led there: [{"call","value","events","evidence"}].
JsonValue json_of(const Outcome& outcome, Explain explain = Explain::no);

/// {"name","score":"0.667","passed","metadata":{texts},"events":{"count","first","last"},"query","session","rules":[]}:
/// score, passed and metadata as the reference's evaluator answers, and each rule with value, error, evidence; with
/// Explain::yes also the calls of helpers that led there.
JsonValue json_of(const EvaluationResult& result, Explain explain = Explain::no);

std::string score_text(double score);  ///< three decimals

}  // namespace ark::evaluations
