#pragma once
#include "otlp/wire_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ark::otlp::json {

/// Appends the text of a JSON string without its escapes. `raw` points behind the opening quote of a string that is
/// known to be closed after at most `size_max` bytes, in valid UTF-8, with 64 readable bytes behind the document.
/// False: an invalid escape, or half a surrogate pair.
bool append_unescaped(const char* raw, std::size_t size_max, wire::Writer& out);

/// An attribute of the usual kind.
struct PlainPair {
    std::string_view key;  ///< never empty
    bool is_integer = false;
    std::string_view text;  ///< its value, if it is no integer
    std::int64_t integer = 0;
};

/// Reads {"key":"k","value":{"stringValue":"v"}}, or "intValue":"7" in it: as most senders write most attributes,
/// without a space, without an escape. `raw` stands at the brace, within a document in which every string ends, and
/// whose slack can be read. False: it is written otherwise.
bool match_plain_pair(const char* raw, PlainPair& out);

}  // namespace ark::otlp::json
