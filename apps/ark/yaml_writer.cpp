#include "yaml_writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace ark::cli {
namespace {

using codec::JsonValue;

bool looks_like_another_type(std::string_view text) {
    static constexpr std::array<std::string_view, 12> words{"null", "true", "false", "yes", "no",   "on",
                                                            "off",  "y",    "n",     "~",   ".nan", ".inf"};
    std::string lower;
    for (const char c : text)
        lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
    if (std::find(words.begin(), words.end(), lower) != words.end()) return true;
    const auto first = static_cast<unsigned char>(text.front());
    return std::isdigit(first) != 0 || text.front() == '+' || text.front() == '.' || text.front() == '-';
}

bool needs_quotes(std::string_view text) {
    if (text.empty() || looks_like_another_type(text)) return true;
    if (std::string_view("?:,[]{}#&*!|>'\"%@`= ").find(text.front()) != std::string_view::npos) return true;
    if (text.back() == ' ' || text.back() == ':') return true;
    if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return true;
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

void append_scalar(std::string& out, const JsonValue& value) {
    if (value.is_string()) {
        const auto text = value.text();
        if (!needs_quotes(text)) {
            out += text;
            return;
        }
        // A JSON string is a YAML double-quoted scalar.
    }
    out += value.dump();
}

bool is_block(const JsonValue& value) {
    return (value.is_object() || value.is_array()) && value.size() > 0;
}

void append(std::string& out, const JsonValue& value, std::size_t indent);

void append_object(std::string& out, const JsonValue::Object& object, std::size_t indent, bool first_in_line) {
    for (const auto& [key, member] : object) {
        if (!first_in_line) out.append(indent, ' ');
        first_in_line = false;
        append_scalar(out, JsonValue{key});
        out += ':';
        if (is_block(member)) {
            out += '\n';
            append(out, member, indent + 2);
        } else {
            out += ' ';
            append_scalar(out, member);
            out += '\n';
        }
    }
}

void append_array(std::string& out, const JsonValue::Array& array, std::size_t indent) {
    for (const auto& element : array) {
        out.append(indent, ' ');
        out += "- ";
        if (element.is_object() && element.size() > 0) {
            append_object(out, element.object(), indent + 2, true);
        } else if (is_block(element)) {
            out.back() = '\n';
            append(out, element, indent + 2);
        } else {
            append_scalar(out, element);
            out += '\n';
        }
    }
}

void append(std::string& out, const JsonValue& value, std::size_t indent) {
    if (value.is_object() && value.size() > 0) return append_object(out, value.object(), indent, false);
    if (value.is_array() && value.size() > 0) return append_array(out, value.array(), indent);
    append_scalar(out, value);
    out += '\n';
}

}  // namespace

std::string to_yaml(const JsonValue& value) {
    std::string out;
    append(out, value, 0);
    return out;
}

}  // namespace ark::cli
