#include "runs/run.hpp"

#include "agents/tool_call.hpp"
#include "codec/json_writer.hpp"
#include "codec/template.hpp"
#include "runs/attempt.hpp"
#include "runs/builder.hpp"
#include "runs/live_answer.hpp"
#include "runs/questions.hpp"
#include "runs/recall.hpp"
#include "runs/status.hpp"

#include <fmt/format.h>

namespace ark::runs {
namespace {

namespace key = emit::key;
using agents::Execution;
using codec::JsonValue;

constexpr std::string_view parent_annotation = "ark.mckinsey.com/traceparent";
constexpr std::string_view server_settings = "ark.mckinsey.com/mcp-server-settings";
constexpr std::string_view restart_of = "ark.mckinsey.com/restart-of";
constexpr std::string_view restart_from = "ark.mckinsey.com/restart-from";

class QueryRun final : public Run {
public:
    QueryRun(const Services& services, resources::ResourcePtr query, Place& place, Desk& desk,
             asio::any_io_executor executor)
        : services_(services),
          query_(std::move(query)),
          place_(place),
          desk_(desk),
          lookup_(services.store),
          recall_(services.network, lookup_, *query_),
          attempt_(services, query_, std::move(executor)) {}

    awaitable<void> go() override {
        auto ended = co_await attempt_.open();
        if (!ended) {
            co_await finish(ended_badly(ended.error()));
            co_return;
        }
        if (*ended) {
            auto ending = parse_ending(**ended);
            co_await open_stream();
            co_await finish(std::move(ending));
            co_return;
        }
        auto seeded = co_await take_over_restarted();
        if (!seeded) {
            co_await finish(ended_badly(seeded.error()));
            co_return;
        }
        co_await run_to_the_end();
    }

    void cancel() override { attempt_.cancel(); }
    void suspend() override { attempt_.suspend(); }

private:
    const JsonValue& spec() const { return query_->value["spec"]; }
    std::string ns() const { return std::string(query_->ns()); }

    /// A query that restarts another one begins with the steps that the other had completed.
    awaitable<Status> take_over_restarted() {
        const auto& annotations = query_->value["metadata"]["annotations"];
        std::string other(annotations[restart_of].text());
        if (other.empty() || !attempt_.log().order().empty()) co_return ok();
        auto before = co_await services_.steps.open_existing(std::move(other));
        if (!before) co_return prefix(before.error(), "the run to restart");
        std::string from(annotations[restart_from].text());
        // The end is no step to go on from.
        if (from.empty()) from = (*before)->order().empty() ? std::string() : (*before)->order().front();
        co_return co_await attempt_.log().reuse(**before, std::move(from));
    }

    awaitable<void> run_to_the_end() {
        const auto begun = attempt_.log().begin("run");
        begun_ = begun.at;
        Questions::Hooks hooks;
        hooks.on_waiting = [this](bool waits) { waits ? attempt_.stop_clock() : start_clock(); };
        hooks.write_status = [this](JsonValue status) { return write_status(std::move(status)); };
        questions_ = std::make_unique<Questions>(services_, query_, attempt_.log(), desk_, place_, std::move(hooks));
        // What an earlier process asked can be answered all the time, also while this one gets back to there.
        if (!questions_->has_open()) co_await write_status(running_status(query_->value, services_.clock.now()));
        start_clock();
        Execution execution{.tracer = services_.tracer, .steps = attempt_.log(), .stop = attempt_.stop()};
        execution.people = questions_.get();
        attempt_.executes(&execution);
        co_await open_stream();
        execution.chunks = live_.get();
        auto operation = agents::start_lasting(execution, root(), query_operation());
        auto outcome = co_await answer(execution, operation.context());
        co_await remember(execution, in_conversation(operation.context()), outcome);
        attempt_.executes(nullptr);
        attempt_.stop_clock();
        if (attempt_.is_suspended()) co_return;
        auto ending = outcome ? ended_well(*outcome) : ended_badly(outcome.error());
        ending.usage = usage_;
        ending.conversation_id = recall_.conversation();
        ending.memory = recall_.state();
        ending.nanos = services_.clock.now() - begun.at;
        end_stream(operation.context(), outcome, ending);
        if (!outcome) tell_what_is_wrong(execution, in_conversation(operation.context()), outcome.error());
        end_operation(operation, ending, outcome ? Error{} : attempt_.said(outcome.error()));
        co_await attempt_.record_end(ending_text(ending));
        co_await finish(std::move(ending));
    }

