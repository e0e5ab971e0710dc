#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace ark::codec {

/// No byte above 0x7f. Inline, because most texts of telemetry are short and all ASCII: a call would cost more than the
/// check.
inline bool is_ascii(std::string_view text) {
    constexpr std::uint64_t high_bits = 0x8080808080808080u;
    const auto load = [&](std::size_t at) {
        std::uint64_t eight;
        std::memcpy(&eight, text.data() + at, sizeof eight);
        return eight;
    };
    const std::size_t size = text.size();
    if (size < 8) {
        unsigned any = 0;
        for (const char c : text)
            any |= static_cast<unsigned char>(c);
        return any < 0x80;
    }
    // Blocks of 32 so that the compiler makes vectors of it; the last, overlapping eight bytes spare a bytewise tail.
    std::size_t at = 0;
    for (; at + 32 <= size; at += 32) {
        if (((load(at) | load(at + 8) | load(at + 16) | load(at + 24)) & high_bits) != 0) return false;
    }
    std::uint64_t any = load(size - 8);
    for (; at + 8 <= size; at += 8)
        any |= load(at);
    return (any & high_bits) == 0;
}

namespace detail {
bool valid_utf8_any(std::string_view text);
}

/// Is all of it valid UTF-8 (no surrogates, no overlong forms)? At memory speed; the empty text is valid.
inline bool valid_utf8(std::string_view text) {
    return is_ascii(text) || detail::valid_utf8_any(text);
}

/// Offset of the first byte of the first invalid sequence; text.size() when all of it is valid. Slow: for error
/// messages.
std::size_t utf8_error_offset(std::string_view text);

/// Bytes of unknown origin as text: each invalid sequence becomes U+FFFD.
std::string repaired_utf8(std::string_view text);

}  // namespace ark::codec
