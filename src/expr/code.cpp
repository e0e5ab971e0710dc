#include "expr/code.hpp"

#include "base/check.hpp"

#include <algorithm>

namespace ark::expr {

std::string_view name(Code code) {
    switch (code) {
        case Code::parse_error:
            return "parse_error";
        case Code::undeclared_reference:
            return "undeclared_reference";
        case Code::unknown_function:
            return "unknown_function";
        case Code::unknown_argument:
            return "unknown_argument";
        case Code::missing_argument:
            return "missing_argument";
        case Code::too_complex:
            return "too_complex";
        case Code::no_such_overload:
            return "no_such_overload";
        case Code::no_such_key:
            return "no_such_key";
        case Code::index_out_of_range:
            return "index_out_of_range";
        case Code::divide_by_zero:
            return "divide_by_zero";
        case Code::overflow:
            return "overflow";
        case Code::invalid_argument:
            return "invalid_argument";
        case Code::unsupported_key_type:
            return "unsupported_key_type";
        case Code::repeated_key:
            return "repeated_key";
        case Code::budget_exceeded:
            return "budget_exceeded";
        case Code::unknown_scope:
            return "unknown_scope";
        case Code::missing_context:
            return "missing_context";
        case Code::not_boolean:
            return "not_boolean";
    }
    return "unknown";
}

std::string to_text(const Issue& issue) {
    std::string text = fmt::format("line {}, column {}: {}", issue.line, issue.column, issue.message);
    if (!issue.suggestion.empty()) text += ", did you mean " + issue.suggestion + "?";
    return text;
}

void locate(Issue& issue, std::string_view text) {
    const auto before = text.substr(0, std::min<std::size_t>(issue.offset, text.size()));
    issue.line = static_cast<std::uint32_t>(1 + std::count(before.begin(), before.end(), '\n'));
    const auto line_start = before.rfind('\n');
    const auto line = line_start == std::string_view::npos ? before : before.substr(line_start + 1);
    // Code points: every byte but the continuations of UTF-8.
    issue.column = static_cast<std::uint32_t>(1 + std::count_if(line.begin(), line.end(), [](char c) {
                                                  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                                              }));
}

}  // namespace ark::expr
