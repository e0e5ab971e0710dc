#include "judges/assessment.hpp"

#include "agents/execution.hpp"
#include "base/duration.hpp"
#include "judges/batch.hpp"
#include "judges/finding.hpp"
#include "judges/subject.hpp"
#include "judges/terms.hpp"
#include "judges/together.hpp"
#include "runs/attempt.hpp"
#include "runtime/sleep.hpp"

#include <map>

#include <fmt/format.h>

namespace ark::judges {
namespace {

namespace key = emit::key;
using codec::JsonValue;

constexpr std::chrono::milliseconds events_poll{500};
constexpr std::chrono::minutes broker_wait_max{59};  // it waits an hour at most
constexpr std::int64_t concurrency_default = 10;
constexpr std::size_t model_calls_max = 2 * examples_max;

/// What one golden example came to.
struct Verdict {
    Error error;
    bool judged = false;
    Judgement judgement;
};

/// Means by word: "easy" → 0.75.
class Means {
public:
    void add(const std::string& word, double score) {
        if (word.empty()) return;
        auto& [sum, count] = all_[word];
        sum += score;
        ++count;
    }
    void say(const std::string& prefix, Finding& finding) const {
        for (const auto& [word, mean] : all_)
            finding.say(prefix + word, score_text(mean.first / static_cast<double>(mean.second)));
    }

private:
    std::map<std::string, std::pair<double, std::size_t>> all_;
};

class EvaluationAssessment final : public Assessment {
public:
    EvaluationAssessment(const Services& services, resources::ResourcePtr evaluation, asio::any_io_executor executor)
        : services_(services),
          evaluation_(std::move(evaluation)),
          lookup_(services.runs.store),
          attempt_(services.runs, evaluation_, std::move(executor)) {}

    awaitable<void> go() override {
        auto ended = co_await attempt_.open();
        if (!ended) {
            co_await finish(failed(ended.error()));
            co_return;
        }
        if (*ended) {
            co_await finish(parse_finding(**ended));
            co_return;
        }
        co_await assess_to_the_end();
    }

    void cancel() override { attempt_.cancel(); }
    void suspend() override { attempt_.suspend(); }

private:
    const JsonValue& spec() const { return evaluation_->value["spec"]; }
    const JsonValue& config() const { return spec()["config"]; }
    std::string ns() const { return std::string(evaluation_->ns()); }
    std::string type() const { return std::string(spec()["type"].text("direct")); }

    awaitable<void> assess_to_the_end() {
        const auto begun = attempt_.log().begin("evaluation");
        co_await write_status(running_status(evaluation_->value, services_.runs.clock.now()));
        attempt_.start_clock(std::chrono::nanoseconds(services_.runs.clock.now() - begun.at));
        agents::Execution execution{.tracer = services_.runs.tracer, .steps = attempt_.log(), .stop = attempt_.stop()};
        execution.model_calls_left = model_calls_max;
        attempt_.executes(&execution);
        execution_ = &execution;
        auto operation = agents::start_lasting(execution, root(), operation_spec());
        context_ = operation.context();
        auto found = co_await assess();
        execution_ = nullptr;
        attempt_.executes(nullptr);
        attempt_.stop_clock();
        if (attempt_.is_suspended()) co_return;
        const auto error = found ? Error{} : found.error();
        auto finding = found ? std::move(*found) : failed(error);
        finding.usage += usage_;
        finding.nanos = services_.runs.clock.now() - begun.at;
        end_operation(operation, finding, error);
        co_await attempt_.record_end(finding_text(finding));
        co_await finish(std::move(finding));
    }

    /// Without the ids of what is judged: judging a query is no part of it, and moves neither its end nor its counts.
    emit::Context root() const {
        emit::Context context;
        context.span.trace_id = emit::trace_id_of(evaluation_->uid());
        return context;
    }

