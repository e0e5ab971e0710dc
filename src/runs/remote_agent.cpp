#include "runs/remote_agent.hpp"

#include "agents/people.hpp"
#include "codec/json_writer.hpp"
#include "resources/metadata.hpp"
#include "runs/remote_task.hpp"
#include "runtime/scope.hpp"
#include "runtime/sleep.hpp"

#include <fmt/format.h>

namespace ark::runs {
namespace {

namespace key = emit::key;
using agents::Execution;
using agents::Outcome;
using agents::TokenUsage;
using codec::JsonValue;
using tools::a2a::Reply;
using tools::a2a::TaskState;

constexpr std::size_t rounds_max = 20;  // questions that one agent may ask in one turn
constexpr std::chrono::milliseconds cancel_timeout{700};
constexpr std::chrono::nanoseconds question_timeout = std::chrono::hours(12);  // the reference's of an A2ATask
constexpr std::string_view context_annotation = "ark.mckinsey.com/a2a-context-id";

/// One message to the agent.
struct Sent {
    std::string text;
    std::string context_id;
    std::string task_id;  ///< of a question that it answers
};

/// What came of it.
struct Heard {
    std::string text;
    std::string context_id;
    std::string task_id;
    TaskState state = TaskState::completed;
    std::string messages;  ///< of an engine: JSON array of what was said on the way
    TokenUsage usage;      ///< likewise
};

/// What others said before, then what is asked, as one text: an agent elsewhere has a memory of its own only.
std::string words_of(const agents::Conversation& conversation) {
    std::string text;
    for (const auto& message : conversation.history) {
        if (message.content.empty() || message.role == llm::Role::system) continue;
        const auto who = message.name.empty() ? llm::name(message.role) : std::string_view(message.name);
        text += fmt::format("{}: {}\n", who, message.content);
    }
    if (!text.empty()) text += '\n';
    return text + conversation.input.content;
}

std::string record_of(const Heard& heard) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("text", heard.text).field("contextId", heard.context_id);
    json.field("taskId", heard.task_id).field("state", tools::a2a::name(heard.state));
    json.field("messages", heard.messages).field("prompt", heard.usage.prompt);
    json.field("completion", heard.usage.completion).field("total", heard.usage.total);
    json.field("cached", heard.usage.cached).end_object();
    return text;
}

Result<Heard> parse_record(std::string_view record) {
    ARK_TRY(const auto json, JsonValue::parse(record));
    Heard heard;
    heard.text = json["text"].text();
    heard.context_id = json["contextId"].text();
    heard.task_id = json["taskId"].text();
    heard.state = tools::a2a::parse_state(json["state"].text());
    heard.messages = json["messages"].text();
    heard.usage.prompt = json["prompt"].integer();
    heard.usage.completion = json["completion"].integer();
    heard.usage.total = json["total"].integer();
    heard.usage.cached = json["cached"].integer();
    return heard;
}

Heard heard_of(Reply reply) {
    Heard heard;
    const auto& about = reply.json["metadata"][std::string(query_extension) + "/ref"];
    const auto& usage = about["tokenUsage"];
    heard.usage.prompt = usage["prompt_tokens"].integer();
    heard.usage.completion = usage["completion_tokens"].integer();
    heard.usage.total = usage["total_tokens"].integer();
    heard.usage.cached = usage["cached_tokens"].integer();
    if (about["messages"].is_array()) heard.messages = about["messages"].dump();
    heard.text = std::move(reply.text);
    heard.context_id = std::move(reply.context_id);
    heard.task_id = std::move(reply.task_id);
    heard.state = reply.state;
    return heard;
}

bool works_on(TaskState state) {
    return state == TaskState::submitted || state == TaskState::working || state == TaskState::unknown;
}

class RemoteAgent final : public agents::Participant {
public:
    explicit RemoteAgent(RemoteAgentSpec spec) : spec_(std::move(spec)) {}
    std::string_view name() const override { return spec_.name; }
    std::string_view type() const override { return "agent"; }
    std::string_view description() const override { return spec_.description; }

