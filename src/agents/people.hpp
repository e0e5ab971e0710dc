#pragma once
#include "agents/execution.hpp"
#include "llm/chat.hpp"

#include <chrono>
#include <string>

namespace ark::agents {

/// That a person says yes before a tool is called.
struct ApprovalRule {
    std::chrono::nanoseconds timeout = std::chrono::minutes(5);
    bool proceed_on_timeout = false;  ///< else silence means no
};

/// What a run asks a person. Build it as a named object.
struct Question {
    enum class Type {
        approval,  ///< may this call be made?
        input,     ///< an agent elsewhere wants to know something
    };
    Type type = Type::approval;
    emit::Context context;  ///< whose span and agent it belongs to
    std::string path;       ///< of the step that waits; its record is below
    llm::ToolCall call;     ///< of an approval
    std::string message;    ///< of an input: the words of the agent
    std::string server;     ///< of an input: the A2AServer, its task and its conversation
    std::string task_id;
    std::string context_id;
    ApprovalRule rule;
};

struct Decision {
    enum class What {
        yes,      ///< approved, or answered with `text`
        no,       ///< rejected; `text` is why, if anybody said so
        expired,  ///< nobody answered in time, and silence means no
    };
    What what = What::no;
    std::string text;
};

/// Who is asked. The run waits meanwhile, over restarts of the process, and asks once.
class People {
public:
    virtual ~People() = default;
    /// Errors: stopped; what cannot be recorded.
    virtual awaitable<Result<Decision>> ask(Execution& execution, Question question) = 0;
};

/// Arguments as others may see them: the values of members that are named like credentials are masked, at any depth.
/// What is no JSON stays as it is. Cut like all content.
std::string sanitised_arguments(std::string_view arguments);

}  // namespace ark::agents
