#pragma once
#include "demo/visits.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace ark::demo {

struct VisitorsConfig {
    std::string controller;  ///< base URL of the resources' API
    std::vector<Visit> visits;
    std::uint64_t seed = 1;
    unsigned visitors = 3;                       ///< at once
    std::chrono::milliseconds pause_min{2'000};  ///< between an answer and the next question
    std::chrono::milliseconds pause_max{7'000};
    std::string ttl = "1h";  ///< how long an ended query stays a resource; what happened stays with the broker
};

/// People who ask, at the pace of people: each makes one visit after the other, as Queries through the controller's
/// API, and waits for each answer. On a thread of its own; who does not reach the controller tries again.
class Visitors {
public:
    virtual ~Visitors() = default;  ///< stop()s
    static std::unique_ptr<Visitors> create(VisitorsConfig config);
    virtual void start() = 0;
    virtual void stop() = 0;                      ///< what was asked goes on without them. Idempotent; blocks a moment
    virtual std::uint64_t questions() const = 0;  ///< asked so far; any thread
};

}  // namespace ark::demo
