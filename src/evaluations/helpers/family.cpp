#include "evaluations/helpers/family.hpp"

#include <algorithm>
#include <set>

namespace ark::evaluations {
namespace {

/// Distinct by id where an event has one, else each. Ids are unique within their query only.
std::size_t count_distinct(const Events& events, const Family& family) {
    std::set<std::pair<std::string_view, std::string_view>> ids;
    std::size_t count = 0;
    for (const auto* event : events) {
        const auto id = event->metadata()[family.id_key].text();
        const auto query = !event->query_id.empty()      ? std::string_view(event->query_id)
                           : !event->query_names.empty() ? std::string_view(event->query_names.front())
                                                         : std::string_view{};
        if (id.empty() || ids.emplace(query, id).second) ++count;
    }
    return count;
}

}  // namespace

const Family tool_family{"ToolCall", {"toolName"}, "toolId"};
const Family agent_family{"AgentExecution", {"agentName", "agent"}, "agentId"};
const Family team_family{"TeamExecution", {"teamName", "team"}, "teamId"};
const Family member_family{"TeamMember", {"memberName", "agentName", "name"}, ""};
const Family llm_family{"LLMCall", {"modelName", "model"}, "callId"};
const Family query_family{"QueryExecution", {"queryName"}, ""};
const Family memory_store_family{"MemoryStore", {"memoryType"}, "memoryId"};
const Family memory_retrieve_family{"MemoryRetrieve", {"memoryType"}, "memoryId"};

void Evidence::add(const Event& event) {
    if (seen_.insert(&event).second && events_.size() < events_max) events_.push_back(&event);
}

void Evidence::clear() {
    events_.clear();
    seen_.clear();
}

std::string_view name_of(const Event& event, const Family& family) {
    return event.text(family.name_keys);
}

Operations operations_of(const Events& events, const Family& family, const Name& name) {
    Operations out;
    out.family = &family;
    for (const auto* event : events) {
        if (event->operation != family.operation || event->phase == model::Phase::none) continue;
        if (name && name_of(*event, family) != *name) continue;
        out.all.push_back(event);
        if (event->phase == model::Phase::start) out.starts.push_back(event);
        if (event->ended()) out.ends.push_back(event);
        if (event->succeeded()) out.successes.push_back(event);
        if (event->failed) out.failures.push_back(event);
    }
    return out;
}

std::int64_t Operations::count() const {
    return static_cast<std::int64_t>(std::max(count_distinct(starts, *family), count_distinct(ends, *family)));
}

double Operations::success_rate() const {
    const auto ended = successes.size() + failures.size();
    return ended == 0 ? 0.0 : static_cast<double>(successes.size()) / static_cast<double>(ended);
}

double Operations::total_duration() const {
    double total = 0;
    for (const auto* event : ends)
        total += event->duration_seconds.value_or(0);
    return total;
}

std::optional<double> Operations::average_duration() const {
    const auto measured =
        std::count_if(ends.begin(), ends.end(), [](const Event* event) { return event->duration_seconds.has_value(); });
    if (measured == 0) return std::nullopt;
    return total_duration() / static_cast<double>(measured);
}

Names Operations::names() const {
    std::vector<std::string> names;
    for (const auto* event : all)
        names.emplace_back(name_of(*event, *family));
    return distinct(std::move(names));
}

Names distinct(std::vector<std::string> names) {
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::erase(names, std::string{});
    return names;
}

JsonValue json_of(const Names& names) {
    JsonValue::Array array;
    for (const auto& name : names)
        array.push_back(JsonValue{name});
    return JsonValue{std::move(array)};
}

}  // namespace ark::evaluations
