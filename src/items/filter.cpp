#include "items/filter.hpp"

#include <algorithm>

namespace ark::items {
namespace {

/// True for an unset criterion, and where the item's own word or its surroundings' says it.
bool says(const std::string& wanted, std::string_view own, std::string_view around = {}) {
    return wanted.empty() || wanted == own || (!around.empty() && wanted == around);
}

/// The trace's session, once known, is the item's session, whatever weaker word the item itself has.
bool in_session(const std::string& wanted, const model::Facts& facts, const Context& context) {
    return wanted.empty() ||
           wanted == (context.session_id.empty() ? facts.session_id : std::string_view(context.session_id));
}

bool in_query(const std::string& wanted, const model::Facts& facts, const Context& context) {
    return says(wanted, facts.query_id, context.query_id) || says(wanted, facts.query_name, context.query_name);
}

/// The agent or team that the item is about, or, where it does not say, the one it happened in.
bool by(const std::string& wanted, std::string_view own, std::string_view around) {
    return wanted.empty() || wanted == (own.empty() ? around : own);
}

bool matches_item(const Filter& filter, const Item& item, const Context& context) {
    const auto& facts = item.facts;
    return in_session(filter.session, facts, context) && in_query(filter.query, facts, context) &&
           (!filter.trace || *filter.trace == item.trace_id) && by(filter.agent, facts.agent, context.agent) &&
           by(filter.team, facts.team, context.team) && says(filter.tool, facts.tool) &&
           says(filter.model, facts.model) && (!filter.component || *filter.component == facts.kind);
}

bool in_time(const Filter& filter, UnixNanos time) {
    return time >= filter.from && (filter.until == UnixNanos{} || time < filter.until);
}

bool reason_is(std::string_view wanted, std::string_view canonical, std::string_view as_sent) {
    if (wanted.ends_with('*')) {
        wanted.remove_suffix(1);
        return canonical.starts_with(wanted) || as_sent.starts_with(wanted);
    }
    if (wanted == canonical || wanted == as_sent) return true;
    const auto* entry = model::find_reason(wanted);  // an alias of what the item is called
    return entry != nullptr && entry->name == canonical;
}

bool any_reason(const Filter& filter, std::string_view canonical, std::string_view as_sent) {
    return filter.reasons.empty() ||
           std::any_of(filter.reasons.begin(), filter.reasons.end(),
                       [&](const std::string& wanted) { return reason_is(wanted, canonical, as_sent); });
}

void append(std::string& key, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    // Length first: no value can imitate the next field.
    key.append(name).append(std::to_string(value.size())).append(":").append(value).append(";");
}

}  // namespace

bool Filter::empty() const {
    return session.empty() && query.empty() && !trace && agent.empty() && team.empty() && tool.empty() &&
           model.empty() && reasons.empty() && !component && !failed && from == UnixNanos{} && until == UnixNanos{} &&
           !expression;
}

std::string Filter::key() const {
    std::string key;
    append(key, "s", session);
    append(key, "q", query);
    if (trace) append(key, "t", trace->hex());
    append(key, "a", agent);
    append(key, "e", team);
    append(key, "o", tool);
    append(key, "m", model);
    auto sorted = reasons;
    std::sort(sorted.begin(), sorted.end());
    sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
    for (const auto& reason : sorted)
        append(key, "r", reason);
    if (component) append(key, "c", name(*component));
    if (failed) append(key, "f", *failed ? "1" : "0");
    if (from != UnixNanos{}) append(key, "g", std::to_string(from.value()));
    if (until != UnixNanos{}) append(key, "u", std::to_string(until.value()));
    if (expression) append(key, "x", expression->text());
    return key;
}

bool matches_event(const Filter& filter, const Event& event, const Context& context) {
    if (!in_time(filter, event.time) || (filter.failed && *filter.failed != event.failed)) return false;
    if (!matches_item(filter, *event.item, context)) return false;
    const auto as_sent = event.part == Event::Part::sent ? event.item->reason_as_sent : event.reason;
    return any_reason(filter, event.reason, as_sent) &&
           (!filter.expression || filter.expression->matches(event, context));
}

bool matches_other(const Filter& filter, const Item& item, const Context& context) {
    return in_time(filter, item.time) && (!filter.failed || *filter.failed == item.failed) &&
           matches_item(filter, item, context) &&
           (!filter.expression || filter.expression->matches_item(item, context));
}

bool has_reason(const Filter& filter, const Item& span) {
    bool found = filter.reasons.empty();
    if (found) return true;
    for_each_event(span, true,
                   [&](const Event& event) { found = found || any_reason(filter, event.reason, event.reason); });
    return found;
}

}  // namespace ark::items
