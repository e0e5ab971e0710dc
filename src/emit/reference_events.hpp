#pragma once
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::emit {

/// The events of an ExportLogsServiceRequest as bodies of the reference broker's `POST /events`, in order: its reasons,
/// its keys beside ours, all values text (facts: "Operation tracker"). Events of no query are left out: it refuses
/// them.
Result<std::vector<std::string>> reference_events(std::string_view logs);

}  // namespace ark::emit
