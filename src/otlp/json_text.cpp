#include "otlp/json_text.hpp"

#include "base/hex.hpp"
#include "codec/json_scan.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstdint>
#include <cstring>

namespace ark::otlp::json {

namespace {

/// The number of \uXXXX's four digits; -1 when they are not hex.
int code_unit(const char* digits) {
    int unit = 0;
    for (int i = 0; i < 4; ++i) {
        const int digit = hex_digit(digits[i]);
        if (digit < 0) return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

std::size_t put_utf8(char* to, std::uint32_t point) {
    const auto put = [&](std::size_t at, std::uint32_t byte) { to[at] = static_cast<char>(byte); };
    const auto tail = [&](int shift) { return 0x80 | (point >> shift & 0x3f); };
    if (point < 0x80) {
        put(0, point);
        return 1;
    }
    if (point < 0x800) {
        put(0, 0xc0 | point >> 6);
        put(1, tail(0));
        return 2;
    }
    if (point < 0x10000) {
        put(0, 0xe0 | point >> 12);
        put(1, tail(6));
        put(2, tail(0));
        return 3;
    }
    put(0, 0xf0 | point >> 18);
    put(1, tail(12));
    put(2, tail(6));
    put(3, tail(0));
    return 4;
}

/// `raw` stands at "\\u"; moves it behind the escape, or behind both halves of a pair, and `to` behind what it stands
/// for.
bool copy_code_point(const char*& raw, char*& to) {
    const int first = code_unit(raw + 2);
    if (first < 0) return false;
    raw += 6;
    auto point = static_cast<std::uint32_t>(first);
    if (first >= 0xd800 && first <= 0xdfff) {
        if (first >= 0xdc00 || raw[0] != '\\' || raw[1] != 'u') return false;
        const int second = code_unit(raw + 2);
        if (second < 0xdc00 || second > 0xdfff) return false;
        raw += 6;
        point = 0x10000u + ((point - 0xd800u) << 10) + (static_cast<std::uint32_t>(second) - 0xdc00u);
    }
    to += put_utf8(to, point);
    return true;
}

/// What a two-character escape stands for; 0 when there is no such escape.
constexpr auto plain_escapes = [] {
    std::array<char, 256> table{};
    table['"'] = '"';
    table['\\'] = '\\';
    table['/'] = '/';
    table['n'] = '\n';
    table['t'] = '\t';
    table['r'] = '\r';
    table['b'] = '\b';
    table['f'] = '\f';
    return table;
}();

/// Moves `raw` behind the text, if that stands there.
template <std::size_t Size>
bool skip(const char*& raw, const char (&text)[Size]) {
    if (std::memcmp(raw, text, Size - 1) != 0) return false;
    raw += Size - 1;
    return true;
}

/// Up to the closing quote; false at an escape before it.
bool take_clean(const char*& raw, std::string_view& out) {
    const char* const begin = raw;
    unsigned mask = 0;
    while ((mask = codec::json_special_mask(raw)) == 0)
        raw += codec::json_block;
    raw += static_cast<std::size_t>(std::countr_zero(mask));
    out = {begin, static_cast<std::size_t>(raw - begin)};
    return *raw == '"';
}

}  // namespace

bool match_plain_pair(const char* raw, PlainPair& out) {
    if (!skip(raw, R"({"key":")") || !take_clean(raw, out.key) || out.key.empty()) return false;
    if (!skip(raw, R"(","value":{")")) return false;
    out.is_integer = *raw == 'i';
    if (!out.is_integer) {
        return skip(raw, R"(stringValue":")") && take_clean(raw, out.text) && skip(raw, R"("}})");
    }
    if (!skip(raw, R"(intValue":")")) return false;
    const auto read = std::from_chars(raw, raw + 20, out.integer);  // the longest has 20 characters
    raw = read.ptr;
    return read.ec == std::errc() && skip(raw, R"("}})");
}

bool append_unescaped(const char* raw, std::size_t size_max, wire::Writer& out) {
    char* const begin = out.room(size_max + codec::json_block);  // no escape is shorter than what it stands for
    char* to = begin;
    for (;;) {
        std::memcpy(to, raw, codec::json_block);
        const unsigned mask = codec::json_special_mask(raw);
        if (mask == 0) {
            to += codec::json_block;
            raw += codec::json_block;
            continue;
        }
        const auto clean = static_cast<std::size_t>(std::countr_zero(mask));
        to += clean;
        raw += clean;
        if (*raw == '"') break;
        if (*raw != '\\') return false;
        const char meant = plain_escapes[static_cast<std::uint8_t>(raw[1])];
        if (meant != 0) {
            *to++ = meant;
            raw += 2;
        } else if (raw[1] != 'u' || !copy_code_point(raw, to)) {
            return false;
        }
    }
    out.out().commit(static_cast<std::size_t>(to - begin));
    return true;
}

}  // namespace ark::otlp::json
