#pragma once
#include "expr/environment.hpp"

namespace ark::expr {

/// "%s took %.1f s".format([agent, seconds]): %s %d %f %e %b %o %x %X, precision for %f and %e, %% for a percent sign.
Value format_text(const Call& call);

}  // namespace ark::expr
