#include "teams/order.hpp"

#include <algorithm>

namespace ark::teams {
namespace {

constexpr std::size_t turns_default = 100;  // no loop is endless (design.md §6)

std::optional<std::size_t> member_named(const TeamSpec& team, std::string_view name) {
    for (std::size_t i = 0; i < team.members.size(); ++i) {
        if (team.members[i]->name() == name) return i;
    }
    return std::nullopt;
}

}  // namespace

std::string_view name(Strategy strategy) {
    switch (strategy) {
        case Strategy::sequential:
            return "sequential";
        case Strategy::loops:
            return "round-robin";
        case Strategy::selector:
            return "selector";
        case Strategy::graph:
            return "graph";
    }
    return "sequential";
}

std::size_t turns_allowed(const TeamSpec& team) {
    if (team.strategy == Strategy::sequential) return team.members.size();
    return team.turns_max > 0 ? team.turns_max : turns_default;
}

std::vector<std::size_t> candidates(const TeamSpec& team, std::size_t taken, std::size_t previous) {
    std::vector<std::size_t> all;
    if (team.edges.empty() || taken == 0) {
        for (std::size_t i = 0; i < team.members.size(); ++i)
            all.push_back(i);
        return all;
    }
    for (const auto& [from, to] : team.edges) {
        const auto next = member_named(team, to);
        if (from != team.members[previous]->name() || !next) continue;
        if (std::find(all.begin(), all.end(), *next) == all.end()) all.push_back(*next);
    }
    return all;
}

Choice next_in_order(const TeamSpec& team, std::size_t taken, std::size_t previous) {
    Choice choice;
    if (team.members.empty()) return choice;
    if (team.strategy == Strategy::sequential && taken == team.members.size()) return choice;
    if (team.strategy == Strategy::graph && taken > 0) {
        // The last edge of several from one member counts, as the reference has it.
        const auto next = candidates(team, taken, previous);
        if (next.empty()) return choice;
        choice.index = next.back();
    } else {
        choice.index = taken % team.members.size();
    }
    choice.what = taken >= turns_allowed(team) ? Choice::What::limit : Choice::What::member;
    return choice;
}

}  // namespace ark::teams