    awaitable<void> open_stream() {
        auto address = co_await stream_address(lookup_, *query_, services_.network.broker());
        // Whoever asked over A2A may come to listen at any time.
        const bool heard = services_.audience != nullptr &&
                           (!query_->value["metadata"]["labels"]["ark.mckinsey.com/a2a-agent"].text().empty() ||
                            services_.audience->has(audience_key(*query_)));
        if (address.empty() && !heard) co_return;
        std::unique_ptr<emit::ChunkStream> stream;
        if (!address.empty()) stream = services_.network.stream(std::move(address), query_->name());
        auto* const audience = heard ? services_.audience : nullptr;
        live_ = std::make_unique<LiveAnswer>(std::move(stream), audience, *query_, services_.clock);
    }

    /// What those who watch have not seen yet.
    void end_stream(const emit::Context& context, const Result<agents::Outcome>& outcome, const Ending& ending) {
        if (!live_) return;
        if (!outcome) return live_->error(context, ending.content);
        if (outcome->ending != agents::Ending::finished) live_->last_word(context, outcome->response);
    }

    emit::Context root() const {
        emit::Subject subject;
        subject.query_id = query_->uid();
        subject.query_name = query_->name();
        subject.query_namespace = query_->ns();
        subject.session_id = spec()["sessionId"].text(query_->uid());
        subject.conversation_id = spec()["conversationId"].text();
        emit::Context context;
        context.span.trace_id = emit::trace_id_of(query_->uid());
        // Whoever asked over A2A goes on with its own trace.
        const auto& annotations = query_->value["metadata"]["annotations"];
        const auto parent = annotations[parent_annotation].text();
        const auto find = [&](std::string_view name) { return name == "traceparent" ? parent : std::string_view(); };
        auto caller = emit::extract(find);
        if (caller.span.span_id.valid()) {
            context.span = std::move(caller.span);
            subject.salt = query_->uid();
        }
        context.subject = std::make_shared<const emit::Subject>(std::move(subject));
        return context;
    }

    emit::OperationSpec query_operation() const {
        emit::OperationSpec operation;
        operation.span_name = fmt::format("query.{}", query_->name());
        operation.operation = "QueryExecution";
        operation.span_kind = "CHAIN";
        operation.path = "query";
        operation.attributes.emplace_back(std::string(key::component), otlp::Value("query"));
        operation.attributes.emplace_back(std::string(key::operation), otlp::Value("invoke_workflow"));
        operation.attributes.emplace_back(std::string(key::workflow_name), otlp::Value(query_->name()));
        operation.attributes.emplace_back(std::string(key::input),
                                          otlp::Value(emit::content_text(spec()["input"].text())));
        // Said at the start too: until the span arrives, this is what lists call the query and its session.
        operation.metadata.emplace_back("input", otlp::Value(emit::content_text(spec()["input"].text())));
        return operation;
    }

    void end_operation(emit::Operation& operation, const Ending& ending, const Error& error) {
        operation.say("targetType", otlp::Value(ending.target_type));
        if (!ending.target_type.empty()) operation.say(ending.target_type, otlp::Value(ending.target_name));
        operation.say("totalTokens", otlp::Value(ending.usage.total));
        // A conversation that began with this query was not known when the query did.
        if (!ending.conversation_id.empty()) {
            operation.say("conversationId", otlp::Value(ending.conversation_id));
            operation.set(key::conversation, otlp::Value(ending.conversation_id));
        }
        operation.set(key::output, otlp::Value(emit::content_text(ending.content)));
        if (ending.phase == "canceled") return operation.cancel("canceled");
        if (ending.phase == "error") return operation.fail(error, agents::error_type_of(error));
        operation.complete("the query is answered");
    }

    /// From its first beginning: a run that goes on after a crash has no more time than one that did not. People take
    /// their own time.
    void start_clock() {
        attempt_.start_clock(std::chrono::nanoseconds(services_.clock.now() - begun_) - questions_->waited(begun_));
    }

    /// The same place, once the conversation is known.
    emit::Context in_conversation(emit::Context context) const {
        if (context.subject->conversation_id == recall_.conversation()) return context;
        emit::Subject subject = *context.subject;
        subject.conversation_id = recall_.conversation();
        context.subject = std::make_shared<const emit::Subject>(std::move(subject));
        return context;
    }

    std::string target_agent() const { return target_type_ == "agent" ? target_name_ : std::string(); }

    /// What was asked and what came of it, for the queries that follow in the conversation.
    awaitable<void> remember(Execution& execution, const emit::Context& context,
                             const Result<agents::Outcome>& outcome) {
        std::vector<llm::Message> messages;
        messages.emplace_back();
        messages.back().content = input_;
        if (outcome) {
            messages.insert(messages.end(), outcome->messages.begin(), outcome->messages.end());
        } else {
            messages.emplace_back();
            messages.back().role = llm::Role::assistant;
            messages.back().content = "Error: " + outcome.error().message();
        }
        co_await recall_.store(execution, context, std::move(messages), target_agent());
    }