    awaitable<Result<Outcome>> run(Execution& execution, emit::Context parent, std::string path,
                                   agents::Conversation conversation, TokenUsage& usage) const override {
        path += "/agent." + spec_.name;
        auto operation = agents::start_lasting(execution, parent, agent_operation(path, conversation));
        auto outcome = co_await talk(execution, operation.context(), path, words_of(conversation), usage);
        if (outcome) {
            operation.set(key::output, otlp::Value(emit::content_text(outcome->answer())));
            operation.complete("the agent answered");
        } else if (outcome.error().code == Errc::stopped) {
            agents::end_stopped(execution, operation);
        } else {
            operation.fail(outcome.error(), agents::error_type_of(outcome.error()));
        }
        co_return outcome;
    }

private:
    emit::OperationSpec agent_operation(const std::string& path, const agents::Conversation& conversation) const {
        emit::OperationSpec spec;
        spec.span_name = fmt::format("agent.{}/{}", spec_.ns, spec_.name);
        spec.operation = "AgentExecution";
        spec.span_kind = "AGENT";
        spec.path = path;
        spec.agent = spec_.name;
        spec.attributes.emplace_back(std::string(key::component), otlp::Value("agent"));
        spec.attributes.emplace_back(std::string(key::operation), otlp::Value("invoke_agent"));
        spec.attributes.emplace_back(std::string(key::agent_name), otlp::Value(spec_.name));
        spec.attributes.emplace_back(std::string(key::input),
                                     otlp::Value(emit::content_text(conversation.input.content)));
        spec.metadata.emplace_back("agentName", otlp::Value(spec_.name));
        spec.metadata.emplace_back("agentId", otlp::Value(spec_.ns + "/" + spec_.name));
        return spec;
    }

    emit::OperationSpec call_operation(const emit::Context& context, const std::string& path, const Sent& sent) const {
        emit::OperationSpec spec;
        spec.span_name = "a2a.send";
        spec.operation = "A2ACall";
        spec.client = true;
        spec.path = path;
        spec.attributes.emplace_back(std::string(key::component), otlp::Value("a2a"));
        spec.attributes.emplace_back(std::string(key::operation), otlp::Value("invoke_agent"));
        spec.attributes.emplace_back(std::string(key::agent_name), otlp::Value(spec_.name));
        spec.attributes.emplace_back(std::string(key::input), otlp::Value(emit::content_text(sent.text)));
        spec.metadata.emplace_back("callerAgent", otlp::Value(context.agent));
        spec.metadata.emplace_back("targetAgent", otlp::Value(spec_.name));
        spec.metadata.emplace_back("messageType", otlp::Value(sent.task_id.empty() ? "message" : "answer"));
        spec.metadata.emplace_back("a2aServer", otlp::Value(spec_.peer.server));
        spec.metadata.emplace_back("serverAddr", otlp::Value(spec_.peer.address));
        return spec;
    }

    std::string first_context() const {
        const auto& query = spec_.query->value;
        const auto given = query["metadata"]["annotations"][context_annotation].text();
        return std::string(given.empty() ? query["spec"]["conversationId"].text() : given);
    }

    /// Until it has answered: what it asks is asked a person.
    awaitable<Result<Outcome>> talk(Execution& execution, const emit::Context& context, const std::string& path,
                                    std::string text, TokenUsage& usage) const {
        Sent sent;
        sent.text = std::move(text);
        sent.context_id = first_context();
        for (std::size_t round = 0; round < rounds_max; ++round) {
            const auto step = fmt::format("{}/a2a.{}", path, round);
            ARK_CO_TRY(auto heard, co_await exchange(execution, context, step, sent, usage));
            if (!heard.context_id.empty()) sent.context_id = heard.context_id;
            if (heard.state == TaskState::completed) co_return outcome_of(std::move(heard));
            if (heard.state != TaskState::input_required) co_return failure_of(heard);
            if (execution.people == nullptr)
                co_return fail(Errc::unsupported, spec_.name + " asks, and nobody is there");
            agents::Question question;
            question.type = agents::Question::Type::input;
            question.context = context;
            question.path = step;
            question.message = heard.text;
            question.server = spec_.peer.server;
            question.task_id = heard.task_id;
            question.context_id = sent.context_id;
            question.rule.timeout = question_timeout;
            auto decision = co_await execution.people->ask(execution, std::move(question));
            const bool answered = decision && decision->what == agents::Decision::What::yes;
            if (!answered && !execution.suspended) co_await cancel_task(context, heard.task_id);
            if (!decision) co_return decision.error();
            if (decision->what == agents::Decision::What::expired)
                co_return fail(Errc::deadline, spec_.name + " asked, and nobody answered in time");
            if (!answered) co_return fail(Errc::conflict, spec_.name + " asked, and a person declined to answer");
            sent.text = std::move(decision->text);
            sent.task_id = heard.task_id;
        }
        co_return fail(Errc::conflict, spec_.name + " asks and asks");
    }

