#include "agents/tool_call.hpp"

#include "agents/people.hpp"
#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"
#include "codec/utf8.hpp"

namespace ark::agents {
namespace {

namespace key = emit::key;

constexpr std::string_view ending_words[] = {"finished", "terminated", "selected"};

std::string record_of(const CallResult& result, const TokenUsage& usage) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("text", result.text).field("isError", result.is_error);
    json.field("errorType", result.error_type).field("retryable", result.retryable);
    json.field("ending", ending_words[static_cast<std::size_t>(result.ending)]);
    json.field("prompt", usage.prompt).field("completion", usage.completion);
    json.field("total", usage.total).field("cached", usage.cached).end_object();
    return text;
}

Result<CallResult> parse_record(std::string_view record, TokenUsage& usage) {
    ARK_TRY(const auto json, codec::JsonValue::parse(record));
    CallResult result;
    result.text = json["text"].text();
    result.is_error = json["isError"].boolean();
    result.error_type = json["errorType"].text();
    result.retryable = json["retryable"].boolean();
    for (std::size_t i = 0; i < std::size(ending_words); ++i) {
        if (json["ending"].text() == ending_words[i]) result.ending = static_cast<Ending>(i);
    }
    TokenUsage spent;
    spent.prompt = json["prompt"].integer();
    spent.completion = json["completion"].integer();
    spent.total = json["total"].integer();
    spent.cached = json["cached"].integer();
    usage += spent;
    return result;
}

emit::OperationSpec spec_of(const Callable* tool, const std::string& path, const llm::ToolCall& call) {
    emit::OperationSpec spec;
    spec.span_name = "tool." + call.name;
    spec.operation = "ToolCall";
    spec.span_kind = "TOOL";
    spec.path = path;
    const auto set = [&](std::string_view name, otlp::Value value) {
        spec.attributes.emplace_back(std::string(name), std::move(value));
    };
    const std::string_view type = tool != nullptr ? tool->type() : "unknown";
    const auto arguments = sanitised_arguments(call.arguments);
    set(key::component, otlp::Value("tool"));
    set(key::operation, otlp::Value("execute_tool"));
    set(key::tool_name, otlp::Value(call.name));
    set(key::tool_call_id, otlp::Value(call.id));
    set(key::tool_kind, otlp::Value("function"));
    set(key::tool_type, otlp::Value(type));
    set(key::tool_arguments, otlp::Value(arguments));
    set(key::input, otlp::Value(arguments));
    if (tool != nullptr && !tool->definition().description.empty())
        set(key::tool_description, otlp::Value(tool->definition().description));
    spec.metadata.emplace_back("toolName", otlp::Value(call.name));
    spec.metadata.emplace_back("toolId", otlp::Value(call.id));
    spec.metadata.emplace_back("toolType", otlp::Value(type));
    spec.metadata.emplace_back("parameters", otlp::Value(arguments));
    return spec;
}

void end(emit::Operation& operation, const CallResult& result) {
    const auto output = emit::content_text(result.text);
    operation.set(key::tool_result, otlp::Value(output));
    operation.set(key::output, otlp::Value(output));
    operation.say("resultSize", otlp::Value(static_cast<std::int64_t>(result.text.size())));
    operation.say("success", otlp::Value(!result.is_error));
    if (result.is_error) {
        operation.say("retryable", otlp::Value(result.retryable));
        // The words of a tool's error are its answer; ours only say what happened.
        return operation.fail(fail(Errc::unavailable, emit::content_text(result.text)), result.error_type);
    }
    if (result.ending == Ending::terminated) operation.say("terminationMessage", otlp::Value("TerminateTeam"));
    if (result.ending == Ending::selected) operation.say("selectionResult", otlp::Value("SelectionMade"));
    operation.complete("the tool answered");
}

/// Arguments that do not fit are the model's mistake: it reads why, and those who watch find it by its name.
void tell_misfit(Execution& execution, const emit::Context& context, const std::string& tool,
                 const CallResult& result) {
    if (!result.is_error || result.error_type != "bad_request") return;
    const auto text = emit::content_text(result.text);
    otlp::ValueMap metadata;
    metadata.emplace_back("component", otlp::Value("tool"));
    metadata.emplace_back("validationType", otlp::Value("arguments"));
    metadata.emplace_back("toolName", otlp::Value(tool));
    otlp::ValueList errors;
    errors.emplace_back(text);
    metadata.emplace_back("errors", otlp::Value(std::move(errors)));
    execution.tracer.event(context, "ValidationError", text, std::move(metadata));
}

CallResult refused_call(std::string text, std::string_view error_type) {
    CallResult result;
    result.text = std::move(text);
    result.is_error = true;
    result.error_type = error_type;
    return result;
}

/// Nothing: the call may be made. Else what the model is told instead.
awaitable<Result<std::optional<CallResult>>> ask_approval(Execution& execution, const ApprovalRule& rule,
                                                          const emit::Context& context, const std::string& path,
                                                          const llm::ToolCall& call) {
    std::optional<CallResult> refused;
    if (execution.people == nullptr) {
        refused = refused_call("the call needs an approval, and there is nobody to ask", "approval_required");
        co_return refused;
    }
    Question question;
    question.context = context;
    question.path = path;
    question.call = call;
    question.rule = rule;
    auto decision = co_await execution.people->ask(execution, std::move(question));
    if (!decision) co_return decision.error();
    if (decision->what == Decision::What::expired)
        refused = refused_call("nobody approved the call in time: it was not made", "approval_expired");
    if (decision->what == Decision::What::no) {
        std::string text = "a person rejected the call: it was not made";
        if (!decision->text.empty()) text += ". The reason: " + decision->text;
        refused = refused_call(std::move(text), "rejected");
    }
    co_return refused;
}

}  // namespace

