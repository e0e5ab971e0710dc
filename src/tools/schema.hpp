#pragma once
#include "codec/json_value.hpp"

#include <string>
#include <vector>

namespace ark::tools {

/// What of `value` breaks the schema, one sentence each, at most `sentences_max`: "$.city: a string was expected".
///
/// JSON Schema 2020-12 as tools use it: type, enum, const, properties, required, additionalProperties, items,
/// minItems, maxItems, minLength, maxLength, minimum, maximum (and exclusive), anyOf, oneOf, allOf, not, and $ref
/// within the document. Other keywords (pattern and format among them) do not restrict. Depth is bounded.
std::vector<std::string> violations(const codec::JsonValue& schema, const codec::JsonValue& value,
                                    std::size_t sentences_max = 5);

}  // namespace ark::tools
