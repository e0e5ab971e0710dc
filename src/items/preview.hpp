#pragma once
#include <string_view>

namespace ark::items {

inline constexpr std::size_t preview_bytes = 256;

/// The first preview_bytes of a text, never cutting a UTF-8 character.
inline std::string_view preview(std::string_view text) {
    if (text.size() <= preview_bytes) return text;
    std::size_t end = preview_bytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80)
        --end;
    return text.substr(0, end);
}

}  // namespace ark::items
