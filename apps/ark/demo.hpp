#pragma once
#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace ark::cli {

struct DemoConfig {
    std::uint64_t seed = 1;
    bool visitors = true;  ///< false: only the resources and what they talk to
};

/// `ark up --demo`: the examples as resources, the scripted model and the tools that they name as servers in this
/// process, and visitors who ask. Nothing in it is pretended: the controller runs every query.
class Demo {
public:
    virtual ~Demo() = default;  ///< stop()s
    /// Starts the model and the tools, on the ports that the examples name when those are free.
    static Result<std::unique_ptr<Demo>> create(const DemoConfig& config);
    /// Applies the resources and lets the visitors in. `controller`: base URL of the resources' API.
    virtual Status start(const std::string& controller) = 0;
    /// Sends the visitors home. Idempotent, as is stop().
    virtual void leave() = 0;
    /// Ends the servers too. After the controller: its runs are to be suspended, not to fail for want of a model.
    virtual void stop() = 0;
};

}  // namespace ark::cli
