#include "agents/model_call.hpp"

#include "agents/messages.hpp"
#include "codec/json_writer.hpp"

#include <utility>

#include <fmt/format.h>

namespace ark::agents {
namespace {

namespace key = emit::key;

std::string inputs_of(const Brain& brain, const llm::ChatRequest& request) {
    InputHash hash;
    hash.add(brain.provider).add(brain.model);
    std::string text;
    for (const auto& message : request.messages) {
        text.clear();
        codec::JsonWriter json(text);
        append_message(json, message, llm::MessageForm::record);
        hash.add(text);
    }
    for (const auto& tool : request.tools)
        hash.add(tool.name).add(tool.description).add(tool.parameters);
    hash.add(std::to_string(static_cast<int>(request.tool_choice)));
    if (request.format) hash.add(request.format->name).add(request.format->schema);
    return hash.text();
}

emit::OperationSpec spec_of(const Brain& brain, const std::string& path, const llm::ChatRequest& request, bool stream) {
    emit::OperationSpec spec;
    spec.span_name = "llm." + brain.model;
    spec.operation = "LLMCall";
    spec.span_kind = "LLM";
    spec.client = true;
    spec.path = path;
    const auto set = [&](std::string_view name, otlp::Value value) {
        spec.attributes.emplace_back(std::string(name), std::move(value));
    };
    set(key::component, otlp::Value("model"));
    set(key::operation, otlp::Value("chat"));
    set(key::provider, otlp::Value(brain.provider));
    set(key::request_model, otlp::Value(brain.model));
    if (stream) set(key::request_stream, otlp::Value(true));
    const auto input = input_messages_text(request.messages);
    set(key::input_messages, otlp::Value(input));
    set(key::input, otlp::Value(input));
    set(key::input_type, otlp::Value("application/json"));
    spec.metadata.emplace_back("modelName", otlp::Value(brain.model));
    spec.metadata.emplace_back("modelType", otlp::Value("completions"));
    spec.metadata.emplace_back("callId", otlp::Value(path));
    return spec;
}

void describe(emit::Operation& operation, const llm::ChatReply& reply) {
    const auto& usage = reply.usage;
    if (usage.known) {
        operation.set(key::input_tokens, otlp::Value(usage.prompt));
        operation.set(key::output_tokens, otlp::Value(usage.completion));
        operation.set(key::total_tokens, otlp::Value(usage.total));
        if (usage.cached > 0) operation.set(key::cache_read_tokens, otlp::Value(usage.cached));
        if (usage.cache_write > 0) operation.set(key::cache_creation_tokens, otlp::Value(usage.cache_write));
        if (usage.reasoning > 0) operation.set(key::reasoning_tokens, otlp::Value(usage.reasoning));
        operation.say("promptTokens", otlp::Value(usage.prompt));
        operation.say("completionTokens", otlp::Value(usage.completion));
        operation.say("totalTokens", otlp::Value(usage.total));
        operation.say("cachedTokens", otlp::Value(usage.cached));
    }
    if (!reply.model.empty()) operation.set(key::response_model, otlp::Value(reply.model));
    if (!reply.id.empty()) operation.set(key::response_id, otlp::Value(reply.id));
    otlp::ValueList reasons;
    reasons.emplace_back(name(reply.finish));
    operation.set(key::finish_reasons, otlp::Value(std::move(reasons)));
    const auto output = output_messages_text(reply);
    operation.set(key::output_messages, otlp::Value(output));
    operation.set(key::output,
                  otlp::Value(reply.message.content.empty() ? output : emit::content_text(reply.message.content)));
}

/// What a retry means to those who watch: a limit that was hit is an event of its own (docs/events.md).
void tell_retry(Execution& execution, const emit::Context& context, const Brain& brain, const llm::Failure& failure,
                std::chrono::milliseconds wait) {
    if (failure.type != llm::ErrorType::rate_limit) return;
    otlp::ValueMap metadata;
    metadata.emplace_back("modelName", otlp::Value(brain.model));
    const auto reset = execution.tracer.clock().now() + static_cast<std::uint64_t>(wait.count()) * 1'000'000;
    metadata.emplace_back("resetTime", otlp::Value(to_rfc3339(reset)));
    execution.tracer.event(context, "RateLimitExceeded", fmt::format("tried again in {} ms", wait.count()),
                           std::move(metadata));
}

void end_failed(const Execution& execution, emit::Operation& operation, const llm::Failure& failure,
                unsigned attempts) {
    if (failure.type == llm::ErrorType::canceled) return end_stopped(execution, operation);
    if (failure.retry_after)
        operation.say("retryAfter", otlp::Value(static_cast<double>(failure.retry_after->count()) / 1000.0));
    operation.say("retryCount", otlp::Value(static_cast<std::int64_t>(attempts) - 1));
    operation.fail(failure.error, name(failure.type));
}

}  // namespace

awaitable<Result<llm::ChatReply>> call_model(Execution& execution, const Brain& brain, emit::Context parent,
                                             std::string path, llm::ChatRequest request, TokenUsage& usage) {
    Step step;
    step.path = path;
    step.kind = "llm";
    step.inputs = inputs_of(brain, request);
    if (const auto* recorded = execution.steps.find(path, step.inputs)) {
        auto reply = parse_reply(*recorded);
        if (reply) usage += reply->usage;
        co_return reply;
    }
    if (execution.stop.stop_requested()) co_return fail(Errc::stopped, "before a model call");
    if (execution.model_calls_left == 0) co_return fail(Errc::conflict, "the run's budget of model calls is used up");
    --execution.model_calls_left;

    const bool stream = execution.chunks != nullptr && !parent.aside;
    auto operation = start_call(execution, parent, spec_of(brain, path, request, stream));
    llm::CallOptions options;
    for (auto& [name, value] : carrier_of(operation.context()))
        options.fields.set(name, value);
    options.stop = execution.stop;
    bool first = true;
    if (stream) {
        options.on_delta = [&](const llm::Delta& delta) {
            if (std::exchange(first, false)) {
                const auto waited = execution.tracer.clock().now() - operation.started();
                operation.set(key::first_chunk, otlp::Value(static_cast<double>(waited) / 1e9));
            }
            execution.chunks->delta(operation.context(), brain.model, delta);
        };
    }
    options.on_retry = [&](const llm::Failure& failure, std::chrono::milliseconds wait) {
        tell_retry(execution, operation.context(), brain, failure, wait);
    };
    auto outcome = co_await brain.chat->chat(std::move(request), std::move(options));
    if (!outcome.ok()) {
        end_failed(execution, operation, outcome.failure(), outcome.attempts);
        co_return prefix(outcome.failure().error, "model " + brain.resource);
    }
    llm::ChatReply reply = outcome.reply();
    usage += reply.usage;
    if (stream) execution.chunks->reply(operation.context(), brain.model, reply);
    describe(operation, reply);
    operation.complete("the model answered");
    step.result = record_of(reply);
    const auto recorded = co_await execution.steps.record(std::move(step));
    if (!recorded) co_return prefix(recorded.error(), "record a model call");
    co_return reply;
}

}  // namespace ark::agents
