#pragma once
#include "reference/live.hpp"

#include <memory>

namespace ark::reference {

/// A watch that stands at `at`; items up to `live` were there before it began. On the hub's thread.
std::unique_ptr<Watch> make_watch(std::shared_ptr<Hub> hub, Subject subject, Position at, Position live);

}  // namespace ark::reference
