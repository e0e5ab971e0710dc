#include "resources/schema.hpp"

#include "base/duration.hpp"
#include "base/text.hpp"
#include "base/time.hpp"
#include "codec/base64.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include <fmt/format.h>

namespace ark::resources {
namespace {

Schema of_type(Type type) {
    Schema schema;
    schema.type = type;
    return schema;
}

bool is_number(const JsonValue& value) {
    return std::holds_alternative<std::int64_t>(value.data) || std::holds_alternative<std::uint64_t>(value.data) ||
           std::holds_alternative<double>(value.data);
}

bool is_integer(const JsonValue& value) {
    if (const auto* real = std::get_if<double>(&value.data)) {
        return *real == static_cast<double>(static_cast<std::int64_t>(std::clamp(*real, -1e15, 1e15)));
    }
    return is_number(value);
}

bool has_type(Type type, const JsonValue& value) {
    switch (type) {
        case Type::any:
            return true;
        case Type::text:
            return value.is_string();
        case Type::boolean:
            return std::holds_alternative<bool>(value.data);
        case Type::integer:
            return is_integer(value);
        case Type::number:
            return is_number(value);
        case Type::object:
        case Type::map:
            return value.is_object();
        case Type::array:
            return value.is_array();
    }
    return false;
}

std::string_view type_name(Type type) {
    constexpr std::array<std::string_view, 8> names{"any",    "string", "boolean", "integer",
                                                    "number", "object", "array",   "object"};
    return names[static_cast<std::size_t>(type)];
}

std::string_view type_of(const JsonValue& value) {
    if (value.is_null()) return "null";
    for (const auto type : {Type::text, Type::boolean, Type::integer, Type::number, Type::array}) {
        if (has_type(type, value)) return type_name(type);
    }
    return "object";
}

bool all_in(std::string_view text, std::string_view alphabet) {
    return text.find_first_not_of(alphabet) == std::string_view::npos;
}

constexpr std::string_view dns_alphabet = "abcdefghijklmnopqrstuvwxyz0123456789-";

bool is_dns_label(std::string_view text) {
    return !text.empty() && text.size() <= 63 && all_in(text, dns_alphabet) && text.front() != '-' &&
           text.back() != '-';
}

bool is_dns_subdomain(std::string_view text) {
    if (text.empty() || text.size() > 253) return false;
    for (;;) {
        const auto dot = text.find('.');
        if (!is_dns_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

std::optional<double> decimal_of(std::string_view text) {
    double number = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
    if (text.empty() || read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

bool is_http_timeout(std::string_view text) {
    if (!text.empty() && std::string_view("smh").find(text.back()) != std::string_view::npos) text.remove_suffix(1);
    return !text.empty() && text.size() <= 9 && all_in(text, "0123456789");
}

bool is_http_url(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (text.starts_with(scheme) && text.size() > scheme.size()) {
            return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c <= ' '; });
        }
    }
    return false;
}

bool looks_like(Format format, std::string_view text) {
    switch (format) {
        case Format::none:
            return true;
        case Format::duration: {
            const auto duration = parse_duration(text);
            return duration && duration->count() >= 0;
        }
        case Format::http_timeout:
            return is_http_timeout(text);
        case Format::http_url:
            return is_http_url(text);
        case Format::dns_label:
            return is_dns_label(text);
        case Format::dns_subdomain:
            return is_dns_subdomain(text);
        case Format::base64:
            return codec::from_base64(text).has_value();
        case Format::time:
            return parse_rfc3339(text).has_value();
        case Format::decimal:
            return decimal_of(text).has_value();
        case Format::share: {
            const auto number = decimal_of(text);
            return number && *number >= 0 && *number <= 1;
        }
    }
    return false;
}

std::string_view wanted(Format format) {
    switch (format) {
        case Format::none:
            break;
        case Format::duration:
            return "must be a duration such as 30s, 5m or 720h";
        case Format::http_timeout:
            return "must be a number of seconds, or one with s, m or h behind it: 30s";
        case Format::http_url:
            return "must be a URL that begins with http:// or https://";
        case Format::dns_label:
            return "must be at most 63 lower-case letters, digits and '-', and begin and end with a letter or digit";
        case Format::dns_subdomain:
            return "must be lower-case letters, digits, '-' and '.', and begin and end with a letter or digit";
        case Format::base64:
            return "must be base64";
        case Format::time:
            return "must be a time such as 2026-11-20T10:00:00Z";
        case Format::decimal:
            return "must be a number as text";
        case Format::share:
            return "must be a number from 0 to 1 as text";
    }
    return "";
}

const Field* find_field(const Schema& schema, std::string_view name) {
    const auto found = std::find_if(schema.fields.begin(), schema.fields.end(),
                                    [&](const Field& field) { return field.name == name; });
    return found == schema.fields.end() ? nullptr : &*found;
}

std::string below(const std::string& path, std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
}

std::string element_of(const std::string& path, std::size_t index) {
    return fmt::format("{}[{}]", path, index);
}

void validate_bounds(const Schema& schema, std::int64_t size, std::string_view of, const JsonValue& value,
                     const std::string& path, Causes& causes) {
    if (schema.least && size < *schema.least) {
        if (schema.type == Type::text && *schema.least == 1) {
            causes.push_back(required(path, "must not be empty"));
        } else {
            causes.push_back(invalid(path, shown(value), fmt::format("{}must be at least {}", of, *schema.least)));
        }
    }
    if (schema.most && size > *schema.most) {
        causes.push_back(invalid(path, shown(value), fmt::format("{}must be at most {}", of, *schema.most)));
    }
}

void validate_text(const Schema& schema, const JsonValue& value, const std::string& path, Causes& causes) {
    const auto content = value.text();
    if (!schema.choices.empty() &&
        std::find(schema.choices.begin(), schema.choices.end(), content) == schema.choices.end()) {
        causes.push_back(not_supported(path, shown(value), schema.choices));
    } else if (const auto why = mismatch(schema.format, content)) {
        causes.push_back(invalid(path, shown(value), *why));
    } else {
        validate_bounds(schema, static_cast<std::int64_t>(content.size()), "its length ", value, path, causes);
    }
}

void validate_alternatives(const Schema& schema, const JsonValue& value, const std::string& path, Causes& causes) {
    if (schema.alternatives.empty()) return;
    std::string names;
    for (const auto& name : schema.alternatives)
        names += (names.empty() ? "" : ", ") + name;
    const auto given = std::count_if(schema.alternatives.begin(), schema.alternatives.end(), [&](const auto& name) {
        const auto& member = value[name];
        return !member.is_null() && !(member.is_string() && member.text().empty());
    });
    if (schema.at_least_one && given == 0) {
        const auto* which = schema.at_most_one ? "exactly one" : "at least one";
        causes.push_back(required(path, fmt::format("{} of {}", which, names)));
    }
    if (schema.at_most_one && given > 1) {
        causes.push_back(invalid(path, shown(value), fmt::format("only one of {} may be given", names)));
    }
}

void validate_object(const Schema& schema, const JsonValue& value, const std::string& path, Causes& causes) {
    for (const auto& field : schema.fields) {
        const auto& member = value[field.name];
        if (!member.is_null()) {
            validate(field.schema, member, below(path, field.name), causes);
        } else if (field.required) {
            causes.push_back(required(below(path, field.name)));
        }
    }
    validate_alternatives(schema, value, path, causes);
}

void validate_array(const Schema& schema, const JsonValue& value, const std::string& path, Causes& causes) {
    validate_bounds(schema, static_cast<std::int64_t>(value.size()), "the number of elements ", value, path, causes);
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < value.size() && causes.size() < causes_max; ++i) {
        validate(schema.element.front(), value[i], element_of(path, i), causes);
        if (schema.unique.empty()) continue;
        const auto key = value[i][schema.unique].text();
        if (key.empty()) continue;
        if (!seen.insert(key).second) {
            causes.push_back(duplicate(below(element_of(path, i), schema.unique), shown(value[i][schema.unique])));
        }
    }
}

}  // namespace

Schema Schema::one_of(std::vector<std::string> values) const {
    auto out = *this;
    out.choices = std::move(values);
    return out;
}
Schema Schema::like(Format wanted_format) const {
    auto out = *this;
    out.format = wanted_format;
    return out;
}
Schema Schema::between(std::int64_t low, std::int64_t high) const {
    auto out = *this;
    out.least = low;
    out.most = high;
    return out;
}
Schema Schema::at_least(std::int64_t low) const {
    auto out = *this;
    out.least = low;
    return out;
}
Schema Schema::otherwise(JsonValue value) const {
    auto out = *this;
    out.fallback = std::move(value);
    return out;
}
Schema Schema::exactly_one_of(std::vector<std::string> names) const {
    auto out = any_one_of(std::move(names));
    out.at_most_one = true;
    return out;
}
Schema Schema::any_one_of(std::vector<std::string> names) const {
    auto out = *this;
    out.alternatives = std::move(names);
    out.at_least_one = true;
    return out;
}
Schema Schema::unique_by(std::string member) const {
    auto out = *this;
    out.unique = std::move(member);
    return out;
}
Schema Schema::kept_open() const {
    auto out = *this;
    out.open = true;
    return out;
}

Schema anything() {
    return of_type(Type::any);
}
Schema text() {
    return of_type(Type::text);
}
Schema name_text() {
    return text().at_least(1);
}
Schema boolean() {
    return of_type(Type::boolean);
}
Schema integer() {
    return of_type(Type::integer);
}
Schema object(std::vector<Field> fields) {
    auto schema = of_type(Type::object);
    schema.fields = std::move(fields);
    return schema;
}
Schema list_of(Schema element) {
    auto schema = of_type(Type::array);
    schema.element.push_back(std::move(element));
    return schema;
}
Schema map_of(Schema value) {
    auto schema = of_type(Type::map);
    schema.element.push_back(std::move(value));
    return schema;
}
Field must(std::string name, Schema schema, std::string help) {
    return {std::move(name), std::move(schema), true, std::move(help)};
}
Field may(std::string name, Schema schema, std::string help) {
    return {std::move(name), std::move(schema), false, std::move(help)};
}

void prune(const Schema& schema, JsonValue& value, const std::string& path, std::vector<std::string>& unknown) {
    if (auto* elements = std::get_if<JsonValue::Array>(&value.data); elements && schema.type == Type::array) {
        for (std::size_t i = 0; i < elements->size(); ++i)
            prune(schema.element.front(), (*elements)[i], element_of(path, i), unknown);
    }
    auto* members = std::get_if<JsonValue::Object>(&value.data);
    if (members == nullptr || (schema.type != Type::object && schema.type != Type::map)) return;
    std::erase_if(*members, [](const auto& member) { return member.second.is_null(); });
    if (schema.type == Type::map) {
        for (auto& [name, member] : *members)
            prune(schema.element.front(), member, below(path, name), unknown);
        return;
    }
    std::erase_if(*members, [&](auto& member) {
        const auto* field = find_field(schema, member.first);
        if (field != nullptr) {
            prune(field->schema, member.second, below(path, member.first), unknown);
        } else if (!schema.open) {
            unknown.push_back(below(path, member.first));
            return true;
        }
        return false;
    });
}

void apply_defaults(const Schema& schema, JsonValue& value) {
    if (auto* elements = std::get_if<JsonValue::Array>(&value.data); elements && schema.type == Type::array) {
        for (auto& element : *elements)
            apply_defaults(schema.element.front(), element);
    }
    if (!value.is_object()) return;
    if (schema.type == Type::map) {
        for (auto& [name, member] : std::get<JsonValue::Object>(value.data))
            apply_defaults(schema.element.front(), member);
    }
    if (schema.type != Type::object) return;
    for (const auto& field : schema.fields) {
        auto* member = value.find(field.name);
        if (member == nullptr && !field.schema.fallback.is_null())
            member = &value.set(field.name, field.schema.fallback);
        if (member != nullptr) apply_defaults(field.schema, *member);
    }
}

void validate(const Schema& schema, const JsonValue& value, const std::string& path, Causes& causes) {
    if (causes.size() >= causes_max) return;
    if (!has_type(schema.type, value)) {
        causes.push_back({"FieldValueTypeInvalid",
                          fmt::format("Invalid value: {}: must be of type {}, not {}", shown(value),
                                      type_name(schema.type), type_of(value)),
                          path});
        return;
    }
    switch (schema.type) {
        case Type::text:
            return validate_text(schema, value, path, causes);
        case Type::integer:
        case Type::number:
            return validate_bounds(schema, value.integer(), "", value, path, causes);
        case Type::object:
            return validate_object(schema, value, path, causes);
        case Type::array:
            return validate_array(schema, value, path, causes);
        case Type::map:
            for (const auto& [name, member] : value.object())
                validate(schema.element.front(), member, below(path, name), causes);
            return;
        case Type::any:
        case Type::boolean:
            return;
    }
}

std::optional<std::string_view> mismatch(Format format, std::string_view text) {
    if (looks_like(format, text)) return std::nullopt;
    return wanted(format);
}

std::string shown(const JsonValue& value) {
    constexpr std::size_t shown_bytes_max = 120;
    auto json = value.dump();
    if (json.size() <= shown_bytes_max) return json;
    return std::string(clip(json, shown_bytes_max)) + "…";
}

}  // namespace ark::resources
