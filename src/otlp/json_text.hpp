#pragma once
#include "otlp/wire_writer.hpp"

#include <cstddef>

namespace ark::otlp::json {

/// Appends the text of a JSON string without its escapes. `raw` points behind the opening quote of a string that is
/// known to be closed after at most `size_max` bytes, in valid UTF-8, with 64 readable bytes behind the document.
/// False: an invalid escape, or half a surrogate pair.
bool append_unescaped(const char* raw, std::size_t size_max, wire::Writer& out);

}  // namespace ark::otlp::json
