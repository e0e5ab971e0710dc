#pragma once
#include "agents/execution.hpp"
#include "runs/lookup.hpp"
#include "runs/memory.hpp"
#include "runs/network.hpp"

#include <memory>
#include <string>
#include <vector>

namespace ark::runs {

/// What became of a run's memory: the condition MemoryUnavailable of its Query. No reason: it needs none.
struct MemoryState {
    bool unavailable = false;
    std::string reason;  ///< "MemoryReachable", "NoMemoryBackend", "MemoryFailed"
    std::string message;
};

/// The conversation that a query takes part in: what was said before it, and what it adds. Reading and storing are
/// steps of the run, so that a run that goes on after a crash reads the same and stores nothing twice. One run's.
class Recall {
public:
    Recall(Network& network, Lookup& lookup, const resources::Resource& query)
        : network_(network), lookup_(lookup), query_(query) {}

    /// Finds the memory and the conversation. Errors: a Memory that is named and cannot be used. Without any memory
    /// everything below does nothing.
    awaitable<Status> open(agents::Execution& execution);
    /// The messages before this query's. A memory that does not answer is told (MemoryRetrieveError, state()); the run
    /// goes on without it.
    awaitable<Result<std::vector<llm::Message>>> read(agents::Execution& execution, const emit::Context& context,
                                                      std::string agent);
    /// Adds what was said. What fails is told; the answer of the run is not less for it.
    awaitable<void> store(agents::Execution& execution, const emit::Context& context,
                          std::vector<llm::Message> messages, std::string agent);

    const std::string& conversation() const { return conversation_; }
    const MemoryState& state() const { return state_; }

private:
    awaitable<Status> find();
    awaitable<Status> begin_conversation(agents::Execution& execution);
    awaitable<Result<std::size_t>> stored_before(agents::Execution& execution);
    awaitable<Status> add(agents::Execution& execution, const std::vector<llm::Message>& messages);
    emit::OperationSpec operation(std::string_view name, std::string path, const std::string& agent) const;
    void unavailable(std::string_view reason, const Error& error);

    Network& network_;  // all three outlive us
    Lookup& lookup_;
    const resources::Resource& query_;
    std::shared_ptr<Memory> memory_;  // none: nothing is remembered
    std::string name_;                // of the Memory
    std::string conversation_;
    std::uint64_t last_ = 0;  // of the conversation when it was read
    MemoryState state_;
};

}  // namespace ark::runs