    Outcome outcome_of(Heard heard) const {
        Outcome outcome;
        const auto said = JsonValue::parse(heard.messages);
        if (said) {
            for (const auto& each : said->array()) {
                if (auto message = llm::parse_message(each)) outcome.messages.push_back(std::move(*message));
            }
        }
        if (outcome.answer() != heard.text || outcome.messages.empty()) {
            outcome.messages.emplace_back();
            outcome.messages.back().role = llm::Role::assistant;
            outcome.messages.back().name = spec_.name;
            outcome.messages.back().content = std::move(heard.text);
        }
        outcome.context_id = std::move(heard.context_id);
        outcome.task_id = std::move(heard.task_id);
        return outcome;
    }

    Error failure_of(const Heard& heard) const {
        if (heard.state == TaskState::auth_required)
            return fail(Errc::unauthorized, fmt::format("{} wants to be authorised: {}", spec_.name, heard.text));
        const auto code = heard.state == TaskState::rejected ? Errc::bad_argument : Errc::unavailable;
        return fail(code, fmt::format("{}: its task is {}: {}", spec_.name, tools::a2a::name(heard.state), heard.text));
    }

    /// One message and what came of it, as a step of the run.
    awaitable<Result<Heard>> exchange(Execution& execution, const emit::Context& context, std::string path,
                                      const Sent& sent, TokenUsage& usage) const {
        agents::Step step;
        step.path = path;
        step.kind = "a2a";
        agents::InputHash hash;
        step.inputs = hash.add(spec_.peer.server).add(sent.text).add(sent.context_id).add(sent.task_id).text();
        if (const auto* recorded = execution.steps.find(path, step.inputs)) {
            auto heard = parse_record(*recorded);
            if (heard) usage += heard->usage;
            co_return heard;
        }
        if (execution.stop.stop_requested()) co_return fail(Errc::stopped, "before a call of another agent");
        if (execution.tool_calls_left == 0) co_return fail(Errc::conflict, "the run's budget of calls is used up");
        --execution.tool_calls_left;
        auto operation = agents::start_call(execution, context, call_operation(context, path, sent));
        RemoteTask task(*spec_.store, spec_.query, spec_.name, spec_.peer.server, execution, path + "/task",
                        step.inputs);
        auto heard = co_await send_or_follow(execution, operation.context(), task, path, step.inputs, sent);
        if (!heard) {
            const bool stopped = execution.stop.stop_requested();
            if (stopped && !execution.suspended) {
                co_await cancel_task(context, task.id());
                co_await task.end("canceled", "the query no longer waits");
            }
            if (stopped) {
                agents::end_stopped(execution, operation);
                co_return fail(Errc::stopped, "during a call of another agent");
            }
            operation.fail(heard.error(), agents::error_type_of(heard.error()));
            co_return heard.error();
        }
        usage += heard->usage;
        end_call(operation, *heard);
        step.result = record_of(*heard);
        const auto recorded = co_await execution.steps.record(std::move(step));
        if (!recorded) co_return prefix(recorded.error(), "record a call of another agent");
        co_return heard;
    }

    void end_call(emit::Operation& operation, const Heard& heard) const {
        operation.set(key::output, otlp::Value(emit::content_text(heard.text)));
        if (!heard.task_id.empty()) operation.set(key::a2a_task, otlp::Value(heard.task_id));
        operation.set(key::a2a_state, otlp::Value(tools::a2a::name(heard.state)));
        operation.say("responseSize", otlp::Value(static_cast<std::int64_t>(heard.text.size())));
        if (heard.state == TaskState::completed || heard.state == TaskState::input_required) {
            operation.complete(heard.state == TaskState::completed ? "the agent answered" : "the agent asks");
        } else {
            const auto error = failure_of(heard);
            operation.fail(error, agents::error_type_of(error));
        }
    }

    tools::CallContext call_context(const emit::Context& context, std::stop_token stop) const {
        tools::CallContext call;
        for (const auto& [name, value] : carrier_of(context))
            call.fields.set(name, value);
        call.timeout = spec_.peer.timeout;
        call.stop = std::move(stop);
        return call;
    }

    tools::a2a::Outgoing outgoing(const std::string& path, const Sent& sent) const {
        tools::a2a::Outgoing message;
        message.text = sent.text;
        // The same when the step is taken again: an agent that remembers may notice.
        agents::InputHash hash;
        message.message_id = "msg-" + hash.add(spec_.query->uid()).add(path).text();
        message.context_id = sent.context_id;
        message.task_id = sent.task_id;
        if (spec_.engine) {
            message.extension = query_extension;
            codec::JsonWriter json(message.metadata);
            json.begin_object().key(std::string(query_extension) + "/ref").begin_object();
            json.field("name", spec_.query->name()).field("namespace", spec_.query->ns()).end_object().end_object();
        }
        return message;
    }