    emit::OperationSpec operation_spec() const {
        emit::OperationSpec operation;
        operation.span_name = fmt::format("evaluation.{}", evaluation_->name());
        // Of rules over events the broker tells, as of all that it evaluates.
        if (type() != "event") operation.operation = "Evaluation";
        operation.span_kind = "EVALUATOR";
        operation.path = "evaluation";
        operation.attributes.emplace_back(std::string(key::component), otlp::Value("evaluation"));
        operation.attributes.emplace_back("evaluation.type", otlp::Value(type()));
        operation.metadata = identity();
        return operation;
    }

    otlp::ValueMap identity() const {
        otlp::ValueMap metadata;
        metadata.emplace_back("evaluationId", otlp::Value(evaluation_->uid()));
        metadata.emplace_back("evaluationName", otlp::Value(evaluation_->name()));
        metadata.emplace_back("evaluator", otlp::Value("controller"));
        const auto query = config()["queryRef"]["name"].text();
        if (!query.empty()) metadata.emplace_back("evaluatedQuery", otlp::Value(query));
        return metadata;
    }

    void end_operation(emit::Operation& operation, const Finding& finding, const Error& error) {
        operation.say("totalTokens", otlp::Value(finding.usage.total));
        if (finding.phase == "canceled") return operation.cancel("canceled");
        if (finding.phase == "error") {
            const auto said = error.context.empty() ? fail(Errc::conflict, finding.message) : error;
            return operation.fail(said, agents::error_type_of(said));
        }
        operation.say("passed", otlp::Value(finding.passed));
        operation.say("score", otlp::Value(finding.score));
        operation.set(key::output, otlp::Value(score_text(finding.score)));
        operation.complete(result_text(evaluation_->value, finding));
    }

    Finding failed(const Error& error) const {
        Finding finding;
        finding.phase = attempt_.phase();
        const auto said = attempt_.said(error);
        finding.message = said.context.empty() ? said.message() : said.context;
        return finding;
    }

    awaitable<Result<Finding>> assess() {
        ARK_CO_TRY(terms_, co_await read_terms(lookup_, evaluation_));
        const auto kind = type();
        if (kind == "event") co_return co_await assess_events();
        if (kind == "batch") co_return co_await assess_batch();
        if (!terms_.address.empty()) co_return co_await ask_service();
        if (kind == "baseline") co_return co_await assess_baseline();
        ARK_CO_TRY(const auto exhibit, co_await exhibit_here());
        co_return co_await assess_one(exhibit);
    }

    /// Of direct what the resource says, of query what the query came to.
    awaitable<Result<Exhibit>> exhibit_here() {
        Exhibit exhibit;
        if (type() == "query") {
            ARK_CO_TRY(auto query, co_await query_here());
            std::string target(config()["queryRef"]["responseTarget"].text());
            ARK_CO_TRY(exhibit, co_await exhibit_of(lookup_, std::move(query), std::move(target)));
        } else {
            exhibit.input = config()["input"].text();
            exhibit.output = config()["output"].text();
        }
        exhibit.context = terms_.text({"context", "evaluation.context"});
        exhibit.expected = terms_.text({"expected-output", "expected_output", "expectedOutput"});
        co_return exhibit;
    }

    awaitable<Result<resources::ResourcePtr>> query_here() {
        const auto& reference = config()["queryRef"];
        std::string name(reference["name"].text());
        if (name.empty()) name = terms_.text({"query.name"});
        std::string where(reference["namespace"].text());
        if (where.empty()) where = terms_.text({"query.namespace"}, ns());
        if (name.empty()) co_return fail(Errc::bad_argument, "config.queryRef: which query?");
        auto stop = attempt_.stop();
        co_return co_await ended_query(lookup_, std::move(where), std::move(name), std::move(stop));
    }

    /// The Model that a parameter names, else the namespace's default.
    awaitable<Result<agents::Brain>> brain(std::string name) {
        auto where = terms_.text({"model.namespace", "model-namespace"}, ns());
        ARK_CO_TRY(auto model, co_await lookup_.get("Model", std::move(where), std::move(name)));
        runs::Overrides none;
        co_return co_await services_.runs.network.model(lookup_, std::move(model), std::move(none));
    }
    std::string model_name() const { return terms_.text({"model.name", "model-name", "model"}, "default"); }
    std::string judge_name() const { return terms_.text({"judge.model.name", "judge-model"}, model_name()); }

