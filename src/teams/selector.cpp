#include "teams/selector.hpp"

#include "codec/json_writer.hpp"
#include "codec/template.hpp"

#include <fmt/format.h>

namespace ark::teams {
namespace {

constexpr std::string_view default_prompt =
    "You lead a conversation. These roles take part:\n{{.Roles}}\n\nRead the conversation so far, then select who of "
    "{{.Participants}} speaks next.\n\n{{.History}}\n";
constexpr std::string_view reminder =
    "\nUse the tool select-next-speaker to select the next participant. Answer with a call of a tool, nothing else.";
constexpr std::string_view default_terminate =
    "\nIf the latest message of the user is answered already, call the tool terminate with the final response instead.";

/// What the selecting agent reads: who there is, and what was said.
Result<std::string> instructions(const TeamSpec& team, const std::vector<std::size_t>& candidates,
                                 const std::vector<llm::Message>& history) {
    std::string roles;
    std::string participants;
    for (const auto index : candidates) {
        const auto& member = *team.members[index];
        if (!participants.empty()) {
            roles += "\n";
            participants += ", ";
        }
        roles += fmt::format("{}: {}", member.name(), member.description());
        participants += member.name();
    }
    std::string said;
    for (const auto& message : history) {
        if (message.content.empty()) continue;
        said += fmt::format("# {}:\n{}\n", message.name.empty() ? name(message.role) : message.name, message.content);
    }
    codec::JsonValue data;
    data.set("Roles", codec::JsonValue{std::move(roles)});
    data.set("Participants", codec::JsonValue{std::move(participants)});
    data.set("History", codec::JsonValue{std::move(said)});
    const auto& selector = *team.selector;
    const auto prompt = selector.prompt.empty() ? default_prompt : std::string_view(selector.prompt);
    ARK_TRY(auto text, codec::render_template(prompt, data));
    text += reminder;
    if (selector.may_terminate)
        text += selector.terminate_prompt.empty() ? std::string(default_terminate) : "\n" + selector.terminate_prompt;
    return text;
}

std::shared_ptr<const agents::Participant> chooser(const TeamSpec& team, const std::vector<std::size_t>& candidates) {
    std::vector<std::string> names;
    for (const auto index : candidates)
        names.emplace_back(team.members[index]->name());
    auto spec = team.selector->agent;
    spec.tools = {agents::make_selection(names)};
    if (team.selector->may_terminate) spec.tools.push_back(agents::make_terminate());
    spec.tool_choice = llm::ToolChoice::required;
    spec.format.reset();
    spec.turns_max = 3;  // one, and what a model needs that first gets the arguments wrong
    return agents::make_agent(std::move(spec));
}

void tell(agents::Execution& execution, const emit::Context& context, const TeamSpec& team, std::string_view selected,
          std::string_view reason) {
    otlp::ValueMap metadata;
    metadata.emplace_back("teamName", otlp::Value(team.name));
    metadata.emplace_back("selected_participant", otlp::Value(selected));
    metadata.emplace_back("selection_reason", otlp::Value(reason));
    execution.tracer.event(context, "ParticipantSelected", fmt::format("{} speaks next", selected),
                           std::move(metadata));
}

/// What the selector said, whoever that is.
void tell_answer(agents::Execution& execution, const emit::Context& context, const TeamSpec& team,
                 const std::vector<std::size_t>& candidates, const agents::Outcome& outcome) {
    otlp::ValueList names;
    for (const auto index : candidates)
        names.emplace_back(team.members[index]->name());
    const bool selected = outcome.ending == agents::Ending::selected;
    otlp::ValueMap metadata;
    metadata.emplace_back("agent", otlp::Value(team.selector->agent.name));
    metadata.emplace_back("model", otlp::Value(team.selector->agent.brain.model));
    if (selected) metadata.emplace_back("selected_name", otlp::Value(outcome.response));
    metadata.emplace_back("available_participants", otlp::Value(std::move(names)));
    execution.tracer.event(context, "SelectorAgentResponse", "the selector answered", std::move(metadata));
}

Choice stopped(std::string note) {
    Choice choice;
    choice.what = Choice::What::stopped;
    choice.note = std::move(note);
    return choice;
}

Choice choice_of(const TeamSpec& team, const std::vector<std::size_t>& candidates, const agents::Outcome& outcome,
                 std::string& response) {
    Choice choice;
    if (outcome.ending == agents::Ending::terminated) {
        response = outcome.response;
        return choice;
    }
    if (outcome.ending != agents::Ending::selected) return stopped("the selector did not select anybody");
    for (const auto index : candidates) {
        if (team.members[index]->name() != outcome.response) continue;
        choice.what = Choice::What::member;
        choice.index = index;
        return choice;
    }
    return stopped("the selector chose " + outcome.response + ", who is not among the participants");
}

}  // namespace

awaitable<Result<Choice>> select_next(const TeamSpec& team, const std::vector<std::size_t>& candidates,
                                      agents::Execution& execution, emit::Context context, std::string path,
                                      const std::vector<llm::Message>& history, agents::TokenUsage& usage,
                                      std::string& response) {
    Choice choice;
    if (candidates.empty()) co_return choice;
    if (candidates.size() == 1 && !team.edges.empty()) {
        choice.what = Choice::What::member;
        choice.index = candidates.front();
        co_return choice;
    }
    auto text = instructions(team, candidates, history);
    if (!text) co_return prefix(text.error(), "selectorPrompt of team " + team.name);
    agents::Conversation conversation;
    llm::Message system;
    system.role = llm::Role::system;
    system.content = std::move(*text);
    conversation.history.push_back(std::move(system));
    conversation.input.content = "Select the next participant to respond.";
    const auto agent = chooser(team, candidates);
    context.aside = true;
    const auto outcome = co_await agent->run(execution, context, path, std::move(conversation), usage);
    if (!outcome) co_return outcome.error();
    const bool before = execution.steps.begin(path).before;
    if (!before) tell_answer(execution, context, team, candidates, *outcome);
    choice = choice_of(team, candidates, *outcome, response);
    if (choice.what == Choice::What::member && !before)
        tell(execution, context, team, team.members[choice.index]->name(), "selected");
    co_return choice;
}

}  // namespace ark::teams
