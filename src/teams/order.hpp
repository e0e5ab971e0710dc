#pragma once
#include "teams/team.hpp"

namespace ark::teams {

/// Who is next.
struct Choice {
    enum class What {
        member,   ///< the one at `index`
        done,     ///< nobody: the work is finished
        limit,    ///< nobody: as many turns as were allowed have been taken
        stopped,  ///< nobody: `note` says why, as a message to those who read along
    };
    What what = What::done;
    std::size_t index = 0;
    std::string note;
};

/// What the strategies that need nobody's opinion say after `taken` turns, of which member `previous` took the last.
/// For Strategy::selector: the members that the graph leaves to choose from, all of them without one.
Choice next_in_order(const TeamSpec& team, std::size_t taken, std::size_t previous);
std::vector<std::size_t> candidates(const TeamSpec& team, std::size_t taken, std::size_t previous);
std::size_t turns_allowed(const TeamSpec& team);

}  // namespace ark::teams
