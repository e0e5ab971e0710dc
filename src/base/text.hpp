#pragma once
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

/// What many modules do to the bytes of a text. Included where it is used, never by a header that much of the tree
/// reads. Letters are those of ASCII: everything else stays as it is, in every locale.
namespace ark {

/// Optional white space between the parts of an HTTP field, of baggage and of the OTEL_* lists: no line ends there.
inline constexpr std::string_view http_blanks = " \t";
/// White space of JSON, of templates and of what models and people write.
inline constexpr std::string_view text_blanks = " \t\r\n";
/// White space of JavaScript and C, as far as it is ASCII.
inline constexpr std::string_view script_blanks = " \t\r\n\v\f";

/// Without the characters of `what` at both ends. Which ones those are differs by format: the caller says it.
constexpr std::string_view trimmed(std::string_view text, std::string_view what) {
    const auto begin = text.find_first_not_of(what);
    if (begin == std::string_view::npos) return {};
    return text.substr(begin, text.find_last_not_of(what) + 1 - begin);
}

constexpr char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

inline std::string lower_case(std::string_view text) {
    std::string out(text);
    for (auto& c : out)
        c = to_lower(c);
    return out;
}

inline bool contains_in_any_case(std::string_view text, std::string_view needle) {
    const auto same = [](char a, char b) { return to_lower(a) == to_lower(b); };
    return std::search(text.begin(), text.end(), needle.begin(), needle.end(), same) != text.end();
}

/// At most `bytes_max` bytes, not cutting a UTF-8 sequence.
constexpr std::string_view clip(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80)
        --bytes_max;
    return text.substr(0, bytes_max);
}

}  // namespace ark
