#pragma once
#include "agents/callable.hpp"
#include "agents/model_call.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ark::agents {

/// An agent as a query meets it: everything resolved, nothing left to look up.
struct AgentSpec {
    std::string ns;
    std::string name;
    std::string description;
    std::string prompt;  ///< rendered; empty: no system message
    Brain brain;
    std::vector<CallablePtr> tools;  ///< in the order in which they are offered
    llm::ToolChoice tool_choice = llm::ToolChoice::automatic;
    std::optional<llm::ResponseFormat> format;
    std::size_t turns_max = 50;  ///< model calls of one run; beyond, it fails
};

/// The loop of an agent (facts: prompt, history, input → model → tool calls → model → … → answer). Calls that the model
/// asks for together run together; what fails is an answer that the model reads.
std::shared_ptr<const Participant> make_agent(AgentSpec spec);

}  // namespace ark::agents
