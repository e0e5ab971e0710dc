#pragma once
#include "evaluations/event_log.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

/// What all helpers share: operations of one family, counted and measured by the same rules (docs/helpers.md).
namespace ark::evaluations {

using Name = std::optional<std::string>;  ///< of an agent, tool, …; nothing: any
using Names = std::vector<std::string>;   ///< distinct, ascending

/// The events that decided a result, in the order in which helpers looked at them.
class Evidence {
public:
    void add(const Events& events) {
        for (const auto* event : events)
            add(*event);
    }
    void add(const Event& event);
    const Events& events() const { return events_; }    ///< the first events_max
    std::size_t total() const { return seen_.size(); }  ///< how many there were
    void clear();

    static constexpr std::size_t events_max = 100;

private:
    Events events_;
    std::unordered_set<const Event*> seen_;
};

/// A kind of operation: what its events are called and where they say their name and id.
struct Family {
    std::string_view operation;
    std::array<std::string_view, 3> name_keys;  ///< the first that says something; "" for none
    std::string_view id_key;
};

extern const Family tool_family, agent_family, team_family, member_family, llm_family, query_family,
    memory_store_family, memory_retrieve_family;

std::string_view name_of(const Event& event, const Family& family);

/// The operations of a family among some events, of one name if given. An event without a name has none.
struct Operations {
    const Family* family = nullptr;
    Events all;  ///< Start and ends
    Events starts;
    Events ends;       ///< Complete, Error, Canceled
    Events successes;  ///< Complete that is no failure
    Events failures;   ///< Error, or Complete that says so

    /// The larger of distinct Starts and distinct ends: right also where one half was lost.
    std::int64_t count() const;
    /// successes / (successes + failures); 0 when there is neither: what runs does not count.
    double success_rate() const;
    /// Of the ends that say one, in seconds. No average without data.
    double total_duration() const;
    std::optional<double> average_duration() const;
    Names names() const;
};
Operations operations_of(const Events& events, const Family& family, const Name& name = {});

/// Distinct and ascending, without the empty one.
Names distinct(std::vector<std::string> names);

inline JsonValue json_of(std::optional<double> number) {
    return number ? JsonValue{*number} : JsonValue{};
}
JsonValue json_of(const Names& names);

}  // namespace ark::evaluations
