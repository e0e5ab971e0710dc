#pragma once
#include "judge.hpp"

#include <string>
#include <vector>

namespace ark::cli {

/// Starts a live evaluation at the broker and shows each change until it has ended. Exactly one expression or document.
Result<Exit> follow_evaluation(Context& context, ApiClient& api, const JudgeOptions& options,
                               const std::vector<std::string>& expressions,
                               const std::vector<codec::JsonValue>& documents);

}  // namespace ark::cli
