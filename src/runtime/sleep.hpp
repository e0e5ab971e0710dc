#pragma once
#include "base/result.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <stop_token>

namespace ark::runtime {

/// Waits on the caller's executor. stopped: a stop was asked for, from whichever thread, before or meanwhile.
awaitable<Status> sleep_for(std::chrono::nanoseconds time, std::stop_token stop = {});

}  // namespace ark::runtime