    /// Which of what the run is made of is wrong, for those who look for it by name.
    void tell_what_is_wrong(Execution& execution, const emit::Context& context, const Error& error) {
        for (const auto& missing : lookup_.missing()) {
            otlp::ValueMap metadata;
            const bool parameter = missing.reason.starts_with("QueryParameter");
            metadata.emplace_back(parameter ? "parameterName" : "name", otlp::Value(missing.name));
            metadata.emplace_back("reason", otlp::Value(missing.message));
            execution.tracer.event(context, missing.reason, missing.message, std::move(metadata));
        }
        if (error.code != Errc::config && error.code != Errc::bad_argument) return;
        otlp::ValueMap metadata;
        metadata.emplace_back("component", otlp::Value("query"));
        metadata.emplace_back("validationType", otlp::Value("configuration"));
        otlp::ValueList errors;
        errors.emplace_back(error.message());
        metadata.emplace_back("errors", otlp::Value(std::move(errors)));
        execution.tracer.event(context, "ValidationError", error.message(), std::move(metadata));
    }

    awaitable<Result<agents::Outcome>> answer(Execution& execution, const emit::Context& outer) {
        // An identity that is not assumed would be a boundary that is not there.
        if (!spec()["serviceAccount"].text().empty())
            co_return fail(Errc::unsupported, "spec.serviceAccount: there are no service accounts here");
        ARK_CO_TRY(auto input, co_await input_text());
        input_ = input;
        ARK_CO_TRY_STATUS(co_await find_target());
        ARK_CO_TRY_STATUS(co_await recall_.open(execution));
        const auto context = in_conversation(outer);
        // A tool is called with its arguments and nothing else.
        if (target_type_ != "tool") {
            ARK_CO_TRY(history_, co_await recall_.read(execution, context, target_agent()));
        }
        emit::OperationSpec step;
        step.span_name = "target." + target_name_;
        step.operation = "TargetExecution";
        step.path = "query/target";
        step.attributes.emplace_back(std::string(key::target_type), otlp::Value(target_type_));
        step.attributes.emplace_back(std::string(key::target_name), otlp::Value(target_name_));
        step.metadata.emplace_back("targetType", otlp::Value(target_type_));
        step.metadata.emplace_back("targetName", otlp::Value(target_name_));
        auto operation = agents::start_lasting(execution, context, std::move(step));
        auto outcome = co_await ask_target(execution, operation.context(), std::move(input));
        if (outcome) {
            operation.complete("the target answered");
        } else if (outcome.error().code == Errc::stopped) {
            agents::end_stopped(execution, operation);
        } else {
            operation.fail(outcome.error(), agents::error_type_of(outcome.error()));
        }
        co_return outcome;
    }

    awaitable<Result<std::string>> input_text() {
        if (!spec()["input"].is_string()) co_return fail(Errc::bad_argument, "spec.input is no text");
        std::string input(spec()["input"].text());
        const auto where = fmt::format("Query {}/{}", query_->ns(), query_->name());
        ARK_CO_TRY(auto parameters, co_await lookup_.parameters(spec()["parameters"], ns(), where));
        const bool is_template = parameters.size() > 0;
        lookup_.set_query_parameters(std::move(parameters));
        if (!is_template) co_return input;
        auto rendered = codec::render_template(input, lookup_.query_parameters());
        if (!rendered) co_return prefix(rendered.error(), where + ": input");
        co_return std::move(*rendered);
    }

    awaitable<Status> find_target() {
        target_type_ = spec()["target"]["type"].text();
        target_name_ = spec()["target"]["name"].text();
        if (!target_name_.empty()) co_return ok();
        for (const auto* kind : {"Agent", "Team", "Model", "Tool"}) {
            resources::ListOptions options;
            options.ns = ns();
            options.limit = 1;
            options.selection.labels = resources::LabelSelector::of(spec()["selector"]);
            auto page = co_await services_.store.list(resources::kind_named(kind), std::move(options));
            if (!page) co_return page.error().error();
            if (page->items.empty()) continue;
            target_type_ = page->items.front()->kind->singular;
            target_name_ = page->items.front()->name();
            co_return ok();
        }
        co_return fail(Errc::not_found, "no agent, team, model or tool matches spec.selector");
    }

