#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ark::expr {

/// The code point that starts at `at` of valid UTF-8, and how many bytes it takes.
struct CodePoint {
    char32_t value;
    std::size_t bytes;
};

inline CodePoint code_point_at(std::string_view text, std::size_t at) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : '\0'); };
    const auto tail = [&](std::size_t i) { return static_cast<char32_t>(byte(at + i) & 0x3f); };
    const auto first = byte(at);
    if (first < 0x80) return {first, 1};
    if (first < 0xe0) return {static_cast<char32_t>(first & 0x1f) << 6 | tail(1), 2};
    if (first < 0xf0) return {static_cast<char32_t>(first & 0x0f) << 12 | tail(1) << 6 | tail(2), 3};
    return {static_cast<char32_t>(first & 0x07) << 18 | tail(1) << 12 | tail(2) << 6 | tail(3), 4};
}

inline void append_code_point(std::string& out, char32_t c) {
    const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
    if (c < 0x80) return put(c);
    if (c < 0x800) return put(0xc0 | c >> 6), put(0x80 | (c & 0x3f));
    if (c < 0x10000) return put(0xe0 | c >> 12), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
    put(0xf0 | c >> 18), put(0x80 | (c >> 12 & 0x3f)), put(0x80 | (c >> 6 & 0x3f)), put(0x80 | (c & 0x3f));
}

inline bool is_scalar(char32_t c) {
    return c < 0xd800 || (c > 0xdfff && c <= 0x10ffff);
}

/// Code points of valid UTF-8.
inline std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text)
        count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
    return count;
}

}  // namespace ark::expr
