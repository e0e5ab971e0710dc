#pragma once
#include "agents/callable.hpp"

#include <string>

namespace ark::agents {

/// One tool call as a step of a run: its span (`tool.{name}`), its events, its record. A call that was completed before
/// is not made again and not told again. `tool` may be null: the model asked for one that there is not, and is told so.
/// Errors are those of the run only (stopped, cannot be recorded, budget): a tool's own are its result.
awaitable<Result<CallResult>> call_tool(Execution& execution, const Callable* tool, emit::Context parent,
                                        std::string path, llm::ToolCall call, TokenUsage& usage);

}  // namespace ark::agents
