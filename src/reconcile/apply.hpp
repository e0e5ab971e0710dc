#pragma once
#include "reconcile/made.hpp"

namespace ark::reconcile {

/// Makes the resources of one kind as a server wants them, and takes away those of this server that it offers no more.
/// Gives what could not be done, in words. `store` outlives the call.
awaitable<std::vector<std::string>> apply_made(resources::ResourceStore& store, resources::ResourcePtr server,
                                               const resources::Kind& kind, std::vector<Made> made);

}  // namespace ark::reconcile
