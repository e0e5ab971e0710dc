#pragma once
#include <cstddef>
#include <string_view>

namespace ark::codec {

/// Is all of it valid UTF-8 (no surrogates, no overlong forms)? At memory speed; the empty text is valid.
bool valid_utf8(std::string_view text);

/// Offset of the first byte of the first invalid sequence; text.size() when all of it is valid. Slow: for error
/// messages.
std::size_t utf8_error_offset(std::string_view text);

}  // namespace ark::codec
