#pragma once
#include "codec/json_value.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ark::demo {

/// One question of a visitor.
struct Question {
    std::string type;  ///< "agent", "team", "model", "tool"
    std::string name;
    std::string input;
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string decision;  ///< "approved", "rejected"; empty: whoever is asked for approval is gone
};

/// What one visitor asks, one after the other, in one session.
struct Visit {
    std::string name;
    std::vector<Question> questions;
};

/// examples/demo/visits.yaml. bad_payload: what is wrong, in which visit.
Result<std::vector<Visit>> parse_visits(std::string_view yaml);

/// The Query of a question, as JSON.
std::string query_json(const Question& question, std::string_view visit, std::string_view session,
                       std::string_view ttl);

}  // namespace ark::demo
