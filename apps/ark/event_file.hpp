#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace ark::cli {

/// The events of a file, "-" for standard input: a JSON array, one JSON object a line, or a page of the API
/// ({"items": […]}). Errors: bad_argument naming file and line; too_large beyond 256 MiB.
Result<std::vector<codec::JsonValue>> read_event_file(const std::string& path);
Result<std::vector<codec::JsonValue>> events_of_text(std::string_view text);

/// The whole text of a file, "-" for standard input. bad_argument when it cannot be read; too_large.
Result<std::string> read_whole(const std::string& path, std::size_t bytes_max);

}  // namespace ark::cli
