#pragma once
#include "agents/execution.hpp"
#include "resources/store.hpp"
#include "runtime/scope.hpp"
#include "tools/a2a/client.hpp"

#include <chrono>
#include <string>

namespace ark::runs {

/// What an agent elsewhere works on for one step: its A2ATask resource, and its id as a step of its own, so that the
/// next process follows it instead of sending again. Lives within the step.
class RemoteTask {
public:
    RemoteTask(resources::ResourceStore& store, resources::ResourcePtr query, std::string agent, std::string server,
               agents::Execution& execution, std::string path, std::string inputs)
        : store_(store),
          query_(std::move(query)),
          agent_(std::move(agent)),
          server_(std::move(server)),
          execution_(execution),
          path_(std::move(path)),
          inputs_(std::move(inputs)) {}

    const std::string& id() const { return id_; }
    /// Sent by an earlier process.
    void know(std::string id) {
        id_ = std::move(id);
        recorded_ = true;
    }
    /// News of a stream: written down while the stream goes on, the newest only.
    void see(runtime::Scope& scope, const tools::a2a::Update& update);
    /// The task as a whole.
    awaitable<Status> take(const tools::a2a::Reply& reply);
    awaitable<void> end(std::string state, std::string message);

private:
    awaitable<void> write_news();
    awaitable<Status> write(codec::JsonValue status);

    resources::ResourceStore& store_;  // outlives us
    const resources::ResourcePtr query_;
    const std::string agent_;
    const std::string server_;
    agents::Execution& execution_;  // outlives us
    const std::string path_;
    const std::string inputs_;
    std::string id_;
    std::string context_id_;
    codec::JsonValue news_;  // not written yet; null: none
    bool recorded_ = false;  // the step is there
    bool made_ = false;      // the resource is there
    bool writing_ = false;
};

/// How often a task is asked for: soon at first, every five seconds later; slower while it cannot be asked.
class Pace {
public:
    std::chrono::milliseconds next();
    void worked() { failures_ = 0; }
    /// True for the first of several failures: only a change is told.
    bool failed() { return ++failures_ == 1; }
    bool hopeless() const { return failures_ > failures_max; }

private:
    static constexpr int failures_max = 20;
    std::chrono::milliseconds wait_{200};
    int failures_ = 0;
};

}  // namespace ark::runs
