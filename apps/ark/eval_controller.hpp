#pragma once
#include "judge.hpp"
#include "resource_client.hpp"

namespace ark::cli {

/// Whether a controller judges it: by a model, or by evaluations of its own (direct, query, baseline, batch).
bool is_for_controller(const codec::JsonValue& document);

/// Has the configured controller judge: the document becomes an Evaluation of a name of its own, which stays there,
/// and is waited for. Gives {"evaluation", "score", "passed", "metadata", …} as its status says, or "error" with its
/// message when it ended without a result. connect: no controller answers; deadline: --timeout is over.
Result<codec::JsonValue> evaluate_at_controller(const Context& context, const JudgeOptions& options,
                                                codec::JsonValue document);

}  // namespace ark::cli
