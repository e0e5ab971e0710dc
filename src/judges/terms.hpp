#pragma once
#include "codec/json_value.hpp"
#include "resources/state.hpp"
#include "runs/lookup.hpp"

#include <initializer_list>
#include <string>
#include <string_view>

namespace ark::judges {

/// By whom, and by what, an evaluation judges: the Evaluator's parameters with the Evaluation's own over them.
struct Terms {
    std::string evaluator;        ///< of the Evaluator resource; empty: the controller's models judge
    std::string address;          ///< of its service; empty: likewise
    codec::JsonValue parameters;  ///< an object of texts
    double min_score = 0.7;
    std::string min_score_text = "0.7";  ///< as it was written

    /// A parameter under the first of its names that was given.
    std::string text(std::initializer_list<std::string_view> names, std::string_view fallback = {}) const;
};

/// Errors: not_found (an Evaluator, a Secret), bad_argument (a min-score that is none).
awaitable<Result<Terms>> read_terms(runs::Lookup& lookup, resources::ResourcePtr evaluation);

}  // namespace ark::judges
