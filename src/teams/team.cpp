#include "teams/team.hpp"

#include "teams/selector.hpp"

#include <fmt/format.h>

namespace ark::teams {
namespace {

namespace key = emit::key;
using agents::Conversation;
using agents::Ending;
using agents::Execution;
using agents::Outcome;
using agents::TokenUsage;

/// How far a team has come.
struct Talk {
    std::vector<llm::Message> messages;  // what members read: history, the user's input, what was said
    std::size_t given = 0;               // of them came from outside
    llm::Message input;
    std::size_t taken = 0;
    std::size_t previous = 0;
    Outcome outcome;
};

class Team final : public agents::Participant {
public:
    explicit Team(TeamSpec spec) : spec_(std::move(spec)) {}
    std::string_view name() const override { return spec_.name; }
    std::string_view type() const override { return "team"; }
    std::string_view description() const override { return spec_.description; }

    awaitable<Result<Outcome>> run(Execution& execution, emit::Context parent, std::string path,
                                   Conversation conversation, TokenUsage& usage) const override {
        path += "/team." + spec_.name;
        auto operation = start_lasting(execution, parent, operation_spec(path, conversation));
        Talk talk;
        talk.input = std::move(conversation.input);
        talk.messages = std::move(conversation.history);
        talk.given = talk.messages.size();
        TokenUsage spent;
        const auto status = co_await take_turns(execution, operation.context(), path, talk, spent);
        usage += spent;
        operation.say("membersExecuted", otlp::Value(static_cast<std::int64_t>(talk.taken)));
        operation.say("promptTokens", otlp::Value(spent.prompt));
        operation.say("completionTokens", otlp::Value(spent.completion));
        operation.say("totalTokens", otlp::Value(spent.total));
        if (!status) {
            end_failed(execution, operation, status.error(), talk);
            co_return status.error();
        }
        operation.say("successRate", otlp::Value(1.0));
        talk.outcome.messages.assign(
            std::make_move_iterator(talk.messages.begin() + static_cast<std::ptrdiff_t>(talk.given)),
            std::make_move_iterator(talk.messages.end()));
        operation.set(key::output, otlp::Value(emit::content_text(talk.outcome.answer())));
        operation.complete("the team is done");
        co_return std::move(talk.outcome);
    }

private:
    emit::OperationSpec operation_spec(const std::string& path, const Conversation& conversation) const {
        emit::OperationSpec spec;
        spec.span_name = fmt::format("team.{}/{}", spec_.ns, spec_.name);
        spec.operation = "TeamExecution";
        spec.span_kind = "CHAIN";
        spec.path = path;
        spec.team = spec_.name;
        const auto set = [&](std::string_view name, otlp::Value value) {
            spec.attributes.emplace_back(std::string(name), std::move(value));
        };
        const auto members = static_cast<std::int64_t>(spec_.members.size());
        set(key::component, otlp::Value("team"));
        set(key::operation, otlp::Value("invoke_workflow"));
        set(key::workflow_name, otlp::Value(spec_.name));
        set(key::team_name, otlp::Value(spec_.name));
        set(key::team_strategy, otlp::Value(teams::name(spec_.strategy)));
        set(key::team_member_count, otlp::Value(members));
        set(key::team_max_turns, otlp::Value(static_cast<std::int64_t>(spec_.turns_max)));
        set(key::input, otlp::Value(emit::content_text(conversation.input.content)));
        spec.metadata.emplace_back("teamName", otlp::Value(spec_.name));
        spec.metadata.emplace_back("teamId", otlp::Value(spec_.ns + "/" + spec_.name));
        spec.metadata.emplace_back("strategy", otlp::Value(teams::name(spec_.strategy)));
        spec.metadata.emplace_back("executionMode", otlp::Value(teams::name(spec_.strategy)));
        spec.metadata.emplace_back("memberCount", otlp::Value(members));
        return spec;
    }

    void end_failed(const Execution& execution, emit::Operation& operation, const Error& error,
                    const Talk& talk) const {
        if (error.code == Errc::stopped) return end_stopped(execution, operation);
        if (!spec_.members.empty()) operation.say("failedMembers", otlp::Value(spec_.members[talk.previous]->name()));
        operation.fail(error, agents::error_type_of(error));
    }

    awaitable<Status> take_turns(Execution& execution, const emit::Context& context, const std::string& path,
                                 Talk& talk, TokenUsage& usage) const {
        for (;;) {
            auto choice = co_await choose(execution, context, path, talk, usage);
            if (!choice) co_return choice.error();
            switch (choice->what) {
                case Choice::What::done:
                    co_return ok();
                case Choice::What::limit:
                    reach_limit(execution, context, path, talk);
                    co_return ok();
                case Choice::What::stopped:
                    note(talk, choice->note);
                    co_return ok();
                case Choice::What::member:
                    break;
            }
            talk.previous = choice->index;
            const auto status = co_await take_turn(execution, context, path, talk, usage);
            if (!status) co_return status.error();
            ++talk.taken;
            if (talk.outcome.ending == Ending::terminated) co_return ok();
        }
    }

    awaitable<Result<Choice>> choose(Execution& execution, const emit::Context& context, const std::string& path,
                                     Talk& talk, TokenUsage& usage) const {
        if (spec_.strategy != Strategy::selector) co_return next_in_order(spec_, talk.taken, talk.previous);
        Choice choice;
        const auto who = candidates(spec_, talk.taken, talk.previous);
        if (talk.taken >= turns_allowed(spec_)) {
            choice.what = who.empty() ? Choice::What::done : Choice::What::limit;
            co_return choice;
        }
        // The user's input is part of what the selector judges.
        std::vector<llm::Message> heard = talk.messages;
        heard.insert(heard.begin() + static_cast<std::ptrdiff_t>(talk.given), talk.input);
        std::string response;
        auto selected = co_await select_next(spec_, who, execution, context,
                                             fmt::format("{}/select.{}", path, talk.taken), heard, usage, response);
        if (selected && !response.empty()) {
            llm::Message last;
            last.role = llm::Role::assistant;
            last.name = spec_.selector->agent.name;
            last.content = std::move(response);
            talk.messages.push_back(std::move(last));
        }
        co_return selected;
    }