    awaitable<Result<Judgement>> judge(agents::Brain brain, Exhibit exhibit, std::string path) {
        const auto criteria = criteria_of(terms_.text({"scope", "criteria", "evaluation-criteria"}));
        auto request = judge_request(exhibit, criteria);
        ARK_CO_TRY(const auto reply,
                   co_await agents::call_model(*execution_, brain, context_, path, std::move(request), usage_));
        co_return parse_judgement(reply.message.content);
    }

    awaitable<Result<Finding>> assess_one(Exhibit exhibit) {
        ARK_CO_TRY(auto judge_brain, co_await brain(judge_name()));
        const auto model = judge_brain.model;
        ARK_CO_TRY(const auto judgement, co_await judge(std::move(judge_brain), std::move(exhibit), "/judge.0"));
        Finding finding;
        finding.score = judgement.score;
        finding.passed = judgement.score >= terms_.min_score;
        finding.say("reasoning", judgement.reasoning);
        if (judgement.passed) finding.say("judge_passed", *judgement.passed ? "true" : "false");
        for (const auto& [name, score] : judgement.criteria)
            finding.say("criteria_" + name, score_text(score));
        finding.say("model", model);
        finding.say("min_score_threshold", terms_.min_score_text);
        co_return finding;
    }

    awaitable<Result<Finding>> assess_baseline() {
        const auto said = terms_.text({"golden-examples", "golden_examples"});
        ARK_CO_TRY(const auto examples, read_examples(said));
        ARK_CO_TRY(const auto candidate, co_await brain(model_name()));
        ARK_CO_TRY(const auto judge_brain, co_await brain(judge_name()));
        std::vector<Verdict> verdicts(examples.size());
        std::function<awaitable<void>(std::size_t)> job = [&](std::size_t i) {
            return judge_example(candidate, judge_brain, examples[i], i, verdicts[i]);
        };
        const auto width = config()["concurrency"].integer(concurrency_default);
        co_await together(examples.size(), static_cast<std::size_t>(width), std::move(job));
        co_return baseline_finding(examples, verdicts);
    }

    awaitable<void> judge_example(const agents::Brain& candidate, const agents::Brain& judge_brain,
                                  const Example& example, std::size_t index, Verdict& verdict) {
        llm::ChatRequest request;
        request.messages.emplace_back();
        request.messages.back().content = example.input;
        auto reply = co_await agents::call_model(*execution_, candidate, context_, fmt::format("/example.{}", index),
                                                 std::move(request), usage_);
        if (!reply) {
            verdict.error = reply.error();
            co_return;
        }
        Exhibit exhibit;
        exhibit.input = example.input;
        exhibit.output = reply->message.content;
        exhibit.expected = example.expected;
        auto judged = co_await judge(judge_brain, std::move(exhibit), fmt::format("/judge.{}", index));
        if (!judged) {
            verdict.error = judged.error();
            co_return;
        }
        verdict.judged = true;
        verdict.judgement = std::move(*judged);
    }

    /// An example that could not be judged ends the whole: a mean without it would be of something else.
    Result<Finding> baseline_finding(const std::vector<Example>& examples, const std::vector<Verdict>& verdicts) const {
        Finding finding;
        Means categories, difficulties;
        double sum = 0;
        std::size_t passed = 0;
        for (std::size_t i = 0; i < examples.size(); ++i) {
            if (!verdicts[i].judged) return prefix(verdicts[i].error, fmt::format("golden example {}", i + 1));
            const auto score = verdicts[i].judgement.score;
            sum += score;
            if (score >= terms_.min_score) ++passed;
            categories.add(examples[i].category, score);
            difficulties.add(examples[i].difficulty, score);
        }
        finding.score = sum / static_cast<double>(examples.size());
        finding.passed = finding.score >= terms_.min_score;
        finding.say("total_examples", std::to_string(examples.size()));
        finding.say("passed_examples", std::to_string(passed));
        finding.say("average_score", score_text(finding.score));
        categories.say("category_", finding);
        difficulties.say("difficulty_", finding);
        for (std::size_t i = 0; i < examples.size(); ++i)
            finding.say(fmt::format("example_{}_score", i), score_text(verdicts[i].judgement.score));
        finding.say("min_score_threshold", terms_.min_score_text);
        return finding;
    }

