#include "evaluations/live.hpp"

#include "evaluations/result_json.hpp"
#include "telemetry/log.hpp"

#include <algorithm>

namespace ark::evaluations {
namespace {

/// What makes two results the same to those who follow: verdicts, values and errors, not which events decided.
std::string face_of(const EvaluationResult& result) {
    auto face = score_text(result.score) + (result.passed ? "+" : "-");
    for (const auto& rule : result.rules) {
        face += rule.passed ? '+' : '-';
        face += rule.outcome.problem ? rule.outcome.problem->code : rule.outcome.value.dump();
    }
    return face;
}

bool has_ended(views::State state) {
    return state == views::State::done || state == views::State::error || state == views::State::canceled;
}

JsonValue error_body(const Error& error) {
    return JsonValue{JsonValue::Object{{"error", JsonValue{error.context}}}};
}

}  // namespace

Status Live::add(std::string id, Runner runner, UnixNanos until) {
    const std::lock_guard lock(mutex_);
    if (count_ >= config_.live_max) return fail(Errc::overloaded, "too many evaluations are live");
    ++count_;
    fresh_.emplace_back(std::move(id), std::move(runner), until);
    return ok();
}

std::size_t Live::size() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

void Live::cancel(std::string tenant, std::string id) {
    const std::lock_guard lock(mutex_);
    unwanted_.emplace(std::move(tenant), std::move(id));
}

std::optional<std::chrono::nanoseconds> Live::step() {
    std::set<std::pair<std::string, std::string>> unwanted;
    {
        const std::lock_guard lock(mutex_);
        tasks_.splice(tasks_.end(), fresh_);
        unwanted.swap(unwanted_);
    }
    std::optional<std::chrono::nanoseconds> next;
    for (auto task = tasks_.begin(); task != tasks_.end();) {
        const auto now = clock_.monotonic_nanos();
        if (unwanted.count({task->runner.tenant(), task->id}) > 0) task->unwanted = true;
        if ((task->unwanted ? call_off(*task) : now >= task->due ? run(*task) : Next::again) == Next::over) {
            task = tasks_.erase(task);
            const std::lock_guard lock(mutex_);
            --count_;
            continue;
        }
        const auto wait = std::chrono::nanoseconds(task->due > now ? task->due - now : 0);
        next = next ? std::min(*next, wait) : wait;
        ++task;
    }
    return next;
}

Live::Next Live::call_off(const Task& task) {
    auto record = task.runner.record(Record::Kind::canceled, task.id);
    record.body = "canceled";
    return append(task, std::move(record)) ? Next::over : Next::again;
}

Live::Next Live::run(Task& task) {
    const auto begun = clock_.monotonic_nanos();
    const auto& subject = task.runner.request().subject;
    bool ends = clock_.now() >= task.until;
    std::optional<Offset> rev;
    if (!subject.query.empty()) {
        const auto row = views_.query(task.runner.tenant(), subject.query);
        if (row && *row) {
            rev = (*row)->rev;
            ends = ends || has_ended((*row)->state);
        }
    }
    // Read behind the row: a run never sees less than the row that made it due.
    const auto at = views_.folded();
    const bool nothing_new = subject.query.empty() ? task.seen == at : task.seen && task.rev == rev;
    auto next = Next::again;
    if (ends || !nothing_new) next = conclude(task, task.runner.run_evaluation(at), ends);
    task.seen = at;
    task.rev = rev;
    const auto now = clock_.monotonic_nanos();
    const auto rest =
        std::max<std::uint64_t>(static_cast<std::uint64_t>(std::chrono::nanoseconds(config_.interval_min).count()),
                                (now - begun) * config_.rest_factor);
    task.due = now + rest;
    return next;
}

Live::Next Live::conclude(Task& task, const Result<EvaluationResult>& result, bool ends) {
    if (!result) {
        auto record = task.runner.record(Record::Kind::failed, task.id);
        record.body = error_body(result.error()).dump();
        return append(task, std::move(record)) ? Next::over : Next::again;
    }
    const auto face = face_of(*result);
    if (!ends && face == task.face) return Next::again;
    auto record = task.runner.record(ends ? Record::Kind::done : Record::Kind::changed, task.id);
    record.passed = result->passed;
    record.score = result->score;
    record.has_previous = task.has_result;
    record.previous_passed = task.passed;
    record.previous_score = task.score;
    auto body = json_of(*result, task.runner.request().explain ? Explain::yes : Explain::no);
    body.set("id", JsonValue{task.id});
    body.set("state", JsonValue{std::string(ends ? "done" : "running")});
    record.body = body.dump();
    if (!append(task, std::move(record))) return Next::again;
    task.face = face;
    task.has_result = true;
    task.passed = result->passed;
    task.score = result->score;
    return ends ? Next::over : Next::again;
}

bool Live::append(const Task& task, Record record) {
    const auto receipt = append_and_wait(journal_, batch_of(record, task.runner.tenant(), clock_.now()));
    if (!receipt) {
        telemetry::log(telemetry::LogLevel::warn, "evaluations", "a result could not be recorded; tried again",
                       {{"evaluation", task.id}, {"cause", receipt.error().context}});
    }
    return receipt.has_value();
}

}  // namespace ark::evaluations
