#pragma once
#include "agents/participant.hpp"
#include "llm/model.hpp"

#include <memory>
#include <string>

namespace ark::agents {

/// A model that somebody thinks with.
struct Brain {
    std::string resource;  ///< of the Model resource
    std::string model;     ///< the provider's name for it
    std::string provider;  ///< gen_ai.provider.name
    std::shared_ptr<llm::Model> chat;
};

/// One model call as a step of a run: its span (`llm.{model}`), its events, its record. A call that was completed
/// before is not made again and not told again. Errors: those of the model; stopped; conflict when the run's budget is
/// used up.
awaitable<Result<llm::ChatReply>> call_model(Execution& execution, const Brain& brain, emit::Context parent,
                                             std::string path, llm::ChatRequest request, TokenUsage& usage);

}  // namespace ark::agents
