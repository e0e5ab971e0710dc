#pragma once
#include "teams/order.hpp"

namespace ark::teams {

/// Asks the selecting agent who of the candidates speaks next. A step of the run below `path`.
/// `response` receives what it says when it ends the talk instead.
awaitable<Result<Choice>> select_next(const TeamSpec& team, const std::vector<std::size_t>& candidates,
                                      agents::Execution& execution, emit::Context context, std::string path,
                                      const std::vector<llm::Message>& history, agents::TokenUsage& usage,
                                      std::string& response);

}  // namespace ark::teams
