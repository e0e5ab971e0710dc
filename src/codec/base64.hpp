#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace ark::codec {

/// Appends RFC 4648 base64 with padding.
void append_base64(std::string& out, std::string_view bytes);
std::string to_base64(std::string_view bytes);

/// RFC 4648 §5, '-' and '_', without padding: tokens, cursors in URLs.
std::string to_base64url(std::string_view bytes);

/// Reads either alphabet, padded or not (as proto3 JSON asks). Nothing for other characters, wrong padding or a wrong
/// length.
std::optional<std::string> from_base64(std::string_view text);

}  // namespace ark::codec
