#include "evaluations/event_log.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace ark::evaluations {
namespace {

bool is_named(const Event& event, std::string_view name) {
    return std::find(event.query_names.begin(), event.query_names.end(), name) != event.query_names.end();
}

/// What identifies the query of an event, as keys of one table: ids and names are different words.
std::vector<std::string> query_keys(const Event& event) {
    std::vector<std::string> keys;
    if (!event.query_id.empty()) keys.push_back("i" + event.query_id);
    for (const auto& name : event.query_names)
        keys.push_back("n" + name);
    return keys;
}

}  // namespace

EventLog::EventLog(std::vector<JsonValue> delivered) {
    std::unordered_set<std::string> seen;
    events_.reserve(delivered.size());
    for (auto& each : delivered) {
        auto event = normalise(std::move(each));
        if (!event.id.empty() && !seen.insert(event.id).second) continue;
        event.position = events_.size();
        events_.push_back(std::move(event));
    }
    link_sessions();
    order();
}

/// A name may be used again by a later query of another session, so an id counts before a name.
void EventLog::link_sessions() {
    std::unordered_map<std::string, std::string> sessions;
    for (const auto& event : events_) {
        if (event.session.empty()) continue;
        for (auto& key : query_keys(event))
            sessions.emplace(std::move(key), event.session);
    }
    for (auto& event : events_) {
        if (!event.session.empty()) continue;
        for (const auto& key : query_keys(event)) {
            const auto known = sessions.find(key);
            if (known == sessions.end()) continue;
            event.session = known->second;
            break;
        }
    }
}

void EventLog::order() {
    UnixNanos last;
    for (auto& event : events_) {
        if (event.time != UnixNanos{}) last = event.time;
        event.ordered_at = last;
    }
}

Events EventLog::select(const std::function<bool(const Event&)>& wanted) const {
    Events out;
    for (const auto& event : events_) {
        if (wanted(event)) out.push_back(&event);
    }
    return out;
}

/// Some events say only the id of their query, others only its name: those that say both connect them. An event with an
/// id of its own belongs to no other id, whatever its query is called.
std::function<bool(const Event&)> EventLog::belongs_to(std::string_view id_or_name) const {
    std::set<std::string, std::less<>> ids, names;
    for (const auto& event : events_) {
        if (event.query_id == id_or_name) names.insert(event.query_names.begin(), event.query_names.end());
        if (!event.query_id.empty() && is_named(event, id_or_name)) ids.insert(event.query_id);
    }
    return [id_or_name = std::string(id_or_name), ids = std::move(ids), names = std::move(names)](const Event& event) {
        if (event.query_id == id_or_name || is_named(event, id_or_name)) return true;
        if (!event.query_id.empty()) return ids.contains(event.query_id);
        return std::any_of(event.query_names.begin(), event.query_names.end(),
                           [&](const auto& name) { return names.contains(name); });
    };
}

Events EventLog::of_query(std::string_view id_or_name) const {
    return select(belongs_to(id_or_name));
}

std::string EventLog::session_of_query(std::string_view id_or_name) const {
    const auto belongs = belongs_to(id_or_name);
    for (const auto& event : events_) {
        if (!event.session.empty() && belongs(event)) return event.session;
    }
    return {};
}

Events in_time_order(Events events) {
    std::stable_sort(events.begin(), events.end(),
                     [](const Event* a, const Event* b) { return a->ordered_at < b->ordered_at; });
    return events;
}

}  // namespace ark::evaluations
