#include "evaluations/helpers/sequence.hpp"

#include "codec/json_text.hpp"

#include <algorithm>

namespace ark::evaluations::sequence {
namespace {

Reasons canonical(const Reasons& reasons) {
    Reasons out;
    for (const auto& reason : reasons)
        out.push_back(canonical_reason(reason));
    return out;
}

using Place = Events::const_iterator;

Place find(Place begin, Place end, const std::string& canonical_reason) {
    return std::find_if(begin, end, [&](const Event* event) { return event->canonical == canonical_reason; });
}

bool is_at(Place place, const Reasons& reasons) {
    return std::all_of(reasons.begin(), reasons.end(),
                       [&](const std::string& reason) { return (*place++)->canonical == reason; });
}

bool occur_in_a_row(const Events& events, const Reasons& reasons, Evidence& evidence) {
    const auto length = static_cast<std::ptrdiff_t>(reasons.size());
    for (auto place = events.begin(); events.end() - place >= length; ++place) {
        if (!is_at(place, reasons)) continue;
        evidence.add(Events(place, place + length));
        return true;
    }
    return false;
}

bool occur_in_order(const Events& events, const Reasons& reasons, Evidence& evidence) {
    auto place = events.begin();
    for (const auto& reason : reasons) {
        place = find(place, events.end(), reason);
        if (place == events.end()) return false;
        evidence.add(**place++);
    }
    return true;
}

std::optional<double> seconds_between(const Event& from, const Event& until) {
    if (from.ordered_at == UnixNanos{} || until.ordered_at == UnixNanos{}) return std::nullopt;
    return static_cast<double>(until.ordered_at.value() - from.ordered_at.value()) / 1e9;
}

JsonValue text_or_null(std::string_view text) {
    return text.empty() ? JsonValue{} : codec::json_text(text);
}

}  // namespace

bool was_completed(const Events& events, const Reasons& reasons, Evidence& evidence) {
    for (const auto& reason : canonical(reasons)) {
        const auto found = find(events.begin(), events.end(), reason);
        if (found == events.end()) return false;
        evidence.add(**found);
    }
    return true;
}

bool check_execution_order(const Events& events, const Reasons& reasons, bool strict, Evidence& evidence) {
    const auto wanted = canonical(reasons);
    return strict ? occur_in_a_row(events, wanted, evidence) : occur_in_order(events, wanted, evidence);
}

std::optional<double> get_time_between_events(const Events& events, const std::string& start, const std::string& end,
                                              Evidence& evidence) {
    const auto first = find(events.begin(), events.end(), canonical_reason(start));
    if (first == events.end()) return std::nullopt;
    const auto second = find(first + 1, events.end(), canonical_reason(end));
    if (second == events.end()) return std::nullopt;
    evidence.add(**first);
    evidence.add(**second);
    return seconds_between(**first, **second);
}

std::vector<Events> detect_parallel_execution(const Events& events, double threshold_seconds, Evidence& evidence) {
    std::vector<Events> groups;
    Events group;
    const auto close = [&] {
        if (group.size() >= 2) {
            evidence.add(group);
            groups.push_back(group);
        }
        group.clear();
    };
    for (const auto* event : events) {
        if (event->ordered_at == UnixNanos{}) continue;
        if (!group.empty() && *seconds_between(*group.front(), *event) > threshold_seconds) close();
        group.push_back(event);
    }
    close();
    return groups;
}

JsonValue get_execution_flow(const Events& events, Evidence& evidence) {
    evidence.add(events);
    JsonValue::Array flow;
    const Event* previous = nullptr;
    for (const auto* event : events) {
        JsonValue::Object step{
            {"sequence", JsonValue{static_cast<std::int64_t>(flow.size() + 1)}},
            {"timestamp", text_or_null(event->timestamp)},
            {"reason", JsonValue{event->reason}},
            {"agent", text_or_null(name_of(*event, agent_family))},
            {"tool", text_or_null(name_of(*event, tool_family))},
            {"duration", json_of(event->duration_seconds)},
            {"has_error", JsonValue{event->failed}},
        };
        if (previous != nullptr) step.emplace_back("time_since_previous", json_of(seconds_between(*previous, *event)));
        flow.push_back(JsonValue{std::move(step)});
        previous = event;
    }
    return JsonValue{std::move(flow)};
}

}  // namespace ark::evaluations::sequence
