#include "agents/agent.hpp"

#include "agents/tool_call.hpp"
#include "runtime/scope.hpp"

#include <fmt/format.h>

namespace ark::agents {
namespace {

namespace key = emit::key;

/// What one run of an agent has gathered.
struct Turn {
    std::vector<llm::Message> messages;  // all that the model is shown
    std::size_t given = 0;               // of them came from outside
    std::size_t model_calls = 0;
    std::size_t tool_calls = 0;
    Outcome outcome;
};

/// One of several calls that the model asked for at once, on its way.
struct CallUnderWay {
    llm::ToolCall call;
    const Callable* tool = nullptr;
    std::string path;
    std::optional<Result<CallResult>> result;
};

class Agent final : public Participant {
public:
    explicit Agent(AgentSpec spec) : spec_(std::move(spec)) {
        for (const auto& tool : spec_.tools)
            definitions_.push_back(tool->definition());
    }
    std::string_view name() const override { return spec_.name; }
    std::string_view type() const override { return "agent"; }
    std::string_view description() const override { return spec_.description; }

    awaitable<Result<Outcome>> run(Execution& execution, emit::Context parent, std::string path,
                                   Conversation conversation, TokenUsage& usage) const override {
        path += "/agent." + spec_.name;
        auto operation = start_lasting(execution, parent, operation_spec(path, conversation));
        Turn turn;
        turn.messages = opening(std::move(conversation));
        turn.given = turn.messages.size();
        const auto status = co_await loop(execution, operation.context(), path, turn, usage);
        operation.say("llmCalls", otlp::Value(static_cast<std::int64_t>(turn.model_calls)));
        operation.say("toolsUsed", otlp::Value(static_cast<std::int64_t>(turn.tool_calls)));
        if (!status) {
            end_failed(execution, operation, status.error());
            co_return status.error();
        }
        turn.outcome.messages.assign(
            std::make_move_iterator(turn.messages.begin() + static_cast<std::ptrdiff_t>(turn.given)),
            std::make_move_iterator(turn.messages.end()));
        const auto answer = turn.outcome.ending == Ending::finished ? turn.outcome.answer() : turn.outcome.response;
        operation.set(key::output, otlp::Value(emit::content_text(answer)));
        operation.complete(ending_text(turn.outcome.ending));
        co_return std::move(turn.outcome);
    }

private:
    emit::OperationSpec operation_spec(const std::string& path, const Conversation& conversation) const {
        emit::OperationSpec spec;
        spec.span_name = fmt::format("agent.{}/{}", spec_.ns, spec_.name);
        spec.operation = "AgentExecution";
        spec.span_kind = "AGENT";
        spec.path = path;
        spec.agent = spec_.name;
        const auto set = [&](std::string_view name, otlp::Value value) {
            spec.attributes.emplace_back(std::string(name), std::move(value));
        };
        set(key::component, otlp::Value("agent"));
        set(key::operation, otlp::Value("invoke_agent"));
        set(key::agent_name, otlp::Value(spec_.name));
        if (!spec_.description.empty()) set(key::agent_description, otlp::Value(spec_.description));
        set(key::input, otlp::Value(emit::content_text(conversation.input.content)));
        spec.metadata.emplace_back("agentName", otlp::Value(spec_.name));
        spec.metadata.emplace_back("agentId", otlp::Value(spec_.ns + "/" + spec_.name));
        spec.metadata.emplace_back("modelName", otlp::Value(spec_.brain.model));
        return spec;
    }

    static void end_failed(const Execution& execution, emit::Operation& operation, const Error& error) {
        if (error.code == Errc::stopped) return end_stopped(execution, operation);
        operation.fail(error, error_type_of(error));
    }

    static std::string_view ending_text(Ending ending) {
        switch (ending) {
            case Ending::terminated:
                return "the agent ended the conversation";
            case Ending::selected:
                return "the agent selected the next speaker";
            case Ending::finished:
                break;
        }
        return "the agent answered";
    }

