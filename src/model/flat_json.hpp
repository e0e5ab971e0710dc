#pragma once
#include <charconv>
#include <string_view>

namespace ark::model {

/// Visits the numbers directly inside a JSON object, `visit(name, number)`: usage and cost that a producer put into one
/// text. Stops at anything it does not understand; names with escapes are visited as written. No allocation.
template <class Visit>
void for_each_number(std::string_view json, const Visit& visit) {
    std::size_t depth = 0;
    std::string_view name;  // of the member whose value comes next
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        if (c == '"') {
            const std::size_t begin = ++i;
            while (i < json.size() && json[i] != '"')
                i += json[i] == '\\' ? 2u : 1u;
            if (i >= json.size()) return;
            name = json.substr(begin, i - begin);
        } else if (c == '{' || c == '[') {
            ++depth;
        } else if (c == '}' || c == ']') {
            if (depth <= 1) return;
            --depth;
        } else if ((c >= '0' && c <= '9') || c == '-') {
            double number = 0;
            const auto parsed = std::from_chars(json.data() + i, json.data() + json.size(), number);
            if (parsed.ec != std::errc{}) return;
            if (depth == 1) visit(name, number);
            i = static_cast<std::size_t>(parsed.ptr - json.data()) - 1;
        }
        if (depth == 0) return;  // not an object, or behind it
    }
}

}  // namespace ark::model
