#pragma once
#include "base/result.hpp"
#include "emit/tracer.hpp"
#include "llm/chat.hpp"
#include "runtime/asio.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

namespace ark::agents {

/// A completed step, as it is recorded: what was asked, and what came of it.
struct Step {
    std::string path;    ///< which step of the run: "agent.clerk/llm.0"
    std::string kind;    ///< "llm", "tool"
    std::string inputs;  ///< hash of what led to the result
    std::string result;  ///< JSON
};

/// How something that lasts came to its end.
enum class Ended { no, well, badly };

/// What a run has completed so far. A run that goes on after a crash finds its results here instead of repeating calls
/// (design.md §6).
class Steps {
public:
    virtual ~Steps() = default;
    /// The result of the step if it was completed with the same inputs; null: it is to be taken. Valid until the next
    /// call of anything here.
    virtual const std::string* find(std::string_view path, std::string_view inputs) const = 0;
    /// Resolves when the step is durable, and the telemetry that was recorded before it too. Only then may the next one
    /// begin. An error means that the run cannot be continued safely.
    virtual awaitable<Status> record(Step step) = 0;
    /// When something that takes its time (an agent, a turn, a call) began: now, if it does so for the first time. That
    /// it did is known exactly when what is recorded in the same moment is: its Start event.
    struct Begun {
        UnixNanos at;
        bool before = false;  ///< by an earlier process, which announced it
        Ended ended = Ended::no;
    };
    virtual Begun begin(std::string_view path) = 0;
    /// It ended; as above with the event and the span that say so.
    virtual void end(std::string_view path, Ended how) = 0;
};

/// Answers of models as they are written, for those who watch live. Never waits, never fails. `context` is the call's.
class Chunks {
public:
    virtual ~Chunks() = default;
    virtual void delta(const emit::Context& context, std::string_view model, const llm::Delta& delta) = 0;
    /// The answer is whole.
    virtual void reply(const emit::Context& context, std::string_view model, const llm::ChatReply& reply) = 0;
};

class People;

/// What the steps of one run share. Lives as long as the run; one executor.
struct Execution {
    emit::Tracer& tracer;
    Steps& steps;
    Chunks* chunks = nullptr;  ///< none: answers are not streamed
    People* people = nullptr;  ///< none: what needs a person's word is refused
    std::stop_token stop;      ///< cancelled, timed out, or the process stops
    bool suspended = false;    ///< the process stops: what is under way says nothing, the next process goes on
    std::size_t model_calls_left = 200;  ///< of the whole run: no loop is endless
    std::size_t tool_calls_left = 1000;
};

/// Starts an operation that lasts over several steps, under the time of its first beginning. One that an earlier
/// process told the good end of is gone through again in silence, for its steps are all found.
emit::Operation start_lasting(Execution& execution, const emit::Context& parent, emit::OperationSpec spec);

/// Starts a call whose result is not recorded. One that ended before (badly, or it was asked other things) is another
/// attempt, with a span of its own.
emit::Operation start_call(Execution& execution, const emit::Context& parent, emit::OperationSpec spec);

/// Ends what was stopped: as canceled, or not at all when the run only moves to another process.
void end_stopped(const Execution& execution, emit::Operation& operation);

/// A hash for Step::inputs: of texts in order.
class InputHash {
public:
    InputHash& add(std::string_view text);
    std::string text() const;

private:
    std::uint64_t high_ = 0;
    std::uint64_t low_ = 0;
};

/// errorType of an error, in the words of the event dictionary.
std::string_view error_type_of(const Error& error);

}  // namespace ark::agents
