#pragma once
#include "base/result.hpp"
#include "controller/config.hpp"
#include "emit/audience.hpp"
#include "resources/store.hpp"
#include "telemetry/metrics.hpp"

#include <memory>
#include <string>

namespace ark::controller {

/// The half of the controller that acts: an engine that runs queries and the reconciler, over the store on a
/// thread of their own; and the telemetry on its way to the broker and to the endpoint of the OTEL_* variables. Belongs
/// to the thread that created it.
class Execution {
public:
    virtual ~Execution() = default;  ///< stop()s
    /// Opens what an earlier process left. Store and audience outlive it. Errors are for people.
    static Result<std::unique_ptr<Execution>> create(const ControllerConfig& config, resources::ResourceStore& store,
                                                     emit::Audience& audience);

    /// What is wrong and passes by itself, for people; empty: nothing. Any thread; a second late at most.
    virtual std::string trouble() const = 0;
    virtual void register_metrics(telemetry::Registry& metrics) = 0;
    virtual void start() = 0;
    /// Suspends runs, which go on at the next start, and gives telemetry a moment to get out. Idempotent. Blocks.
    virtual void stop() = 0;
};

}  // namespace ark::controller
