#pragma once
#include "runtime/asio.hpp"

#include <stop_token>

namespace ark::runs {

/// The place of one run among those that may be at work at once. A run that waits for a person gives it to others.
class Place {
public:
    virtual ~Place() = default;
    virtual void leave() = 0;
    /// Waits for one, before those that have not begun; no longer than until the stop.
    virtual awaitable<void> retake(std::stop_token stop) = 0;
};

}  // namespace ark::runs
