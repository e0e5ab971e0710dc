#include "eval_follow.hpp"

#include "eval_report.hpp"
#include "follow.hpp"
#include "watchdog.hpp"

#include <fmt/format.h>

namespace ark::cli {
namespace {

/// An expression is an evaluation of one rule.
JsonValue document_of(const std::string& expression) {
    JsonValue rule{JsonValue::Object{{"name", JsonValue{std::string("expr")}}, {"expression", JsonValue{expression}}}};
    return JsonValue{JsonValue::Object{{"type", JsonValue{std::string("event")}},
                                       {"name", JsonValue{std::string("expr")}},
                                       {"rules", JsonValue{JsonValue::Array{std::move(rule)}}}}};
}

/// Shows the results of one live evaluation as they come; false when the last one came.
class Shown {
public:
    Shown(const Context& context, std::string id, std::string name)
        : context_(context), id_(std::move(id)), name_(std::move(name)) {}

    bool operator()(const net::SseEvent& frame) {
        if (frame.type != "event") return true;
        const auto event = JsonValue::parse(frame.data);
        if (!event || (*event)["attributes"]["evaluationId"].text() != id_) return true;
        const auto reason = (*event)["reason"].text();
        const auto result = JsonValue::parse((*event)["message"].text());
        ended_ = reason != "EvaluationChanged";
        if (reason == "EvaluationCanceled" || reason == "EvaluationError") {
            passed_ = false;
            say(reason == "EvaluationCanceled"
                    ? "the evaluation was canceled"
                    : "the evaluation ended without a result: " + printable(result ? (*result)["error"].text() : ""));
        } else if (result) {
            show(*result);
        }
        return !ended_;
    }

    void show(const JsonValue& result) {
        const Verdict verdict{name_, "", result};
        passed_ = verdict.passed();
        const auto format = context_.format.value_or(Format::table);
        if (format == Format::table || format == Format::wide) {
            context_.out().write(report_of(verdict, false, context_.color()));
        } else {
            write_one(context_, Format::ndjson, result);
        }
        context_.out().flush();
    }

    bool passed() const { return passed_; }
    bool ended() const { return ended_; }

private:
    const Context& context_;
    const std::string id_;
    const std::string name_;
    bool passed_ = false;
    bool ended_ = false;
};

}  // namespace

Result<Exit> follow_evaluation(Context& context, ApiClient& api, const JudgeOptions& options,
                               const std::vector<std::string>& expressions, const std::vector<JsonValue>& documents) {
    if (expressions.size() + documents.size() != 1)
        return fail(Errc::bad_argument, "--follow follows one expression or document");
    const auto document = documents.empty() ? document_of(expressions.front()) : documents.front();
    ARK_TRY(const auto started, start_live(api, options, document));
    const auto name = document["metadata"]["name"].text(document["name"].text("evaluation"));
    Shown shown(context, std::string(started["id"].text()), std::string(name));

    Target target("/v1/stream");
    target.add("topics", "event")
        .add("view", "full")
        .add("reason", "EvaluationChanged,EvaluationComplete,EvaluationError,EvaluationCanceled");
    target.add("since", started["cursor"].text());
    Watchdog watchdog([&api] { api.raw().abort(); });
    if (context.timeout_given) watchdog.limit_total(context.timeout);
    StreamFollower follower(context, api.raw(), watchdog, target.text());
    ARK_TRY_STATUS(follower.run([&shown](const net::SseEvent& frame) { return shown(frame); }));
    if (!shown.ended()) {
        context.note("it goes on without you: ark eval cancel " + std::string(started["id"].text()));
        if (watchdog.cause() == Watchdog::Cause::signal) return Exit{128 + watchdog.signal()};
        return Exit::timeout;
    }
    return shown.passed() ? Exit::success : Exit::failed;
}

}  // namespace ark::cli
