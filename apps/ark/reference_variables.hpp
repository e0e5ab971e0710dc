#pragma once
#include "config.hpp"

#include <vector>

namespace ark::cli {

/// The variables of the reference's broker (PORT, HOST, LOG_LEVEL, MAX_*, *_FILE_PATH, *_BACKEND), for those who start
/// ours in its place: what has a counterpart becomes that setting, unless a flag or an ARK_ variable says otherwise;
/// what would silently mean something else is refused with the cure. docs/configuration.md has the table.
Status adopt_reference_variables(std::vector<Effective>& broker, const Environment& environment);

}  // namespace ark::cli
