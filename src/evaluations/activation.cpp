#include "evaluations/activation.hpp"

namespace ark::evaluations {
namespace {

using expr::Value;

constexpr std::size_t walks_max = 64;  // of one run; a nested macro walks once for each element

}  // namespace

void Run::begin() {
    current_ = nullptr;
    walks_.clear();
    kept_.clear();
    calls_.clear();
    helper_evidence_.clear();
    failure_.reset();
}

std::optional<Value> Run::variable(std::uint32_t, expr::Evaluation& evaluation) const {
    if (current_ == nullptr) {
        const auto events = scoped_.in_log_order(Scope::current);
        if (!events) {
            fail(events.error());
            return evaluation.fail(expr::Code::budget_exceeded, events.error().context);
        }
        current_ = *events;
    }
    return Value::list(list_);
}

Value Run::value_of(const Event& event, expr::Evaluation& evaluation) const {
    return view_of(event.value, evaluation);
}

void Run::note(HelperCall call, const Evidence& evidence) const {
    helper_evidence_.add(evidence.events());
    if (calls_.size() < calls_max) calls_.push_back(std::move(call));
}

Evidence Run::evidence() const {
    auto evidence = helper_evidence_;
    for (const auto& walk : walks_) {
        const bool stopped = walk.last + 1 < current_->size();
        for (auto i = stopped ? walk.last : walk.first; i <= walk.last; ++i)
            evidence.add(*(*current_)[i]);
    }
    return evidence;
}

Value Run::List::at(std::size_t index, expr::Evaluation& evaluation) const {
    auto& walks = run_.walks_;
    if (!walks.empty() && walks.back().last + 1 == index) {
        walks.back().last = index;
    } else if (walks.size() < walks_max) {
        walks.push_back({index, index});
    }
    return run_.value_of(*(*run_.current_)[index], evaluation);
}

std::vector<std::string> ids_of(const Events& events) {
    std::vector<std::string> ids;
    for (const auto* event : events)
        ids.push_back(event->id.empty() ? "#" + std::to_string(event->position) : event->id);
    return ids;
}

}  // namespace ark::evaluations
