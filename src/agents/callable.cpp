#include "agents/callable.hpp"

#include "codec/json_value.hpp"
#include "codec/json_writer.hpp"

#include <algorithm>

namespace ark::agents {
namespace {

CallResult refused(std::string text) {
    CallResult result;
    result.text = std::move(text);
    result.is_error = true;
    result.error_type = "bad_request";
    return result;
}

/// A text member of the arguments, or the words in which the model is told what is wrong.
Result<std::string> text_argument(std::string_view arguments, std::string_view name) {
    const auto json = codec::JsonValue::parse(arguments);
    if (!json || !json->is_object()) return fail(Errc::bad_argument, "the arguments are no JSON object");
    const auto& value = (*json)[name];
    if (!value.is_string() || value.text().empty())
        return fail(Errc::bad_argument, "`" + std::string(name) + "` is required, a text that is not empty");
    return std::string(value.text());
}

class Builtin : public Callable {
public:
    explicit Builtin(llm::ToolDefinition definition) : definition_(std::move(definition)) {}
    const llm::ToolDefinition& definition() const override { return definition_; }
    std::string_view type() const override { return "builtin"; }

private:
    const llm::ToolDefinition definition_;
};

class Noop final : public Builtin {
public:
    using Builtin::Builtin;
    awaitable<CallResult> call(std::string arguments, CallPlace) const override {
        CallResult result;
        result.text = std::move(arguments);
        co_return result;
    }
};

/// Ends the turn with what one of its arguments says.
class Ender final : public Builtin {
public:
    Ender(llm::ToolDefinition definition, std::string argument, Ending ending)
        : Builtin(std::move(definition)), argument_(std::move(argument)), ending_(ending) {}

    awaitable<CallResult> call(std::string arguments, CallPlace) const override {
        auto text = text_argument(arguments, argument_);
        if (!text) co_return refused(text.error().context);
        CallResult result;
        result.text = std::move(*text);
        result.ending = ending_;
        co_return result;
    }

private:
    const std::string argument_;
    const Ending ending_;
};

class ParticipantTool final : public Callable {
public:
    ParticipantTool(llm::ToolDefinition definition, std::shared_ptr<const Participant> participant)
        : definition_(std::move(definition)), participant_(std::move(participant)) {}
    const llm::ToolDefinition& definition() const override { return definition_; }
    std::string_view type() const override { return participant_->type(); }

    awaitable<CallResult> call(std::string arguments, CallPlace place) const override {
        auto input = text_argument(arguments, "input");
        if (!input) co_return refused(input.error().context);
        Conversation conversation;
        conversation.input.role = llm::Role::user;
        conversation.input.content = std::move(*input);
        place.context.aside = true;
        auto outcome = co_await participant_->run(place.execution, std::move(place.context), std::move(place.path),
                                                  std::move(conversation), place.usage);
        CallResult result;
        if (!outcome) {
            result.text = outcome.error().message();
            result.is_error = true;
            result.error_type = error_type_of(outcome.error());
            result.retryable = is_retryable(outcome.error().code);
            co_return result;
        }
        // A `terminate` inside ends what is inside: the caller goes on with its answer.
        result.text = outcome->ending == Ending::finished ? outcome->answer() : outcome->response;
        if (result.text.empty()) {
            result.text = std::string(participant_->name()) + " gave no answer";
            result.is_error = true;
            result.error_type = "tool_error";
        }
        co_return result;
    }

private:
    const llm::ToolDefinition definition_;
    const std::shared_ptr<const Participant> participant_;
};

class ApprovedTool final : public Callable {
public:
    ApprovedTool(CallablePtr tool, ApprovalRule rule) : tool_(std::move(tool)), rule_(rule) {}
    const llm::ToolDefinition& definition() const override { return tool_->definition(); }
    std::string_view type() const override { return tool_->type(); }
    const ApprovalRule* approval() const override { return &rule_; }
    awaitable<CallResult> call(std::string arguments, CallPlace place) const override {
        return tool_->call(std::move(arguments), std::move(place));
    }

private:
    const CallablePtr tool_;
    const ApprovalRule rule_;
};

llm::ToolDefinition builtin_definition(std::string name, std::string description,
                                       const std::vector<TextMember>& members) {
    llm::ToolDefinition definition;
    definition.name = std::move(name);
    definition.description = std::move(description);
    definition.parameters = text_schema(members);
    return definition;
}

}  // namespace

std::string text_schema(const std::vector<TextMember>& members) {
    std::string schema;
    codec::JsonWriter json(schema);
    json.begin_object().field("type", "object").key("properties").begin_object();
    for (const auto& member : members) {
        json.key(member.name).begin_object().field("type", "string");
        if (!member.description.empty()) json.field("description", member.description);
        if (!member.choices.empty()) {
            json.key("enum").begin_array();
            for (const auto& choice : member.choices)
                json.string(choice);
            json.end_array();
        }
        json.end_object();
    }
    json.end_object().key("required").begin_array();
    for (const auto& member : members)
        json.string(member.name);
    json.end_array().end_object();
    return schema;
}

CallablePtr make_noop() {
    return std::make_shared<Noop>(
        builtin_definition("noop", "Does nothing.", {{"message", "What to say while doing nothing.", {}}}));
}

CallablePtr make_terminate() {
    return std::make_shared<Ender>(builtin_definition("terminate", "Ends the conversation with a final response.",
                                                      {{"response", "The final response.", {}}}),
                                   "response", Ending::terminated);
}

CallablePtr make_selection(const std::vector<std::string>& candidates) {
    return std::make_shared<Ender>(builtin_definition("select-next-speaker", "Selects the participant who speaks next.",
                                                      {{"name", "The name of the participant.", candidates}}),
                                   "name", Ending::selected);
}

CallablePtr make_participant_tool(llm::ToolDefinition definition, std::shared_ptr<const Participant> participant) {
    return std::make_shared<ParticipantTool>(std::move(definition), std::move(participant));
}

CallablePtr make_approved(CallablePtr tool, ApprovalRule rule) {
    return std::make_shared<ApprovedTool>(std::move(tool), rule);
}

TokenUsage& TokenUsage::operator+=(const TokenUsage& other) {
    prompt += other.prompt;
    completion += other.completion;
    total += other.total;
    cached += other.cached;
    return *this;
}

TokenUsage& TokenUsage::operator+=(const llm::Usage& usage) {
    prompt += usage.prompt;
    completion += usage.completion;
    total += usage.total;
    cached += usage.cached;
    return *this;
}

std::string Outcome::answer() const {
    for (auto message = messages.rbegin(); message != messages.rend(); ++message) {
        if (message->role == llm::Role::assistant && !message->content.empty()) return message->content;
    }
    return {};
}

}  // namespace ark::agents