awaitable<Result<CallResult>> call_tool(Execution& execution, const Callable* tool, emit::Context parent,
                                        std::string path, llm::ToolCall call, TokenUsage& usage) {
    Step step;
    step.path = path;
    step.kind = "tool";
    step.inputs = InputHash().add(call.name).add(call.arguments).text();
    if (const auto* recorded = execution.steps.find(path, step.inputs)) co_return parse_record(*recorded, usage);
    if (execution.stop.stop_requested()) co_return fail(Errc::stopped, "before a tool call");
    if (execution.tool_calls_left == 0) co_return fail(Errc::conflict, "the run's budget of tool calls is used up");
    --execution.tool_calls_left;

    // Before the call's span begins: how long a person thought is no property of the tool.
    std::optional<CallResult> refused;
    const auto* rule = tool != nullptr ? tool->approval() : nullptr;
    if (rule != nullptr) {
        auto asked = co_await ask_approval(execution, *rule, parent, path, call);
        if (!asked) co_return asked.error();
        refused = std::move(*asked);
    }

    auto operation = start_call(execution, parent, spec_of(tool, path, call));
    TokenUsage spent;
    CallResult result;
    if (refused) {
        result = std::move(*refused);
    } else if (tool == nullptr) {
        result = refused_call("there is no tool named " + call.name, "not_found");
    } else {
        CallPlace place{execution, operation.context(), path, spent};
        result = co_await tool->call(std::move(call.arguments), std::move(place));
    }
    usage += spent;
    result.text = codec::repaired_utf8(result.text);
    // A call that was cut short has no result that a later run could go on from.
    if (execution.stop.stop_requested() && result.is_error) {
        end_stopped(execution, operation);
        co_return fail(Errc::stopped, "during a tool call");
    }
    tell_misfit(execution, operation.context(), call.name, result);
    end(operation, result);
    step.result = record_of(result, spent);
    const auto recorded = co_await execution.steps.record(std::move(step));
    if (!recorded) co_return prefix(recorded.error(), "record a tool call");
    co_return result;
}

}  // namespace ark::agents
