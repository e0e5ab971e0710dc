#pragma once
#include "evaluations/helpers/family.hpp"
#include "evaluations/scope.hpp"
#include "evaluations/values.hpp"
#include "expr/program.hpp"

#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace ark::evaluations {

/// One call of a helper while an expression ran: for explanations.
struct HelperCall {
    std::string text;              ///< "tool.was_called('search')"
    JsonValue value;               ///< null for an error
    std::vector<std::string> ids;  ///< of the events that decided it, at most Evidence::events_max
    std::size_t events = 0;        ///< how many there were
};

/// What an expression sees while it runs, and what it looked at. One run at a time; one thread.
class Run final : public expr::Activation {
public:
    /// `scoped` outlives us.
    explicit Run(ScopedEvents& scoped) : scoped_(scoped), list_(*this) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

    /// Forgets what the last expression looked at.
    void begin();

    std::optional<expr::Value> variable(std::uint32_t slot, expr::Evaluation& evaluation) const override;

    // For helpers, which get us as const.
    ScopedEvents& scoped() const { return scoped_; }
    /// An event as expressions see it; looking into it is noted.
    expr::Value value_of(const Event& event, expr::Evaluation& evaluation) const;
    /// Keeps a helper's result alive as long as the run.
    const JsonValue& keep(JsonValue json) const { return kept_.emplace_back(std::move(json)); }
    void note(HelperCall call, const Evidence& evidence) const;
    /// The events could not be read: the expression's own error only says so.
    void fail(const Error& error) const { failure_ = error; }

    const std::vector<HelperCall>& calls() const { return calls_; }
    const std::optional<Error>& failure() const { return failure_; }
    /// The events that decided: those of the helpers that were called; of walks over `events` the one where exists()
    /// or all() stopped, else all that were looked at.
    Evidence evidence() const;

    static constexpr std::size_t calls_max = 50;  ///< kept of one run

private:
    /// `events`: the current scope in log order.
    class List final : public expr::HostList {
    public:
        explicit List(const Run& run) : run_(run) {}
        std::size_t size() const override { return run_.current_ == nullptr ? 0 : run_.current_->size(); }
        expr::Value at(std::size_t index, expr::Evaluation& evaluation) const override;

    private:
        const Run& run_;
    };
    /// One walk over `events`: how far it came.
    struct Walk {
        std::size_t first = 0;
        std::size_t last = 0;
    };

    ScopedEvents& scoped_;
    List list_;
    // What a run notes while expressions, which see it as const, look at it.
    mutable const Events* current_ = nullptr;
    mutable std::vector<Walk> walks_;
    mutable std::deque<JsonValue> kept_;
    mutable std::vector<HelperCall> calls_;
    mutable Evidence helper_evidence_;
    mutable std::optional<Error> failure_;
};

/// The ids of events, or their places in the log where they have none ("#3").
std::vector<std::string> ids_of(const Events& events);

}  // namespace ark::evaluations
