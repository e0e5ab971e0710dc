#pragma once
// A run without network and disk, for tests: a model that says what it is told, steps in memory, telemetry that is
// kept.
#include "agents/agent.hpp"
#include "emit/testing/recorded.hpp"

#include <deque>
#include <functional>
#include <map>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

namespace ark::agents::testing {

inline llm::ChatReply says(std::string text) {
    llm::ChatReply reply;
    reply.message.role = llm::Role::assistant;
    reply.message.content = std::move(text);
    reply.usage.prompt = 10;
    reply.usage.completion = 2;
    reply.usage.total = 12;
    reply.usage.known = true;
    return reply;
}

inline llm::ChatReply calls(std::vector<llm::ToolCall> calls) {
    auto reply = says("");
    reply.finish = llm::FinishReason::tool_calls;
    reply.message.tool_calls = std::move(calls);
    return reply;
}

inline llm::Failure failing(llm::ErrorType type, Errc code) {
    llm::Failure failure;
    failure.type = type;
    failure.error = fail(code, "scripted");
    return failure;
}

/// Answers in order, and keeps what it was asked.
class ScriptedModel final : public llm::Model {
public:
    using Answer = std::variant<llm::ChatReply, llm::Failure>;
    awaitable<llm::ChatOutcome> chat(llm::ChatRequest request, llm::CallOptions options) override {
        asked.push_back(std::move(request));
        fields.push_back(std::move(options.fields));
        if (before_answer) before_answer();
        llm::ChatOutcome outcome;
        if (options.stop.stop_requested()) {
            outcome.result = failing(llm::ErrorType::canceled, Errc::stopped);
        } else if (answers.empty()) {
            outcome.result = failing(llm::ErrorType::bad_request, Errc::bad_argument);
        } else {
            outcome.result = std::move(answers.front());
            answers.pop_front();
        }
        if (outcome.ok() && options.on_delta) {
            llm::Delta delta;
            delta.text = outcome.reply().message.content;
            options.on_delta(delta);
        }
        co_return outcome;
    }

    awaitable<std::optional<llm::Failure>> probe(llm::CallOptions) override { co_return std::nullopt; }

    std::deque<Answer> answers;
    std::vector<llm::ChatRequest> asked;
    std::vector<net::Fields> fields;
    std::function<void()> before_answer;
};

class MemorySteps final : public Steps {
public:
    const std::string* find(std::string_view path, std::string_view inputs) const override {
        const auto found = steps.find(std::string(path));
        return found != steps.end() && found->second.inputs == inputs ? &found->second.result : nullptr;
    }
    awaitable<Status> record(Step step) override {
        if (broken) co_return fail(Errc::disk_full, "scripted");
        order.push_back(step.path);
        auto path = step.path;
        steps[std::move(path)] = std::move(step);
        co_return ok();
    }
    Begun begin(std::string_view path) override {
        Begun begun;
        begun.before = begins.count(std::string(path)) > 0;
        if (const auto end = ends.find(std::string(path)); end != ends.end()) begun.ended = end->second;
        begun.at = begins.emplace(std::string(path), UnixNanos{1'700'000'000'000'000'000}).first->second;
        return begun;
    }

    void end(std::string_view path, Ended how) override { ends[std::string(path)] = how; }

    std::map<std::string, Step> steps;
    std::vector<std::string> order;
    std::map<std::string, UnixNanos> begins;
    std::map<std::string, Ended> ends;
    bool broken = false;
};

/// A tool that answers as it is told.
class ScriptedTool final : public Callable {
public:
    ScriptedTool(std::string name, std::function<CallResult(const std::string&)> answer) : answer_(std::move(answer)) {
        definition_.name = std::move(name);
    }
    const llm::ToolDefinition& definition() const override { return definition_; }
    std::string_view type() const override { return "http"; }
    awaitable<CallResult> call(std::string arguments, CallPlace) const override {
        ++times;
        co_return answer_(arguments);
    }
    mutable int times = 0;

private:
    llm::ToolDefinition definition_;
    std::function<CallResult(const std::string&)> answer_;
};

inline CallResult answers(std::string text) {
    CallResult result;
    result.text = std::move(text);
    return result;
}

class World {
public:
    World() {
        emit::Subject about;
        about.query_id = "uid-1";
        about.query_name = "q";
        about.session_id = "s-1";
        root.subject = std::make_shared<const emit::Subject>(about);
        root.span.trace_id = emit::trace_id_of("uid-1");
        root.span.span_id = emit::span_id_of(root.span.trace_id, "");
    }

    AgentSpec agent(std::string name) {
        AgentSpec spec;
        spec.ns = "lab";
        spec.name = std::move(name);
        spec.prompt = "You are " + spec.name + ".";
        spec.brain.resource = "small";
        spec.brain.model = "gpt-small";
        spec.brain.provider = "openai";
        spec.brain.chat = model;
        return spec;
    }

    /// Runs a participant with the input; another call continues with what was recorded, as a new process would.
    Result<Outcome> run(const Participant& participant, std::string input) {
        Execution execution{.tracer = tracer, .steps = steps, .stop = stop.get_token()};
        Conversation conversation;
        conversation.input.content = std::move(input);
        auto result = asio::co_spawn(context, participant.run(execution, root, "", std::move(conversation), usage),
                                     asio::use_future);
        context.restart();
        context.run();
        return result.get();
    }

    FakeClock clock;
    emit::testing::Recorded recorded;
    emit::Tracer tracer{recorded, clock};
    std::shared_ptr<ScriptedModel> model = std::make_shared<ScriptedModel>();
    MemorySteps steps;
    std::stop_source stop;
    TokenUsage usage;
    emit::Context root;
    asio::io_context context;
};

}  // namespace ark::agents::testing
