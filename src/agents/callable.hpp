#pragma once
#include "agents/participant.hpp"
#include "agents/people.hpp"

#include <memory>

namespace ark::agents {

/// What came of a tool call. An error is an answer too: the model reads it and goes on.
struct CallResult {
    std::string text;
    bool is_error = false;
    std::string error_type;  ///< of errors: "timeout", "bad_request", "tool_error", …
    bool retryable = false;
    Ending ending = Ending::finished;  ///< else the agent's turn ends with this call
};

/// Where a call happens.
struct CallPlace {
    Execution& execution;
    emit::Context context;  ///< of the call's span: what is sent along, the parent of what is below
    std::string path;
    TokenUsage& usage;  ///< of agents and teams that are called
};

/// A tool as agents see it: on the network, in this process, or another participant. Shared; calls may overlap.
class Callable {
public:
    virtual ~Callable() = default;
    virtual const llm::ToolDefinition& definition() const = 0;
    virtual std::string_view type() const = 0;  ///< "http", "mcp", "agent", "team", "builtin"
    /// `arguments` is what the model wrote. Never fails but by its result; after a stop of the run it returns soon.
    virtual awaitable<CallResult> call(std::string arguments, CallPlace place) const = 0;
    /// Whether a person is asked before a call; null: nobody is.
    virtual const ApprovalRule* approval() const { return nullptr; }
};
using CallablePtr = std::shared_ptr<const Callable>;

CallablePtr make_noop();       ///< "noop": gives its arguments back
CallablePtr make_terminate();  ///< "terminate": ends with its `response`
/// "select-next-speaker": ends with its `name`, one of the candidates.
CallablePtr make_selection(const std::vector<std::string>& candidates);
/// Another participant as a tool: takes `input`, answers with its last text.
CallablePtr make_participant_tool(llm::ToolDefinition definition, std::shared_ptr<const Participant> participant);

/// The same tool, that nobody calls before a person said yes.
CallablePtr make_approved(CallablePtr tool, ApprovalRule rule);

/// JSON Schema of an object of text members, all required: what built-in and participant tools take.
struct TextMember {
    std::string name;
    std::string description;
    std::vector<std::string> choices;  ///< empty: any text
};
std::string text_schema(const std::vector<TextMember>& members);

}  // namespace ark::agents
