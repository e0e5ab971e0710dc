#include "codec/base64.hpp"

#include <array>
#include <cstdint>

namespace ark::codec {

namespace {

constexpr char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr auto digit_of = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < 64; ++i) {
        table[static_cast<std::uint8_t>(standard[i])] = static_cast<std::int8_t>(i);
        table[static_cast<std::uint8_t>(url_safe[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

enum class Padding { none, full };

void append(std::string& out, std::string_view bytes, const char* alphabet, Padding padding) {
    out.reserve(out.size() + (bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view group = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<std::uint8_t>(group[i]) : 0u);
        for (std::size_t i = 0; i < 4; ++i) {
            if (i <= group.size()) {
                out.push_back(alphabet[bits >> (18 - 6 * i) & 63]);
            } else if (padding == Padding::full) {
                out.push_back('=');
            }
        }
    }
}

}  // namespace

void append_base64(std::string& out, std::string_view bytes) {
    append(out, bytes, standard, Padding::full);
}

std::string to_base64(std::string_view bytes) {
    std::string out;
    append(out, bytes, standard, Padding::full);
    return out;
}

std::string to_base64url(std::string_view bytes) {
    std::string out;
    append(out, bytes, url_safe, Padding::none);
    return out;
}

std::optional<std::string> from_base64(std::string_view text) {
    if (text.ends_with('=')) {
        if (text.size() % 4 != 0) return std::nullopt;
        text.remove_suffix(text.ends_with("==") ? 2 : 1);
    }
    if (text.size() % 4 == 1) return std::nullopt;

    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int digit = digit_of[static_cast<std::uint8_t>(c)];
        if (digit < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out.push_back(static_cast<char>(bits >> count & 0xff));
        }
    }
    return out;
}

}  // namespace ark::codec