    awaitable<Result<Heard>> send_or_follow(Execution& execution, const emit::Context& context, RemoteTask& task,
                                            const std::string& path, const std::string& inputs,
                                            const Sent& sent) const {
        // An earlier process sent it: the agent works, or has answered meanwhile.
        if (const auto* known = execution.steps.find(path + "/task", inputs)) {
            task.know(*known);
            co_return co_await follow(execution, context, task);
        }
        if (!sent.task_id.empty()) {
            // Not streamed: official SDKs refuse a stream about a task they know that does not begin with it anew.
            task.know(sent.task_id);
            auto answer = outgoing(path, sent);
            auto place = call_context(context, execution.stop);
            auto heard = co_await spec_.peer.client->send(std::move(answer), std::move(place));
            if (!heard) co_return heard.error();
            co_return co_await settle(execution, context, task, std::move(*heard));
        }
        auto executor = co_await asio::this_coro::executor;
        runtime::Scope scope(executor);
        std::string said;  // artifacts so far; status messages replace each other
        auto on_update = [&](const tools::a2a::Update& update) {
            if (!update.task_id.empty()) task.see(scope, update);
            if (update.artifact && execution.chunks != nullptr && !context.aside) {
                llm::Delta delta;
                delta.text = update.text;
                execution.chunks->delta(context, spec_.name, delta);
            }
        };
        auto call = call_context(context, execution.stop);
        auto message = outgoing(path, sent);
        std::function<void(const tools::a2a::Update&)> listener = on_update;
        auto reply = co_await spec_.peer.client->stream(std::move(message), std::move(call), std::move(listener));
        co_await scope.close();
        // The agent works on, whatever became of the stream: sending again would make it work twice.
        const bool lost = !reply && !task.id().empty() && is_retryable(reply.error().code);
        if (lost && !execution.stop.stop_requested()) co_return co_await follow(execution, context, task);
        if (!reply) co_return reply.error();
        co_return co_await settle(execution, context, task, std::move(*reply));
    }

    /// A reply whose task still goes on is asked for again.
    awaitable<Result<Heard>> settle(Execution& execution, const emit::Context& context, RemoteTask& task,
                                    Reply reply) const {
        if (reply.task_id.empty()) co_return heard_of(std::move(reply));
        ARK_CO_TRY_STATUS(co_await task.take(reply));
        if (!works_on(reply.state)) co_return heard_of(std::move(reply));
        co_return co_await follow(execution, context, task);
    }

    /// Asks for the task, less and less often, until it ends or asks.
    awaitable<Result<Heard>> follow(Execution& execution, const emit::Context& context, RemoteTask& task) const {
        Pace pace;
        while (true) {
            auto call = call_context(context, execution.stop);
            auto reply = co_await spec_.peer.client->task(task.id(), std::move(call));
            if (reply) {
                pace.worked();
                ARK_CO_TRY_STATUS(co_await task.take(*reply));
                if (!works_on(reply->state)) co_return heard_of(std::move(*reply));
            } else if (!is_retryable(reply.error().code) || execution.stop.stop_requested()) {
                co_return reply.error();
            } else if (pace.failed()) {
                otlp::ValueMap metadata;
                metadata.emplace_back("a2aServer", otlp::Value(spec_.peer.server));
                metadata.emplace_back("error", otlp::Value(reply.error().message()));
                execution.tracer.event(context, "TaskPollingFailed", "the task cannot be asked for: trying again",
                                       std::move(metadata));
            } else if (pace.hopeless()) {
                co_return reply.error();
            }
            ARK_CO_TRY_STATUS(co_await runtime::sleep_for(pace.next(), execution.stop));
        }
    }

    /// The run is over for it; the agent is told so, within a moment.
    awaitable<void> cancel_task(const emit::Context& context, std::string id) const {
        if (id.empty()) co_return;
        std::stop_token never;
        auto call = call_context(context, std::move(never));
        call.timeout = cancel_timeout;
        static_cast<void>(co_await spec_.peer.client->cancel(std::move(id), std::move(call)));
    }

    const RemoteAgentSpec spec_;
};

}  // namespace

std::shared_ptr<const agents::Participant> make_remote_agent(RemoteAgentSpec spec) {
    return std::make_shared<RemoteAgent>(std::move(spec));
}

}  // namespace ark::runs