    awaitable<Result<Finding>> assess_batch() {
        ARK_CO_TRY(auto children, co_await children_of(services_.runs.store, evaluation_));
        std::function<awaitable<void>()> told = [&]() { return tell_progress(children); };
        auto stop = attempt_.stop();
        const auto ran =
            co_await run_children(services_.runs.store, evaluation_, children, std::move(told), std::move(stop));
        if (!ran) {
            if (!attempt_.is_suspended()) co_await cancel_children(services_.runs.store, children);
            co_return ran.error();
        }
        co_return finding_of(children, config()["continueOnFailure"].boolean());
    }

    awaitable<void> tell_progress(const std::vector<Child>& children) {
        const auto so_far = finding_of(children, true);
        auto metadata = identity();
        metadata.emplace_back("passed", otlp::Value(so_far.passed));
        metadata.emplace_back("score", otlp::Value(so_far.score));
        services_.runs.tracer.event(context_, "EvaluationChanged", result_text(evaluation_->value, so_far),
                                    std::move(metadata));
        co_await write_status(progress_status(progress_of(children)));
    }

    /// Rules over events are the broker's: it has the events. Those of the query may still be on their way to it.
    awaitable<Result<Finding>> assess_events() {
        if (services_.broker.empty())
            co_return fail(Errc::config, "the controller knows no broker (--broker), which has the events");
        ARK_CO_TRY(auto body, co_await event_request());
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(attempt_.timeout());
        for (;;) {
            auto text = body.dump();
            auto stop = attempt_.stop();
            auto answer = co_await services_.remote.post(services_.broker + "/v1/evaluations", std::move(text), wait,
                                                         std::move(stop));
            const bool later =
                answer ? answer->status == 404 || answer->status == 503 : is_retryable(answer.error().code);
            if (!later) {
                if (!answer) co_return answer.error();
                co_return event_finding(*answer);
            }
            ARK_CO_TRY_STATUS(co_await runtime::sleep_for(events_poll, attempt_.stop()));
        }
    }

    awaitable<Result<JsonValue>> event_request() {
        JsonValue request{JsonValue::Object{}};
        std::string query(config()["queryRef"]["name"].text());
        if (query.empty()) query = terms_.text({"query.name"});
        if (!query.empty()) {
            const std::string where(config()["queryRef"]["namespace"].text(ns()));
            auto known = co_await lookup_.get("Query", where, query);
            // The name may have been used before; the uid is this one. Of a query that we do not run, the name it is.
            if (known) query = (*known)->uid();
            request.set("query", JsonValue{query});
            const auto wait = std::min<std::chrono::nanoseconds>(attempt_.timeout(), broker_wait_max);
            request.set("wait", JsonValue{to_text(std::chrono::ceil<std::chrono::milliseconds>(wait))});
        }
        if (const auto session = terms_.text({"sessionId"}); !session.empty())
            request.set("session", JsonValue{session});
        if (query.empty() && request["session"].is_null())
            co_return fail(Errc::bad_argument, "missing_query_context: no query and no session is named");
        JsonValue document{JsonValue::Object{{"name", JsonValue{std::string(evaluation_->name())}},
                                             {"type", JsonValue{std::string("event")}},
                                             {"rules", config()["rules"]},
                                             {"parameters", terms_.parameters}}};
        request.set("evaluation", std::move(document));
        co_return request;
    }

