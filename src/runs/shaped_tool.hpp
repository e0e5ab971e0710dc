#pragma once
#include "agents/callable.hpp"
#include "runs/lookup.hpp"
#include "runtime/work_pool.hpp"

#include <string>

namespace ark::runs {

/// The tool as an entry of an agent's `tools` wants it (facts: "Partial tools", "filters"): with `partial.parameters`
/// decided, which the model neither sees nor changes, and with its JSON answers put through the `jq` programs of
/// `functions`. Errors: a value that cannot be had or a template that cannot be filled, a function that is none of
/// ours, a program that does not compile. `pool` outlives the tool.
awaitable<Result<agents::CallablePtr>> shape_tool(agents::CallablePtr tool, const codec::JsonValue& entry,
                                                  Lookup& lookup, std::string ns, std::string where,
                                                  runtime::WorkPool& pool);

}  // namespace ark::runs
