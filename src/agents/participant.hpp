#pragma once
#include "agents/execution.hpp"
#include "llm/chat.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::agents {

/// Tokens of several calls, added up.
struct TokenUsage {
    std::int64_t prompt = 0;
    std::int64_t completion = 0;
    std::int64_t total = 0;
    std::int64_t cached = 0;
    TokenUsage& operator+=(const TokenUsage& other);
    TokenUsage& operator+=(const llm::Usage& usage);
};

/// How a participant came to its end.
enum class Ending {
    finished,    ///< it answered
    terminated,  ///< it called `terminate`: the team, or the query, is done
    selected,    ///< a selector called `select-next-speaker`; Outcome::response is whom
};

/// What a participant said.
struct Outcome {
    std::vector<llm::Message> messages;  ///< the new ones, in order
    Ending ending = Ending::finished;
    std::string response;    ///< of terminated and selected
    std::string context_id;  ///< of an agent elsewhere: its conversation, to be gone on with
    std::string task_id;     ///< likewise: what it worked on

    /// The last text of an assistant; empty when there is none.
    std::string answer() const;
};

struct Conversation {
    std::vector<llm::Message> history;
    llm::Message input;  ///< the user's
};

/// An agent or a team: takes part in a query as its target, as a member of a team, as a tool of another agent.
/// Immutable and shared; runs may overlap.
class Participant {
public:
    virtual ~Participant() = default;
    virtual std::string_view name() const = 0;
    virtual std::string_view type() const = 0;  ///< "agent", "team"
    virtual std::string_view description() const = 0;
    /// Steps and spans are below `path`. `usage` counts also what was spent before a failure.
    virtual awaitable<Result<Outcome>> run(Execution& execution, emit::Context parent, std::string path,
                                           Conversation conversation, TokenUsage& usage) const = 0;
};

}  // namespace ark::agents
