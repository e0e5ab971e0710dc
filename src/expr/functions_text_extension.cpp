#include "expr/format.hpp"
#include "expr/library.hpp"
#include "expr/utf8.hpp"

#include <algorithm>
#include <limits>

namespace ark::expr {

namespace {

// Functions of this file look at every byte of their texts a few times.
bool charge(const Call& call) {
    std::size_t bytes = 0;
    for (const auto& argument : call.arguments)
        bytes += argument.is(Kind::string) ? argument.as_text().size() : 0;
    return call.evaluation.charge(bytes / 16);
}

Value out_of_range(const Call& call, std::int64_t index) {
    return call.evaluation.fail(Code::index_out_of_range, fmt::format("index out of range: {}", index));
}

// Byte offset of a code point by its index; the end for the index after the last. Nothing beyond.
std::optional<std::size_t> offset_of(std::string_view text, std::int64_t index) {
    if (index < 0) return std::nullopt;
    std::size_t at = 0;
    for (; index > 0 && at < text.size(); --index)
        at += code_point_at(text, at).bytes;
    if (index > 0) return std::nullopt;
    return at;
}

std::int64_t index_of_offset(std::string_view text, std::size_t offset) {
    return static_cast<std::int64_t>(count_code_points(text.substr(0, offset)));
}

Value char_at(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto index = call.arguments[1].as_integer();
    const auto at = offset_of(text, index);
    if (!charge(call)) return call.evaluation.exhausted();
    if (!at) return out_of_range(call, index);
    return Value::string(*at == text.size() ? std::string_view() : text.substr(*at, code_point_at(text, *at).bytes));
}

Value index_of(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto part = call.arguments[1].as_text();
    const auto from = call.arguments.size() == 3 ? call.arguments[2].as_integer() : 0;
    if (!charge(call)) return call.evaluation.exhausted();
    const auto start = offset_of(text, from);
    if (!start) return out_of_range(call, from);
    const auto found = text.find(part, *start);
    return Value::integer(found == std::string_view::npos ? -1 : index_of_offset(text, found));
}

Value last_index_of(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto part = call.arguments[1].as_text();
    if (!charge(call)) return call.evaluation.exhausted();
    auto start = std::string_view::npos;
    if (call.arguments.size() == 3) {
        const auto from = call.arguments[2].as_integer();
        const auto offset = offset_of(text, from);
        if (!offset) return out_of_range(call, from);
        start = *offset;
    }
    const auto found = text.rfind(part, start);
    return Value::integer(found == std::string_view::npos ? -1 : index_of_offset(text, found));
}

Value join(const Call& call) {
    const auto& list = call.arguments[0];
    const auto separator = call.arguments.size() == 2 ? call.arguments[1].as_text() : std::string_view();
    std::string joined;
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto part = list.at(i, call.evaluation);
        if (!part.is(Kind::string))
            return call.evaluation.fail(Code::no_such_overload,
                                        fmt::format("join() needs strings, not {}", type_name(part)));
        if (i > 0) joined += separator;
        joined += part.as_text();
        if (!call.evaluation.step() || joined.size() > call.evaluation.limits().string_bytes) break;
    }
    return call.evaluation.text(joined);
}

template <char first, char last, int change>
Value change_case(const Call& call) {
    std::string text(call.arguments[0].as_text());
    for (auto& c : text)
        if (c >= first && c <= last) c = static_cast<char>(c + change);
    return call.evaluation.text(text);
}

Value replace(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto from = call.arguments[1].as_text();
    const auto to = call.arguments[2].as_text();
    auto left = call.arguments.size() == 4 ? call.arguments[3].as_integer() : -1;
    if (!charge(call)) return call.evaluation.exhausted();
    if (left < 0) left = std::numeric_limits<std::int64_t>::max();
    std::string replaced;
    std::size_t at = 0;
    while (left > 0 && replaced.size() <= call.evaluation.limits().string_bytes) {
        const auto found = text.find(from, at);
        if (found == std::string_view::npos) break;
        replaced.append(text.substr(at, found - at)).append(to);
        at = found + from.size();
        --left;
        if (!from.empty()) continue;
        // An empty text is found before every code point and at the end.
        if (at == text.size()) return call.evaluation.text(replaced);
        const auto bytes = code_point_at(text, at).bytes;
        replaced.append(text.substr(at, bytes));
        at += bytes;
    }
    return call.evaluation.text(replaced.append(text.substr(at)));
}

Value split(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto separator = call.arguments[1].as_text();
    auto parts_max = call.arguments.size() == 3 ? call.arguments[2].as_integer() : -1;
    if (!charge(call)) return call.evaluation.exhausted();
    if (parts_max < 0) parts_max = std::numeric_limits<std::int64_t>::max();
    ListBuilder parts(call.evaluation);
    if (parts_max == 0) return parts.finish();
    std::size_t at = 0;
    while (static_cast<std::int64_t>(parts.size()) + 1 < parts_max && at < text.size()) {
        const auto found = separator.empty() ? at + code_point_at(text, at).bytes : text.find(separator, at);
        if (found == std::string_view::npos || (separator.empty() && found == text.size())) break;
        if (!parts.push(Value::string(text.substr(at, found - at)))) return call.evaluation.exhausted();
        at = found + separator.size();
    }
    if (at < text.size() || !separator.empty()) parts.push(Value::string(text.substr(at)));
    return parts.finish();
}

Value substring(const Call& call) {
    const auto text = call.arguments[0].as_text();
    const auto from = call.arguments[1].as_integer();
    if (!charge(call)) return call.evaluation.exhausted();
    const auto start = offset_of(text, from);
    if (!start) return out_of_range(call, from);
    if (call.arguments.size() == 2) return Value::string(text.substr(*start));
    const auto to = call.arguments[2].as_integer();
    const auto end = offset_of(text, to);
    if (!end) return out_of_range(call, to);
    if (*end < *start)
        return call.evaluation.fail(Code::invalid_argument, fmt::format("a substring from {} to {}", from, to));
    return Value::string(text.substr(*start, *end - *start));
}

bool is_space(char32_t c) {
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

Value trim(const Call& call) {
    const auto text = call.arguments[0].as_text();
    if (!charge(call)) return call.evaluation.exhausted();
    std::size_t start = text.size();
    std::size_t end = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto point = code_point_at(text, at);
        if (!is_space(point.value)) {
            start = std::min(start, at);
            end = at + point.bytes;
        }
        at += point.bytes;
    }
    return Value::string(end == 0 ? std::string_view() : text.substr(start, end - start));
}

Value reverse_text(const Call& call) {
    const auto text = call.arguments[0].as_text();
    std::string reversed;
    if (!charge(call)) return call.evaluation.exhausted();
    for (std::size_t end = text.size(); end > 0;) {
        auto at = end - 1;
        while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80)
            --at;
        reversed.append(text.substr(at, end - at));
        end = at;
    }
    return call.evaluation.text(reversed);
}