    std::vector<llm::Message> opening(Conversation conversation) const {
        std::vector<llm::Message> messages;
        if (!spec_.prompt.empty()) {
            llm::Message system;
            system.role = llm::Role::system;
            system.content = spec_.prompt;
            messages.push_back(std::move(system));
        }
        for (auto& message : conversation.history)
            messages.push_back(std::move(message));
        if (!conversation.input.content.empty()) messages.push_back(std::move(conversation.input));
        return messages;
    }

    awaitable<Status> loop(Execution& execution, const emit::Context& context, const std::string& path, Turn& turn,
                           TokenUsage& usage) const {
        for (std::size_t n = 0; n < spec_.turns_max; ++n) {
            llm::ChatRequest request;
            request.messages = turn.messages;
            request.tools = definitions_;
            request.tool_choice = spec_.tool_choice;
            request.format = spec_.format;
            ++turn.model_calls;
            auto reply = co_await call_model(execution, spec_.brain, context, fmt::format("{}/llm.{}", path, n),
                                             std::move(request), usage);
            if (!reply) co_return reply.error();
            reply->message.name = spec_.name;
            const auto calls = reply->message.tool_calls;
            turn.messages.push_back(std::move(reply->message));
            if (calls.empty()) co_return ok();
            const auto status =
                co_await call_tools(execution, context, fmt::format("{}/tool.{}", path, n), calls, turn, usage);
            if (!status) co_return status.error();
            if (turn.outcome.ending != Ending::finished) co_return ok();
        }
        co_return fail(Errc::conflict,
                       fmt::format("{} did not come to an end within {} model calls", spec_.name, spec_.turns_max));
    }

    /// All of a batch, together; their answers in the order of the calls. The first that ends the turn counts.
    awaitable<Status> call_tools(Execution& execution, const emit::Context& context, std::string path,
                                 const std::vector<llm::ToolCall>& calls, Turn& turn, TokenUsage& usage) const {
        std::vector<CallUnderWay> batch(calls.size());
        auto executor = co_await asio::this_coro::executor;
        runtime::Scope scope(executor);
        for (std::size_t i = 0; i < calls.size(); ++i) {
            batch[i].call = calls[i];
            batch[i].tool = find_tool(calls[i].name);
            batch[i].path = fmt::format("{}.{}", path, i);
            scope.spawn(call_one(execution, context, batch[i], usage));
        }
        co_await scope.close();
        turn.tool_calls += calls.size();
        for (auto& one : batch) {
            if (!*one.result) co_return one.result->error();
            auto& result = **one.result;
            if (result.ending != Ending::finished && turn.outcome.ending == Ending::finished) {
                turn.outcome.ending = result.ending;
                turn.outcome.response = result.text;
            }
            llm::Message answer;
            answer.role = llm::Role::tool;
            answer.tool_call_id = one.call.id;
            answer.name = one.call.name;
            answer.is_error = result.is_error;
            answer.content = result.is_error ? "error: " + result.text : std::move(result.text);
            turn.messages.push_back(std::move(answer));
        }
        co_return ok();
    }

    static awaitable<void> call_one(Execution& execution, const emit::Context& context, CallUnderWay& one,
                                    TokenUsage& usage) {
        auto result = co_await call_tool(execution, one.tool, context, one.path, one.call, usage);
        one.result.emplace(std::move(result));
    }

    const Callable* find_tool(std::string_view name) const {
        for (const auto& tool : spec_.tools) {
            if (tool->definition().name == name) return tool.get();
        }
        return nullptr;
    }

    const AgentSpec spec_;
    std::vector<llm::ToolDefinition> definitions_;
};

}  // namespace

std::shared_ptr<const Participant> make_agent(AgentSpec spec) {
    return std::make_shared<Agent>(std::move(spec));
}

}  // namespace ark::agents