    static Result<Finding> event_finding(const Remote::Answer& answer) {
        const auto& body = answer.body;
        if (answer.status / 100 != 2) {
            return fail(Errc::bad_payload, fmt::format("the broker answers {}: {}", answer.status,
                                                       body["detail"].text(body["title"].text("no reason given"))));
        }
        Finding finding;
        finding.score = std::strtod(std::string(body["score"].text("0")).c_str(), nullptr);
        finding.passed = body["passed"].boolean();
        for (const auto& [name, value] : body["metadata"].object())
            finding.say(name, std::string(value.text()));
        finding.say("broker_evaluation", std::string(body["id"].text()));
        finding.rules = body["rules"];
        return finding;
    }

    /// An Evaluator with an address: its service judges (the reference's contract, POST /evaluate).
    awaitable<Result<Finding>> ask_service() {
        auto asked = config();
        if (type() != "baseline") {
            ARK_CO_TRY(const auto exhibit, co_await exhibit_here());
            asked.set("input", JsonValue{exhibit.input});
            asked.set("output", JsonValue{exhibit.output});
        }
        JsonValue request{JsonValue::Object{{"type", JsonValue{type()}},
                                            {"config", std::move(asked)},
                                            {"parameters", terms_.parameters},
                                            {"evaluatorName", JsonValue{terms_.evaluator}}}};
        auto url = terms_.address;
        while (!url.empty() && url.back() == '/')
            url.pop_back();
        if (!url.ends_with("/evaluate")) url += "/evaluate";
        auto text = request.dump();
        auto stop = attempt_.stop();
        const auto wait = std::chrono::ceil<std::chrono::milliseconds>(attempt_.timeout());
        auto answer = co_await services_.evaluators.post(std::move(url), std::move(text), wait, std::move(stop));
        if (!answer) co_return prefix(answer.error(), "evaluator " + terms_.evaluator);
        co_return service_finding(*answer);
    }

    Result<Finding> service_finding(const Remote::Answer& answer) const {
        const auto where = "evaluator " + terms_.evaluator;
        const auto& body = answer.body;
        if (answer.status / 100 != 2)
            return fail(Errc::bad_payload, fmt::format("{} answers {}", where, answer.status));
        if (const auto error = body["error"].text(); !error.empty())
            return fail(Errc::bad_payload, fmt::format("{}: {}", where, error));
        const std::string said = body["score"].is_string() ? std::string(body["score"].text()) : body["score"].dump();
        char* end = nullptr;
        Finding finding;
        finding.score = std::strtod(said.c_str(), &end);
        if (said.empty() || *end != '\0' || !(finding.score >= 0 && finding.score <= 1))
            return fail(Errc::bad_payload, where + ": its score is no number from 0 to 1");
        finding.passed = body["passed"].is_null() ? finding.score >= terms_.min_score : body["passed"].boolean();
        for (const auto& [name, value] : body["metadata"].object())
            finding.say(name, value.is_string() ? std::string(value.text()) : value.dump());
        const auto& usage = body["tokenUsage"];
        finding.usage.prompt = usage["promptTokens"].integer();
        finding.usage.completion = usage["completionTokens"].integer();
        finding.usage.total = usage["totalTokens"].integer();
        return finding;
    }

    awaitable<void> finish(Finding finding) {
        co_await attempt_.write(resources::Part::main, annotations_patch(finding));
        co_await write_status(final_status(evaluation_->value, finding, services_.runs.clock.now()));
    }

    awaitable<void> write_status(JsonValue status) {
        return attempt_.write(resources::Part::status, std::move(status));
    }

    const Services services_;
    const resources::ResourcePtr evaluation_;
    runs::Lookup lookup_;
    Terms terms_;
    agents::Execution* execution_ = nullptr;  // while it is assessed
    emit::Context context_;                   // of its span
    agents::TokenUsage usage_;
    runs::Attempt attempt_;
};

}  // namespace

std::unique_ptr<Assessment> Assessment::create(const Services& services, resources::ResourcePtr evaluation,
                                               asio::any_io_executor executor) {
    return std::make_unique<EvaluationAssessment>(services, std::move(evaluation), std::move(executor));
}

}  // namespace ark::judges