    awaitable<Result<agents::Outcome>> ask_target(Execution& execution, emit::Context context, std::string input) {
        const auto where = fmt::format("Query {}/{}", query_->ns(), query_->name());
        const auto settings = query_->value["metadata"]["annotations"][server_settings].text();
        Overrides overrides;
        ARK_CO_TRY_STATUS(co_await overrides.add(spec()["overrides"], lookup_, ns(), where));
        const auto set = overrides.add_server_settings(settings);
        if (!set) co_return prefix(set.error(), where);
        Builder builder(lookup_, services_.network, services_.store, query_, overrides);
        if (target_type_ == "tool")
            co_return co_await ask_tool(builder, std::move(overrides), execution, std::move(context), std::move(input));
        if (target_type_ == "model")
            co_return co_await ask_model(builder, std::move(overrides), execution, std::move(context),
                                         std::move(input));
        auto participant = co_await builder.participant(target_type_, ns(), target_name_);
        if (!participant) co_return participant.error();
        agents::Conversation conversation;
        conversation.history = std::move(history_);
        conversation.input.content = std::move(input);
        co_return co_await (*participant)->run(execution, std::move(context), "", std::move(conversation), usage_);
    }

    awaitable<Result<agents::Outcome>> ask_model(Builder& builder, Overrides overrides, Execution& execution,
                                                 emit::Context context, std::string input) {
        ARK_CO_TRY(const auto brain, co_await builder.model(ns(), target_name_, std::move(overrides)));
        llm::ChatRequest request;
        request.messages = std::move(history_);
        request.messages.emplace_back();
        request.messages.back().content = std::move(input);
        ARK_CO_TRY(auto reply, co_await agents::call_model(execution, brain, std::move(context), "/llm.0",
                                                           std::move(request), usage_));
        agents::Outcome outcome;
        outcome.messages.push_back(std::move(reply.message));
        co_return outcome;
    }

    awaitable<Result<agents::Outcome>> ask_tool(Builder& builder, Overrides overrides, Execution& execution,
                                                emit::Context context, std::string input) {
        ARK_CO_TRY(const auto tool, co_await builder.tool(ns(), target_name_, std::move(overrides)));
        llm::ToolCall call;
        call.id = "tool-call-" + target_name_;
        call.name = tool->definition().name;
        const auto arguments = JsonValue::parse(input);
        if (arguments && arguments->is_object()) {
            call.arguments = std::move(input);
        } else {
            codec::JsonWriter json(call.arguments);
            json.begin_object().field("input", input).end_object();
        }
        ARK_CO_TRY(auto result, co_await agents::call_tool(execution, tool.get(), std::move(context), "/tool.0",
                                                           std::move(call), usage_));
        if (result.is_error) co_return fail(Errc::unavailable, fmt::format("tool {}: {}", target_name_, result.text));
        agents::Outcome outcome;
        outcome.messages.emplace_back();
        outcome.messages.back().role = llm::Role::assistant;
        outcome.messages.back().content = std::move(result.text);
        co_return outcome;
    }

    Ending ended_well(const agents::Outcome& outcome) const {
        Ending ending;
        ending.phase = "done";
        ending.target_type = target_type_;
        ending.target_name = target_name_;
        ending.content = outcome.ending == agents::Ending::finished ? outcome.answer() : outcome.response;
        ending.raw = messages_text(outcome.messages);
        ending.context_id = outcome.context_id;
        ending.task_id = outcome.task_id;
        return ending;
    }

    Ending ended_badly(const Error& error) const {
        Ending ending;
        ending.phase = attempt_.phase();
        ending.target_type = target_type_;
        ending.target_name = target_name_;
        ending.content = attempt_.said(error).message();
        ending.raw = error_text(ending.content);
        return ending;
    }

    awaitable<void> finish(Ending ending) {
        auto status = final_status(query_->value, ending, services_.clock.now());
        const auto said = status["status"];
        co_await write_status(std::move(status));
        if (live_) live_->end(said);
    }

    awaitable<void> write_status(JsonValue status) {
        return attempt_.write(resources::Part::status, std::move(status));
    }

    const Services services_;
    const resources::ResourcePtr query_;
    Place& place_;  // both outlive us
    Desk& desk_;
    Lookup lookup_;
    Recall recall_;
    std::unique_ptr<LiveAnswer> live_;      // none: nobody watches the answer as it is written
    std::unique_ptr<Questions> questions_;  // once it runs
    UnixNanos begun_;                       // likewise: by the first process
    agents::TokenUsage usage_;
    std::string input_;                  // as the target reads it
    std::vector<llm::Message> history_;  // of the conversation, before it
    std::string target_type_;
    std::string target_name_;
    Attempt attempt_;
};

}  // namespace

std::unique_ptr<Run> Run::create(const Services& services, resources::ResourcePtr query, Place& place, Desk& desk,
                                 asio::any_io_executor executor) {
    return std::make_unique<QueryRun>(services, std::move(query), place, desk, std::move(executor));
}

}  // namespace ark::runs
