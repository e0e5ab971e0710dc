#include "codec/utf8.hpp"

#include <cstdint>

#include <simdjson.h>

namespace ark::codec {

namespace {

// Length of the valid sequence that starts `text` (RFC 3629, table 3-7 of the Unicode standard), or 0.
std::size_t sequence_length(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<std::uint8_t>(text[i]) : 0u; };
    const auto continues = [&](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
    const unsigned lead = byte(0);
    const unsigned second = byte(1);
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0;  // a continuation byte, or an overlong form of ASCII
    if (lead < 0xe0) return continues(1) ? 2 : 0;
    if (lead < 0xf0) {
        const bool overlong = lead == 0xe0 && second < 0xa0;
        const bool surrogate = lead == 0xed && second >= 0xa0;
        return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
    }
    if (lead > 0xf4) return 0;
    const bool overlong = lead == 0xf0 && second < 0x90;
    const bool beyond = lead == 0xf4 && second >= 0x90;  // above U+10FFFF
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
}

}  // namespace

bool detail::valid_utf8_any(std::string_view text) {
    return simdjson::validate_utf8(text.data(), text.size());
}

std::size_t utf8_error_offset(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const std::size_t length = sequence_length(text.substr(at));
        if (length == 0) return at;
        at += length;
    }
    return at;
}

std::string repaired_utf8(std::string_view text) {
    if (valid_utf8(text)) return std::string(text);
    std::string out;
    while (true) {
        const auto good = utf8_error_offset(text);
        out += text.substr(0, good);
        if (good == text.size()) return out;
        out += "\xEF\xBF\xBD";
        text.remove_prefix(good + 1);
        // The rest of the broken sequence stands for the same one character.
        while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xc0) == 0x80)
            text.remove_prefix(1);
    }
}

}  // namespace ark::codec
