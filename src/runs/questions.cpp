#include "runs/questions.hpp"

#include "base/duration.hpp"
#include "codec/json_text.hpp"
#include "codec/json_writer.hpp"
#include "runs/status.hpp"
#include "runs/task_resource.hpp"
#include "telemetry/log.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

namespace ark::runs {
namespace {

using agents::Decision;
using agents::Question;
using codec::json_text;
using codec::JsonValue;

constexpr std::string_view asked_kind = "question";
constexpr std::string_view answered_kind = "answer";
constexpr std::string_view what_words[] = {"yes", "no", "expired"};

bool is_approval(const Question& question) {
    return question.type == Question::Type::approval;
}

std::string inputs_of(const Question& question) {
    agents::InputHash hash;
    hash.add(is_approval(question) ? "approval" : "input").add(question.call.name).add(question.call.arguments);
    return hash.add(question.message).add(question.task_id).text();
}

std::string asked_text(UnixNanos asked, UnixNanos deadline) {
    std::string text;
    codec::JsonWriter json(text);
    json.begin_object().field("asked", asked.value()).field("deadline", deadline.value()).end_object();
    return text;
}

UnixNanos time_of(const JsonValue& value) {
    return UnixNanos{static_cast<std::uint64_t>(value.integer())};
}

std::string_view on_timeout_of(const Question& question) {
    return question.rule.proceed_on_timeout ? "proceed" : "reject";
}

std::string words_of(const Question& question) {
    if (!is_approval(question)) return emit::content_text(question.message);
    const auto& agent = question.context.agent;
    return fmt::format("{} wants to call {}", agent.empty() ? std::string_view("the query") : agent,
                       question.call.name);
}

/// As the query's status shows it.
JsonValue shown(const Question& question, const std::string& id, std::string_view task, UnixNanos asked,
                UnixNanos deadline) {
    JsonValue value;
    value.set("id", json_text(id));
    value.set("type", json_text(is_approval(question) ? "approval" : "input"));
    value.set("task", json_text(task));
    value.set("agent", json_text(question.context.agent));
    if (is_approval(question)) {
        value.set("tool", json_text(question.call.name));
        value.set("toolCallId", json_text(question.call.id));
        value.set("arguments", json_text(agents::sanitised_arguments(question.call.arguments)));
        value.set("onTimeout", json_text(on_timeout_of(question)));
    } else {
        value.set("message", json_text(emit::content_text(question.message)));
    }
    value.set("askedAt", json_text(to_rfc3339(asked)));
    value.set("deadline", json_text(to_rfc3339(deadline)));
    return value;
}

/// The calls of an approval as the reference's clients read them.
JsonValue protocol_metadata(const Question& question) {
    std::string calls;
    codec::JsonWriter json(calls);
    json.begin_array().begin_object().field("id", question.call.id).field("type", "function").key("function");
    json.begin_object().field("name", question.call.name);
    json.field("arguments", agents::sanitised_arguments(question.call.arguments)).end_object();
    json.end_object().end_array();
    JsonValue metadata;
    metadata.set("toolCalls", JsonValue{std::move(calls)});
    metadata.set("timeout", json_text(to_text(question.rule.timeout)));
    metadata.set("onTimeout", json_text(on_timeout_of(question)));
    metadata.set("agentName", json_text(question.context.agent));
    return metadata;
}

/// What a person wrote into `spec.input`. Nothing: that is no decision.
struct Written {
    Decision decision;
    std::string by;
};
std::optional<Written> read_answer(const Question& question, std::string_view input) {
    const auto json = codec::parsed_or_null(input);
    Written written;
    const auto word = json["decision"].text();
    written.by = json["by"].text();
    if (word == "rejected") {
        written.decision.what = Decision::What::no;
        written.decision.text = json["reason"].text();
        return written;
    }
    written.decision.what = Decision::What::yes;
    if (is_approval(question)) return word == "approved" ? std::optional(written) : std::nullopt;
    written.decision.text = json["answer"].is_string() ? json["answer"].text() : input;
    return written;
}

}  // namespace

Questions::Questions(const Services& services, resources::ResourcePtr query, StepLog& steps, Desk& desk, Place& place,
                     Hooks hooks)
    : services_(services),
      query_(std::move(query)),
      steps_(steps),
      desk_(desk),
      place_(place),
      hooks_(std::move(hooks)) {
    // What earlier processes waited for is no time of the run.
    for (const auto& path : steps.order()) {
        const auto* step = steps.at(path);
        if (step->kind != asked_kind && step->kind != answered_kind) continue;
        const auto json = JsonValue::parse(step->result);
        if (!json) continue;
        auto& interval = intervals_[path.substr(0, path.rfind('/'))];
        if (step->kind == asked_kind) interval.asked = time_of((*json)["asked"]);
        if (step->kind == answered_kind) interval.answered = time_of((*json)["answered"]);
    }
}

bool Questions::has_open() const {
    return std::any_of(intervals_.begin(), intervals_.end(),
                       [](const auto& each) { return each.second.answered.value() == 0; });
}

std::chrono::nanoseconds Questions::waited(UnixNanos since) const {
    std::vector<std::pair<UnixNanos, UnixNanos>> spans;
    for (const auto& [path, interval] : intervals_) {
        const auto end = interval.answered.value() != 0 ? interval.answered : services_.clock.now();
        spans.emplace_back(std::max(interval.asked, since), end);
    }
    std::sort(spans.begin(), spans.end());
    std::uint64_t total = 0;
    auto covered = since;
    for (const auto& [begin, end] : spans) {
        const auto from = std::max(begin, covered);
        if (end > from) total += end - from;
        covered = std::max(covered, end);
    }
    return std::chrono::nanoseconds(total);
}

awaitable<Result<Decision>> Questions::ask(agents::Execution& execution, Question question) {
    const auto inputs = inputs_of(question);
    if (const auto* answered = steps_.find(question.path + "/answer", inputs)) {
        ARK_CO_TRY(const auto json, JsonValue::parse(*answered));
        Decision decision;
        decision.text = json["text"].text();
        for (std::size_t i = 0; i < std::size(what_words); ++i) {
            if (json["what"].text() == what_words[i]) decision.what = static_cast<Decision::What>(i);
        }
        co_return decision;
    }
    auto pending = co_await announce(execution, question, inputs);
    if (!pending) co_return pending.error();
    co_await begin_wait(question, *pending);
    auto answer = co_await wait(execution, question, *pending);
    Status concluded;
    if (answer) {
        concluded = co_await conclude(execution, question, *pending, *answer, inputs);
    } else if (!execution.suspended) {
        co_await withdraw(execution, question, *pending);
    }
    // It ends without a place; or the next process waits on, and the query's status stays as it is.
    if (!answer) {
        waiting_.erase(pending->id);
        co_return answer.error();
    }
    auto stop = execution.stop;
    co_await end_wait(pending->id, std::move(stop));
    if (!concluded) co_return concluded.error();
    if (execution.stop.stop_requested()) co_return fail(Errc::stopped, "after a person's answer");
    co_return answer->decision;
}

/// Says that there is a question, once, and records it: beyond that the next process only waits.
awaitable<Result<Questions::Pending>> Questions::announce(agents::Execution& execution, const Question& question,
                                                          std::string inputs) {
    Pending pending;
    pending.id = id_of(question, inputs);
    const auto path = question.path + "/question";
    if (const auto* asked = steps_.find(path, inputs)) {
        ARK_CO_TRY(const auto json, JsonValue::parse(*asked));
        pending.asked = time_of(json["asked"]);
        pending.deadline = time_of(json["deadline"]);
        co_return pending;
    }
    pending.asked = services_.clock.now();
    pending.deadline = pending.asked + static_cast<std::uint64_t>(std::max<std::int64_t>(
                                           0, std::chrono::nanoseconds(question.rule.timeout).count()));
    const auto name = task_of(question, pending.id);
    TaskSpec task;
    task.query = query_;
    task.agent = question.context.agent.empty() ? std::string(query_->value["spec"]["target"]["name"].text("query"))
                                                : question.context.agent;
    task.server = question.server;
    task.task_id = is_approval(question) ? pending.id : question.task_id;
    task.context_id = question.context_id;
    if (is_approval(question)) task.timeout = question.rule.timeout;
    ARK_CO_TRY_STATUS(co_await ensure_task(services_.store, std::move(task)));
    ARK_CO_TRY_STATUS(co_await clear_task_input(services_.store, name));
    JsonValue status;
    status.set("phase", json_text("input-required"));
    status.set("protocolState", json_text("input-required"));
    status.set("startTime", json_text(to_rfc3339(pending.asked)));
    const auto words = words_of(question);
    status.set("lastStatusMessage", agent_message(pending.id, words));
    status.set("lastStatusTimestamp", json_text(to_rfc3339(pending.asked)));
    if (is_approval(question)) status.set("protocolMetadata", protocol_metadata(question));
    ARK_CO_TRY_STATUS(co_await write_task_status(services_.store, name, std::move(status)));

    otlp::ValueMap metadata;
    const auto say = [&](std::string_view key, std::string_view value) {
        metadata.emplace_back(std::string(key), otlp::Value(value));
    };
    say("questionId", pending.id);
    say("deadline", to_rfc3339(pending.deadline));
    if (is_approval(question)) {
        say("toolName", question.call.name);
        say("toolId", question.call.id);
        say("parameters", agents::sanitised_arguments(question.call.arguments));
        say("onTimeout", on_timeout_of(question));
    } else {
        say("message", emit::content_text(question.message));
    }
    execution.tracer.event(question.context, is_approval(question) ? "ApprovalAsked" : "QuestionAsked", words,
                           std::move(metadata));
    agents::Step step;
    step.path = path;
    step.kind = asked_kind;
    step.inputs = std::move(inputs);
    step.result = asked_text(pending.asked, pending.deadline);
    ARK_CO_TRY_STATUS(co_await steps_.record(std::move(step)));
    co_return pending;
}

awaitable<Result<Questions::Answer>> Questions::wait(agents::Execution& execution, const Question& question,
                                                     const Pending& pending) {
    const auto name = task_of(question, pending.id);
    Desk::Ticket ticket(desk_, name);
    std::string wrong;  // the last text that was no decision
    while (!execution.stop.stop_requested()) {
        auto found = co_await services_.store.get(resources::kind_named("A2ATask"), name);
        Answer answer;
        if (!found && found.error().reason == resources::Reason::not_found) {
            answer.decision.text = "the question was deleted";
            answer.reason = "Deleted";
            co_return answer;
        }
        if (!found) co_return found.error().error();
        const std::string input((*found)->value["spec"]["input"].text());
        if (!input.empty() && input != wrong) {
            if (auto written = read_answer(question, input)) {
                answer.decision = std::move(written->decision);
                answer.by = written->by.empty() ? "somebody" : std::move(written->by);
                const bool yes = answer.decision.what == Decision::What::yes;
                answer.reason = is_approval(question) ? (yes ? "ApprovalGranted" : "ApprovalRejected")
                                                      : (yes ? "Answered" : "Declined");
                co_return answer;
            }
            wrong = input;
            JsonValue status;
            status.set("conditions",
                       completed_condition(false, "InvalidApprovalDecision",
                                           "spec.input is to be {\"decision\":\"approved\"} or \"rejected\"",
                                           services_.clock.now()));
            ARK_CO_TRY_STATUS(co_await write_task_status(services_.store, name, std::move(status)));
        }
        const auto now = services_.clock.now();
        if (now >= pending.deadline) {
            const bool proceed = is_approval(question) && question.rule.proceed_on_timeout;
            answer.decision.what = proceed ? Decision::What::yes : Decision::What::expired;
            answer.reason = !is_approval(question) ? "Expired"
                            : proceed              ? "ApprovalTimeoutProceeded"
                                                   : "ApprovalTimeoutRejected";
            co_return answer;
        }
        co_await ticket.changed(std::chrono::nanoseconds(pending.deadline - now), execution.stop);
    }
    co_return fail(Errc::stopped, "while a person was asked");
}

awaitable<Status> Questions::conclude(agents::Execution& execution, const Question& question, const Pending& pending,
                                      Answer answer, std::string inputs) {
    const auto now = services_.clock.now();
    tell_end(execution, question, pending, answer);
    intervals_[question.path].answered = now;
    agents::Step step;
    step.path = question.path + "/answer";
    step.kind = answered_kind;
    step.inputs = std::move(inputs);
    codec::JsonWriter json(step.result);
    json.begin_object().field("what", what_words[static_cast<std::size_t>(answer.decision.what)]);
    json.field("text", answer.decision.text).field("by", answer.by).field("answered", now.value()).end_object();
    ARK_CO_TRY_STATUS(co_await steps_.record(std::move(step)));
    JsonValue status;
    if (is_approval(question)) {
        const bool yes = answer.decision.what == Decision::What::yes;
        status.set("phase", json_text(yes ? "completed" : "failed"));
        status.set("protocolState", json_text(yes ? "completed" : "failed"));
        status.set("completionTime", json_text(to_rfc3339(now)));
        status.set("conditions", completed_condition(true, answer.reason, answer.decision.text, now));
    } else {
        status.set("phase", json_text("running"));
    }
    // The decision stands, whether or not the task says so.
    const auto written = co_await write_task_status(services_.store, task_of(question, pending.id), std::move(status));
    if (!written) {
        telemetry::log(telemetry::LogLevel::warn, "runs", "an answered task does not say so",
                       {{"query", query_->name()}, {"reason", written.error().message()}});
    }
    co_return ok();
}

void Questions::tell_end(agents::Execution& execution, const Question& question, const Pending& pending,
                         const Answer& answer) {
    otlp::ValueMap metadata;
    const auto say = [&](std::string_view key, std::string_view value) {
        metadata.emplace_back(std::string(key), otlp::Value(value));
    };
    say("questionId", pending.id);
    if (is_approval(question)) say("toolId", question.call.id);
    if (answer.reason.empty() || answer.by.empty()) {
        say("deadline", to_rfc3339(pending.deadline));
        const bool gone = answer.reason == "Deleted";
        const auto reason = is_approval(question) ? (gone ? "ApprovalCanceled" : "ApprovalExpired")
                                                  : (gone ? "QuestionCanceled" : "QuestionExpired");
        execution.tracer.event(question.context, reason, gone ? "the question was deleted" : "nobody answered in time",
                               std::move(metadata));
        return;
    }
    const bool yes = answer.decision.what == Decision::What::yes;
    say("answeredBy", answer.by);
    if (is_approval(question)) {
        say("answer", yes ? "approved" : "rejected");
        execution.tracer.event(question.context, "ApprovalAnswered", yes ? "approved" : "rejected",
                               std::move(metadata));
    } else {
        say("answer", yes ? emit::content_text(answer.decision.text) : "declined");
        execution.tracer.event(question.context, "QuestionAnswered", yes ? "answered" : "declined",
                               std::move(metadata));
    }
}

/// The query is canceled, or its time is over: nobody needs to answer any more.
awaitable<void> Questions::withdraw(agents::Execution& execution, const Question& question, const Pending& pending) {
    otlp::ValueMap metadata;
    metadata.emplace_back("questionId", otlp::Value(pending.id));
    metadata.emplace_back("deadline", otlp::Value(to_rfc3339(pending.deadline)));
    execution.tracer.event(question.context, is_approval(question) ? "ApprovalCanceled" : "QuestionCanceled",
                           "the query no longer waits", std::move(metadata));
    const auto now = services_.clock.now();
    JsonValue status;
    status.set("phase", json_text("cancelled"));
    status.set("protocolState", json_text("canceled"));
    status.set("completionTime", json_text(to_rfc3339(now)));
    status.set("conditions", completed_condition(true, "Canceled", "the query no longer waits", now));
    static_cast<void>(co_await write_task_status(services_.store, task_of(question, pending.id), std::move(status)));
}

awaitable<void> Questions::begin_wait(const Question& question, const Pending& pending) {
    const auto task = task_of(question, pending.id);
    waiting_.insert_or_assign(pending.id, shown(question, pending.id, task.name, pending.asked, pending.deadline));
    intervals_[question.path] = Interval{pending.asked, UnixNanos{0}};
    if (waiting_.size() == 1) {
        place_.leave();
        hooks_.on_waiting(true);
    }
    co_await hooks_.write_status(waiting_status(query_->value, waiting_, services_.clock.now()));
}

awaitable<void> Questions::end_wait(const std::string& id, std::stop_token stop) {
    waiting_.erase(id);
    if (waiting_.empty()) {
        co_await place_.retake(std::move(stop));
        // Another call of the batch may have asked meanwhile.
        if (!waiting_.empty()) place_.leave();
    }
    if (waiting_.empty()) {
        hooks_.on_waiting(false);
        co_await hooks_.write_status(running_status(query_->value, services_.clock.now()));
    } else {
        co_await hooks_.write_status(waiting_status(query_->value, waiting_, services_.clock.now()));
    }
}

resources::ObjectName Questions::task_of(const Question& question, const std::string& id) const {
    return task_name(*query_, is_approval(question) ? std::string_view(id) : std::string_view(question.task_id));
}

/// The same when the step is taken up again.
std::string Questions::id_of(const Question& question, const std::string& inputs) const {
    agents::InputHash hash;
    return hash.add(query_->uid()).add(question.path).add(inputs).text().substr(0, 16);
}

}  // namespace ark::runs