Value quote(const Call& call) {
    static constexpr std::string_view special = "\a\b\f\n\r\t\v\\\"";
    static constexpr std::string_view letters = "abfnrtv\\\"";
    std::string quoted = "\"";
    if (!charge(call)) return call.evaluation.exhausted();
    for (const char c : call.arguments[0].as_text()) {
        const auto which = special.find(c);
        if (which != std::string_view::npos) quoted.push_back('\\');
        quoted.push_back(which == std::string_view::npos ? c : letters[which]);
    }
    return call.evaluation.text(quoted.append("\""));
}

}  // namespace

void add_text_extension(Library& library) {
    library.add("charAt", "string.(int) string", &char_at);
    library.add("indexOf", "string.(string) int", &index_of);
    library.add("indexOf", "string.(string, int) int", &index_of);
    library.add("lastIndexOf", "string.(string) int", &last_index_of);
    library.add("lastIndexOf", "string.(string, int) int", &last_index_of);
    library.add("join", "list(string).() string", &join);
    library.add("join", "list(string).(string) string", &join);
    library.add("lowerAscii", "string.() string", &change_case<'A', 'Z', 'a' - 'A'>);
    library.add("upperAscii", "string.() string", &change_case<'a', 'z', 'A' - 'a'>);
    library.add("replace", "string.(string, string) string", &replace);
    library.add("replace", "string.(string, string, int) string", &replace);
    library.add("split", "string.(string) list(string)", &split);
    library.add("split", "string.(string, int) list(string)", &split);
    library.add("substring", "string.(int) string", &substring);
    library.add("substring", "string.(int, int) string", &substring);
    library.add("trim", "string.() string", &trim);
    library.add("reverse", "string.() string", &reverse_text);
    library.add("strings.quote", "(string) string", &quote);
    library.add("format", "string.(list(dyn)) string", &format_text);
}

}  // namespace ark::expr
