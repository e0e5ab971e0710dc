#pragma once
#include "base/result.hpp"
#include "evaluations/event_log.hpp"

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ark::evaluations {

/// What an evaluation is about. Empty text: not given.
struct Subject {
    std::string query;  ///< id or name
    std::string session;
    std::string namespace_;  ///< of the query; told, not matched: tenants are kept apart below us
};

/// Which events a helper looks at.
enum class Scope {
    current,  ///< of the subject's query and, if a session was given, of that session; without a query, of the session
    session,  ///< of the subject's session, else of its query's session; without one the same as current
    query,    ///< of one query, whatever the session
    all,      ///< everything there is
};

/// "current", "session", "query", "all"; nothing for another word.
std::optional<Scope> parse_scope(std::string_view word);

/// Where the events of an evaluation come from: one snapshot, whoever asks and how often. Not thread-safe.
class EventSource {
public:
    virtual ~EventSource() = default;
    /// A log that has at least the events of the subject, of a query (id or name), of a session, or all there are.
    /// It lives as long as the source. Errors: too_large beyond what one evaluation may read; those of the journal.
    virtual Result<const EventLog*> of_subject() = 0;
    virtual Result<const EventLog*> of_query(std::string_view id_or_name) = 0;
    virtual Result<const EventLog*> of_session(std::string_view id) = 0;
    virtual Result<const EventLog*> all() = 0;
};

/// Everything is in one log: a file's.
class OneLog final : public EventSource {
public:
    explicit OneLog(std::vector<JsonValue> delivered) : log_(std::move(delivered)) {}
    const EventLog& log() const { return log_; }
    Result<const EventLog*> of_subject() override { return &log_; }
    Result<const EventLog*> of_query(std::string_view) override { return &log_; }
    Result<const EventLog*> of_session(std::string_view) override { return &log_; }
    Result<const EventLog*> all() override { return &log_; }

private:
    EventLog log_;
};

/// The events of each scope, chosen once.
class ScopedEvents {
public:
    /// `source` outlives us.
    ScopedEvents(EventSource& source, Subject subject) : source_(source), subject_(std::move(subject)) {}

    const Subject& subject() const { return subject_; }
    /// Whether the scope lacks the query that it is about.
    bool lacks_query(Scope scope, std::string_view query_id) const {
        return scope == Scope::query && query_id.empty() && subject_.query.empty();
    }
    /// In log order. `query_id`: another query than the subject's; with Scope::current all of that query. The events
    /// live as long as the source, the list as long as this object.
    Result<const Events*> in_log_order(Scope scope, std::string_view query_id = {});
    Result<const Events*> in_time_order(Scope scope, std::string_view query_id = {});

private:
    struct Chosen {
        Scope scope;
        std::string query_id;
        Events log_order;
        Events time_order;
    };
    Result<Chosen*> choose(Scope scope, std::string_view query_id);
    Result<Events> pick(Scope scope, std::string_view query_id);
    Result<Events> pick_current();
    Result<Events> pick_query(std::string_view id_or_name);
    Result<Events> pick_session(std::string_view query_id);

    EventSource& source_;
    const Subject subject_;
    std::deque<Chosen> chosen_;  // a handful: scopes times the queries that the expressions name
};

}  // namespace ark::evaluations
