#pragma once
#include "base/result.hpp"
#include "base/time.hpp"
#include "codec/json_value.hpp"
#include "resources/store.hpp"

#include <chrono>
#include <string>
#include <string_view>

/// A2ATask resources of a run: work of an agent elsewhere, or a question to a person.
namespace ark::runs {

struct TaskSpec {
    resources::ResourcePtr query;  ///< whose it is: the task goes when the query goes
    std::string agent;
    std::string server;  ///< of the A2AServer; empty: a task of our own
    std::string task_id;
    std::string context_id;
    std::chrono::nanoseconds timeout{};  ///< 0: the default of the kind
};

/// "a2a-task-{id}", as far as names allow; what had to be changed is told apart by a hash.
resources::ObjectName task_name(const resources::Resource& query, std::string_view task_id);

/// Creates it unless it is there.
awaitable<Status> ensure_task(resources::ResourceStore& store, TaskSpec spec);
/// Merges `status` into its status. One that is gone is no error: somebody deleted it.
awaitable<Status> write_task_status(resources::ResourceStore& store, resources::ObjectName name,
                                    codec::JsonValue status);
/// Takes the person's answer away, so that the next question is not answered by it.
awaitable<Status> clear_task_input(resources::ResourceStore& store, resources::ObjectName name);

/// `[condition]` of type Completed.
codec::JsonValue completed_condition(bool completed, std::string_view reason, std::string_view message, UnixNanos now);
/// `{messageId, role: agent, parts: [text]}`.
codec::JsonValue agent_message(std::string_view id, std::string_view text);

}  // namespace ark::runs
