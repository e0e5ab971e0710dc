#pragma once
#include "judges/judgement.hpp"
#include "runs/lookup.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace ark::judges {

/// Waits until the Query has ended. Errors: not_found, stopped.
awaitable<Result<resources::ResourcePtr>> ended_query(runs::Lookup& lookup, std::string ns, std::string name,
                                                      std::stop_token stop);

/// What was asked and what came of it, of a Query that has ended. `target` is whose response: "type:name" or a name;
/// empty: the only one. Errors: conflict (it did not end well), not_found (nobody of that name responded).
awaitable<Result<Exhibit>> exhibit_of(runs::Lookup& lookup, resources::ResourcePtr query, std::string target);

/// A golden example: what a model is asked, and what it should say.
struct Example {
    std::string input;
    std::string expected;
    std::string category;
    std::string difficulty;
};
inline constexpr std::size_t examples_max = 500;

/// Reads the parameter `golden-examples`: a JSON list of {input, expectedOutput, category, difficulty}; the latter two
/// may lie in `metadata`. bad_argument: none, too many, or one without input.
Result<std::vector<Example>> read_examples(std::string_view text);

}  // namespace ark::judges
