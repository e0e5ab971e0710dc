#include "evaluations/runner.hpp"

#include "evaluations/filter_json.hpp"
#include "evaluations/result_json.hpp"

namespace ark::evaluations {

Result<Runner> Runner::create(const RunnerDeps& deps, std::string tenant, Request request) {
    Runner runner(deps, std::move(tenant), std::move(request));
    ARK_TRY(runner.filter_, read_filter(runner.request_.filter));
    if (runner.request_.definition) runner.evaluation_.emplace(*runner.request_.definition);
    return runner;
}

Status Runner::check_subject() const {
    const auto& subject = request_.subject;
    if (!subject.query.empty()) {
        ARK_TRY(const auto row, deps_.views.query(tenant_, subject.query));
        if (!row) return fail(Errc::not_found, "no query has the id or name '" + subject.query + "'");
    }
    if (!subject.session.empty()) {
        ARK_TRY(const auto row, deps_.views.session(tenant_, subject.session));
        if (!row) return fail(Errc::not_found, "no session has the id '" + subject.session + "'");
    }
    return ok();
}

JournalSource Runner::source(Offset at) const {
    // Only what a filter finds has no natural beginning.
    const auto& subject = request_.subject;
    const bool by_filter = subject.query.empty() && subject.session.empty();
    Place place{tenant_, {deps_.journal.epoch(), at}, by_filter ? from_ : Offset{}};
    return {deps_.views, deps_.journal, std::move(place), subject, filter_, deps_.limits};
}

Result<JsonValue> Runner::run_expression() const {
    const auto at = deps_.views.folded();
    auto events = source(at);
    Evaluator evaluator(events, request_.subject, deps_.clock, deps_.budget);
    ARK_TRY(const auto outcome, evaluator.evaluate(compile(request_.expression)));
    auto out = json_of(outcome, Explain::yes);
    out.set("cursor", JsonValue{Cursor{deps_.journal.epoch(), at}.text()});
    return out;
}

Result<EvaluationResult> Runner::run_evaluation(Offset at) const {
    auto events = source(at);
    Evaluator evaluator(events, request_.subject, deps_.clock, deps_.budget);
    return evaluation_->run(evaluator, request_.fail_fast ? Evaluation::OnFailure::stop : Evaluation::OnFailure::go_on);
}

Record Runner::record(Record::Kind kind, const std::string& id) const {
    Record record;
    record.kind = kind;
    record.id = id;
    record.name = evaluation_->definition().name;
    record.subject = request_.subject;
    return record;
}

}  // namespace ark::evaluations
