#include "evaluations/scope.hpp"

#include <algorithm>

namespace ark::evaluations {
namespace {

Events of_session(const EventLog& log, std::string_view session) {
    return log.select([&](const Event& event) { return event.session == session; });
}

}  // namespace

std::optional<Scope> parse_scope(std::string_view word) {
    if (word == "current") return Scope::current;
    if (word == "session") return Scope::session;
    if (word == "query") return Scope::query;
    if (word == "all") return Scope::all;
    return std::nullopt;
}

Result<const Events*> ScopedEvents::in_log_order(Scope scope, std::string_view query_id) {
    ARK_TRY(auto* chosen, choose(scope, query_id));
    return &chosen->log_order;
}

Result<const Events*> ScopedEvents::in_time_order(Scope scope, std::string_view query_id) {
    ARK_TRY(auto* chosen, choose(scope, query_id));
    return &chosen->time_order;
}

Result<ScopedEvents::Chosen*> ScopedEvents::choose(Scope scope, std::string_view query_id) {
    const auto known = std::find_if(chosen_.begin(), chosen_.end(), [&](const Chosen& chosen) {
        return chosen.scope == scope && chosen.query_id == query_id;
    });
    if (known != chosen_.end()) return &*known;
    ARK_TRY(auto events, pick(scope, query_id));
    auto ordered = evaluations::in_time_order(events);
    chosen_.push_back({scope, std::string(query_id), std::move(events), std::move(ordered)});
    return &chosen_.back();
}

Result<Events> ScopedEvents::pick(Scope scope, std::string_view query_id) {
    switch (scope) {
        case Scope::current:
            return query_id.empty() ? pick_current() : pick_query(query_id);
        case Scope::query:
            return pick_query(query_id.empty() ? subject_.query : query_id);
        case Scope::session:
            return pick_session(query_id);
        case Scope::all:
            break;
    }
    ARK_TRY(const auto* log, source_.all());
    return log->select([](const Event&) { return true; });
}

Result<Events> ScopedEvents::pick_current() {
    ARK_TRY(const auto* log, source_.of_subject());
    const auto& session = subject_.session;
    if (subject_.query.empty()) {
        return session.empty() ? log->select([](const Event&) { return true; }) : of_session(*log, session);
    }
    auto events = log->of_query(subject_.query);
    // An event of the query that says no session is not of another one.
    std::erase_if(events, [&](const Event* event) {
        return !session.empty() && !event->session.empty() && event->session != session;
    });
    return events;
}

Result<Events> ScopedEvents::pick_query(std::string_view id_or_name) {
    ARK_TRY(const auto* log, source_.of_query(id_or_name));
    return log->of_query(id_or_name);
}

Result<Events> ScopedEvents::pick_session(std::string_view query_id) {
    auto session = query_id.empty() ? subject_.session : std::string{};
    const auto query = query_id.empty() ? std::string_view(subject_.query) : query_id;
    if (session.empty() && !query.empty()) {
        ARK_TRY(const auto* log, source_.of_query(query));
        session = log->session_of_query(query);
    }
    if (session.empty()) return query_id.empty() ? pick_current() : pick_query(query_id);
    ARK_TRY(const auto* log, source_.of_session(session));
    return of_session(*log, session);
}

}  // namespace ark::evaluations
