#pragma once
#include "base/result.hpp"
#include "codec/json_value.hpp"

#include <cstddef>
#include <string_view>
#include <vector>

namespace ark::codec {

struct YamlLimits {
    std::size_t nesting_max = 128;
    std::size_t nodes_max = 1u << 20;   ///< in all documents; what an alias stands for counts each time
    std::size_t bytes_max = 64u << 20;  ///< of their texts and keys, counted likewise
};

struct YamlDocument {
    JsonValue value;
    int line = 1;  ///< where it begins
};

/// Reads a stream of YAML documents (`---` between them) as JSON trees; empty documents are left out. JSON is YAML.
///
/// Plain scalars follow the core schema of YAML 1.2 (true, false, null, ~, numbers); anchors, aliases and `<<` are
/// resolved. Errors: bad_payload with line and column (also for a repeated key, or a key that is no text); too_large
/// beyond the limits.
Result<std::vector<YamlDocument>> parse_yaml(std::string_view text, const YamlLimits& limits = {});

}  // namespace ark::codec
