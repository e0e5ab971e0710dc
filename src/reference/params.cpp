#include "reference/params.hpp"

#include "base/hex.hpp"
#include "base/text.hpp"
#include "codec/utf8.hpp"
#include "reference/json_text.hpp"

#include <algorithm>
#include <cmath>

namespace ark::reference {
namespace {

constexpr std::int64_t safe_integer_max = (std::int64_t{1} << 53) - 1;
constexpr std::size_t limit_default = 100;
constexpr std::int64_t limit_max = 1000;

std::string decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size();
        const int high = escape ? hex_digit(text[i + 1]) : -1;
        const int low = escape ? hex_digit(text[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            out.push_back(static_cast<char>(high << 4 | low));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return codec::valid_utf8(out) ? out : repaired_utf8(out);
}

Refusal must_be_text(std::string_view name) {
    return validation(std::string(name) + ": Invalid input: expected string, received array");
}

Refusal no_option(std::string_view name, const std::vector<std::string_view>& options) {
    std::string message(name);
    message += options.size() == 1 ? ": Invalid input: expected " : ": Invalid option: expected one of ";
    for (const auto& option : options) {
        if (message.back() == '"') message += '|';
        message.append("\"").append(option).append("\"");
    }
    return validation(std::move(message));
}

}  // namespace

Params::Params(std::string_view raw_query) {
    while (!raw_query.empty()) {
        const auto end = std::min(raw_query.find('&'), raw_query.size());
        const auto pair = raw_query.substr(0, end);
        raw_query.remove_prefix(std::min(end + 1, raw_query.size()));
        if (pair.empty()) continue;
        const auto equals = std::min(pair.find('='), pair.size());
        auto name = decoded(pair.substr(0, equals));
        auto text = decoded(pair.substr(std::min(equals + 1, pair.size())));
        const auto same = [&name](const auto& value) { return value.first == name; };
        const auto known = std::find_if(values_.begin(), values_.end(), same);
        if (known == values_.end()) {
            values_.emplace_back(std::move(name), Value{std::move(text), false});
        } else {
            known->second.text.append(",").append(text);
            known->second.repeated = true;
        }
    }
}

const Params::Value* Params::find(std::string_view name) const {
    for (const auto& [known, value] : values_) {
        if (known == name) return &value;
    }
    return nullptr;
}

Outcome<std::optional<std::string>> Params::text(std::string_view name) const {
    const auto* value = find(name);
    if (value == nullptr) return std::optional<std::string>();
    if (value->repeated) return must_be_text(name);
    return std::optional(value->text);
}

Outcome<bool> Params::flag(std::string_view name) const {
    const auto chosen = option(name, {"true", "false"});
    if (!chosen) return chosen.error();
    return *chosen == "true";
}

bool Params::is(std::string_view name, std::string_view text) const {
    const auto* value = find(name);
    return value != nullptr && !value->repeated && value->text == text;
}

bool Params::has_content(std::string_view name) const {
    const auto* value = find(name);
    return value != nullptr && !value->text.empty();
}

Outcome<std::optional<std::string>> Params::option(std::string_view name,
                                                   const std::vector<std::string_view>& options) const {
    const auto* value = find(name);
    if (value == nullptr) return std::optional<std::string>();
    const bool known = std::find(options.begin(), options.end(), value->text) != options.end();
    if (value->repeated || !known) return no_option(name, options);
    return std::optional(value->text);
}

Outcome<std::optional<std::uint64_t>> Params::whole(std::string_view name, std::uint64_t least) const {
    const auto* value = find(name);
    if (value == nullptr) return std::optional<std::uint64_t>();
    const double number = value->repeated ? std::nan("") : to_number(value->text);
    const std::string path(name);
    if (std::isnan(number)) return validation(path + ": Invalid input: expected number, received NaN");
    if (std::isinf(number)) return validation(path + ": Invalid input: expected number, received number");
    if (std::floor(number) != number) return validation(path + ": Invalid input: expected int, received number");
    if (number < static_cast<double>(least))
        return validation(path + ": Too small: expected number to be >=" + std::to_string(least));
    if (number > static_cast<double>(safe_integer_max))
        return validation(path + ": Too big: expected int to be <=" + std::to_string(safe_integer_max));
    return std::optional(static_cast<std::uint64_t>(number));
}

Outcome<std::size_t> Params::page_limit() const {
    const auto* value = find("limit");
    if (value == nullptr) return limit_default;
    const auto number = parse_int(value->text);
    if (!number || *number < 1) return pagination("limit must be a positive integer");
    if (*number > limit_max) return pagination("limit cannot exceed " + std::to_string(limit_max));
    return static_cast<std::size_t>(*number);
}

Outcome<std::optional<std::uint64_t>> Params::page_cursor() const {
    const auto* value = find("cursor");
    if (value == nullptr) return std::optional<std::uint64_t>();
    const auto number = parse_int(value->text);
    if (!number || *number < 0) return pagination("cursor must be a non-negative integer");
    return std::optional(static_cast<std::uint64_t>(*number));
}

std::optional<std::int64_t> parse_int(std::string_view text) {
    const auto first = text.find_first_not_of(script_blanks);
    if (first == text.npos) return std::nullopt;
    text.remove_prefix(first);
    const bool negative = text.starts_with('-');
    if (negative || text.starts_with('+')) text.remove_prefix(1);
    std::int64_t number = 0;
    std::size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits)
        number = std::min(safe_integer_max, number * 10 + (text[digits] - '0'));
    if (digits == 0) return std::nullopt;
    return negative ? -number : number;
}

}  // namespace ark::reference
