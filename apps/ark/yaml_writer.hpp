#pragma once
#include "codec/json_value.hpp"

#include <string>

namespace ark::cli {

/// The value as a YAML 1.2 document in block style, ending with a newline. Text is quoted where YAML 1.1 or 1.2 readers
/// could take it for something else (numbers, booleans, dates, indicators).
std::string to_yaml(const codec::JsonValue& value);

}  // namespace ark::cli