    awaitable<Status> take_turn(Execution& execution, const emit::Context& context, const std::string& path, Talk& talk,
                                TokenUsage& usage) const {
        const auto& member = *spec_.members[talk.previous];
        const auto turn_path = fmt::format("{}/turn.{}", path, talk.taken);
        auto turn = start_lasting(execution, context, turn_spec(turn_path, talk, member));
        auto part = start_lasting(execution, turn.context(), member_spec(turn_path + "/member", talk, member));
        Conversation conversation;
        conversation.history = talk.messages;
        conversation.input = talk.input;
        auto outcome = co_await member.run(execution, part.context(), turn_path, std::move(conversation), usage);
        if (!outcome) {
            tell_failed(execution, part.context(), talk, member, outcome.error());
            end_turn_failed(execution, turn, part, outcome.error());
            co_return prefix(outcome.error(),
                             fmt::format("{} {} in team {}", member.type(), member.name(), spec_.name));
        }
        const auto said = outcome->answer();
        part.say("handoffData", otlp::Value(emit::content_text(said)));
        part.complete("the member is done");
        turn.set(key::turn_output, otlp::Value(emit::content_text(said)));
        turn.complete("the turn is over");
        for (auto& message : outcome->messages) {
            if (message.role == llm::Role::assistant && message.name.empty()) message.name = member.name();
            talk.messages.push_back(std::move(message));
        }
        if (outcome->ending == Ending::terminated) {
            talk.outcome.ending = Ending::terminated;
            talk.outcome.response = outcome->response;
        }
        co_return ok();
    }

    emit::OperationSpec turn_spec(const std::string& path, const Talk& talk, const agents::Participant& member) const {
        emit::OperationSpec spec;
        spec.span_name = fmt::format("turn.{}", talk.taken);
        spec.operation = "TeamTurn";
        spec.path = path;
        const auto turn = static_cast<std::int64_t>(talk.taken);
        const auto set = [&](std::string_view name, otlp::Value value) {
            spec.attributes.emplace_back(std::string(name), std::move(value));
        };
        set(key::component, otlp::Value("team.turn"));
        set(key::turn_number, otlp::Value(turn));
        set(key::turn_member_name, otlp::Value(member.name()));
        set(key::turn_member_type, otlp::Value(member.type()));
        spec.metadata.emplace_back("teamName", otlp::Value(spec_.name));
        spec.metadata.emplace_back("strategy", otlp::Value(teams::name(spec_.strategy)));
        spec.metadata.emplace_back("turn", otlp::Value(turn));
        return spec;
    }

    emit::OperationSpec member_spec(const std::string& path, const Talk& talk,
                                    const agents::Participant& member) const {
        auto spec = turn_spec(path, talk, member);
        spec.span_name = fmt::format("member.{}", member.name());
        spec.operation = "TeamMember";
        spec.metadata.emplace_back("memberName", otlp::Value(member.name()));
        spec.metadata.emplace_back("memberType", otlp::Value(member.type()));
        spec.metadata.emplace_back("executionOrder", otlp::Value(static_cast<std::int64_t>(talk.taken)));
        return spec;
    }

    void tell_failed(Execution& execution, const emit::Context& context, const Talk& talk,
                     const agents::Participant& member, const Error& error) const {
        if (error.code == Errc::stopped) return;
        otlp::ValueMap metadata;
        metadata.emplace_back("teamName", otlp::Value(spec_.name));
        metadata.emplace_back("memberName", otlp::Value(member.name()));
        metadata.emplace_back("memberIndex", otlp::Value(static_cast<std::int64_t>(talk.previous)));
        metadata.emplace_back("error", otlp::Value(error.message()));
        execution.tracer.event(context, "TeamMemberFailed", error.message(), std::move(metadata));
    }

    static void end_turn_failed(const Execution& execution, emit::Operation& turn, emit::Operation& part,
                                const Error& error) {
        if (error.code == Errc::stopped) {
            end_stopped(execution, part);
            return end_stopped(execution, turn);
        }
        part.fail(error, agents::error_type_of(error));
        turn.fail(error, agents::error_type_of(error));
    }

    void reach_limit(Execution& execution, const emit::Context& context, const std::string& path, Talk& talk) const {
        const auto text = fmt::format("Team conversation reached its limit of {} turns", turns_allowed(spec_));
        note(talk, text);
        if (execution.steps.begin(path + "/limit").before) return;
        otlp::ValueMap metadata;
        metadata.emplace_back("strategy", otlp::Value(teams::name(spec_.strategy)));
        metadata.emplace_back("maxTurns", otlp::Value(static_cast<std::int64_t>(turns_allowed(spec_))));
        metadata.emplace_back("messageCount",
                              otlp::Value(static_cast<std::int64_t>(talk.messages.size() - talk.given)));
        execution.tracer.event(context, "TeamMaxTurnsReached", text, std::move(metadata));
    }

    static void note(Talk& talk, std::string text) {
        llm::Message message;
        message.role = llm::Role::system;
        message.content = std::move(text);
        talk.messages.push_back(std::move(message));
    }

    const TeamSpec spec_;
};

}  // namespace

ParticipantPtr make_team(TeamSpec spec) {
    return std::make_shared<Team>(std::move(spec));
}

}  // namespace ark::teams
