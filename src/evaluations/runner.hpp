#pragma once
#include "evaluations/journal_source.hpp"
#include "evaluations/record.hpp"
#include "evaluations/request.hpp"

#include <optional>
#include <string>

namespace ark::evaluations {

/// What runs need. Everything referenced outlives them.
struct RunnerDeps {
    views::Views& views;
    journal::Journal& journal;
    const Clock& clock;
    ReadLimits limits;
    Budget budget;
};

/// A request, compiled once, that can be run over any snapshot. One thread at a time.
class Runner {
public:
    /// Errors: bad_argument, when the filter is none.
    static Result<Runner> create(const RunnerDeps& deps, std::string tenant, Request request);

    const Request& request() const { return request_; }
    const std::string& tenant() const { return tenant_; }
    const std::optional<Evaluation>& evaluation() const { return evaluation_; }
    /// Nothing before this offset counts, for subjects by filter: where a live evaluation began.
    void begin_at(Offset from) { from_ = from; }

    /// not_found: the views know no such query or session. Blocks.
    Status check_subject() const;
    /// One expression: {"value"} or {"error"}, with evidence and steps. Blocks.
    Result<JsonValue> run_expression() const;
    /// The evaluation over everything before `at`. Blocks.
    Result<EvaluationResult> run_evaluation(Offset at) const;

    /// A record of ours about this evaluation.
    Record record(Record::Kind kind, const std::string& id) const;

private:
    Runner(const RunnerDeps& deps, std::string tenant, Request request)
        : deps_(deps), tenant_(std::move(tenant)), request_(std::move(request)) {}
    JournalSource source(Offset at) const;

    RunnerDeps deps_;
    std::string tenant_;
    Request request_;
    std::optional<Evaluation> evaluation_;
    items::Filter filter_;
    Offset from_;
};

}  // namespace ark::evaluations
