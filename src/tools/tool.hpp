#pragma once
#include "llm/chat.hpp"
#include "net/http_client.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>

/// What agents can do besides talking: HTTP endpoints, MCP servers, other agents over A2A.
namespace ark::tools {

/// A server's question to the person behind the run (MCP elicitation).
struct Question {
    std::string message;
    std::string schema;  ///< JSON Schema of a flat object; empty for a URL
    std::string url;     ///< to be shown and opened by the person, never fetched by us
};
struct Answer {
    enum class Action { accept, decline, cancel };
    Action action = Action::decline;
    std::string content;  ///< JSON object, for accept of a form
};
using Ask = std::function<awaitable<Answer>(Question question)>;

/// Build it as a named object and move it in (g++ 12, docs/hacking.md).
struct CallContext {
    net::Fields fields;                         ///< traceparent, tracestate, baggage
    std::chrono::milliseconds timeout{60'000};  ///< of the whole call, questions included
    std::stop_token stop;                       ///< any thread: the other side is told, its connection closed
    std::size_t result_bytes_max = 10u << 20;
    std::function<void(double progress, double total, std::string_view message)> on_progress;
    Ask ask;  ///< empty: questions are declined
};

/// What came of a call. `is_error`: the tool says it failed; the model should read why in `text`.
struct ToolResult {
    std::string text;
    std::string structured;  ///< JSON; empty when there is none
    bool is_error = false;
};

/// Something a model can call. Used from one io_context; calls may overlap.
class Tool {
public:
    virtual ~Tool() = default;
    virtual const llm::ToolDefinition& definition() const = 0;
    /// `arguments`: JSON as the model wrote it. bad_argument: not what the schema asks for, in words for the model;
    /// nothing was sent. Others: the tool could not be asked or did not answer; is_retryable() says whether to repeat.
    virtual awaitable<Result<ToolResult>> call(std::string arguments, CallContext context) = 0;
};

/// What a model wrote as arguments; nothing at all is an empty object.
Result<codec::JsonValue> parse_arguments(std::string_view arguments);

/// Arguments as the schema wants them, or what is wrong in words for the model. An empty text means no arguments.
Result<codec::JsonValue> check_arguments(const llm::ToolDefinition& definition, std::string_view arguments);

}  // namespace ark::tools
